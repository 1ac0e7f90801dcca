import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';

// What AWS encodes, and how, was measured in https://github.com/brekkylab/backlot/issues/178 and
// https://github.com/versity/versitygw/issues/2169: like a form field, but a slash stays a slash.
const encodings: readonly [what: string, key: string, encoded: string][] = [
  ['a space', 'a b.txt', 'a+b.txt'],
  ['a plus', 'a+b.txt', 'a%2Bb.txt'],
  ['a percent sign', '100%.csv', '100%25.csv'],
  ['a percent escape', 'a%20b', 'a%2520b'],
  ['a slash', 'a/b', 'a/b'],
  ['letters, digits, dash, dot, underscore', 'Az09-._', 'Az09-._'],
  ['Korean', '한글.txt', '%ED%95%9C%EA%B8%80.txt'],
  ['an emoji', '\u{1f600}', '%F0%9F%98%80'],
  ['markup', '<a&"b">', '%3Ca%26%22b%22%3E'],
  ['a line break', 'a\r\nb', 'a%0D%0Ab'],
  ['a control character', 'a\u0001b', 'a%01b'],
];

behaviours('list-encoding', (behaviour) => {
  for (const [what, key, encoded] of encodings) {
    behaviour(`EncodingType=url, the key holds ${what}`, async (bucket) => {
      await bucket.put(key);
      const { entries, fields } = await bucket.list();
      expect(fields.EncodingType).toBe('url');
      expect(entries.map(({ rawKey }) => rawKey)).toEqual([encoded]);
    });
  }

  behaviour('whatever the encoding, decoding gives the keys back', async (bucket) => {
    for (const [, key] of encodings) await bucket.put(key);
    const keys = (await bucket.list()).entries.map(({ key }) => key);
    expect(new Set(keys)).toEqual(new Set(encodings.map(([, key]) => key)));
  });

  behaviour('the keys of delete markers are encoded too', async (bucket) => {
    await bucket.mark('a ü');
    expect((await bucket.list()).entries.map(({ kind, rawKey }) => [kind, rawKey])).toEqual([['marker', 'a+%C3%BC']]);
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html, EncodingType, lists these elements.
  behaviour('KeyMarker and NextKeyMarker are encoded', async (bucket) => {
    for (const key of ['a b', 'a c', 'a d']) await bucket.put(key);
    const { versionId = '' } = (await bucket.list({ MaxKeys: 1 })).entries[0] ?? {};
    const page = await bucket.list({ KeyMarker: 'a b', VersionIdMarker: versionId, MaxKeys: 1 });
    expect(page.fields.KeyMarker).toBe('a+b');
    expect(page.fields.NextKeyMarker).toBe('a+c');
  });

  behaviour('Prefix is encoded', async (bucket) => {
    await bucket.put('a b');
    expect((await bucket.list({ Prefix: 'a b' })).fields.Prefix).toBe('a+b');
  });

  behaviour('Delimiter and CommonPrefixes are encoded', async (bucket) => {
    await bucket.put('run books');
    const page = await bucket.list({ Delimiter: ' ' });
    expect(page.commonPrefixes).toEqual(['run+']);
    expect(page.fields.Delimiter).toBe('+');
  });

  behaviour('without EncodingType the keys are plain and nothing claims otherwise', async (bucket) => {
    await bucket.put('a b+c%20<&>ü');
    const page = await bucket.listPlain();
    expect(page.fields).not.toHaveProperty('EncodingType');
    expect(page.entries.map(({ rawKey }) => rawKey)).toEqual(['a b+c%20<&>ü']);
  });

  // AWS, recorded by LocalStack: test_list_ops_encoding_type_validation[list_object_versions]
  behaviour('another encoding than url is refused', async (bucket) => {
    const page = await bucket.listPlain({ EncodingType: 'value' as 'url' });
    expect(page.verdict).toBe('400 InvalidArgument');
  });
});
