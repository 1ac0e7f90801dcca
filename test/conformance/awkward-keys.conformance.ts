import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';

// Every key is deleted, found again in the listing, undeleted and rolled back by a copy of itself.
// What a key may be: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const keys: readonly [what: string, key: string][] = [
  ['spaces', ' a  b '],
  ['plus and percent', '1+1=100% %2B %zz'],
  ['query and fragment', 'a?versionId=b&c#d'],
  ['quotes and markup', `'"<a>&amp;`],
  ['brackets', '(1)[2]{3}*!~$@,;:=|^`\\'],
  ['a trailing slash', 'folder/'],
  ['a leading slash', '/a'],
  ['double slashes', 'a//b//'],
  ['dot segments', 'a/./b/../c'],
  ['leading dots', '.hidden/..a'],
  ['umlauts, composed', 'ü'],
  ['umlauts, decomposed', 'u\u0308'],
  ['Korean and an emoji', '한글/\u{1f600}.txt'],
  ['characters beyond UTF-16 units', '\u{ffee}\u{10ffff}'],
  ['line breaks', 'a\nb\r\nc'],
  ['nothing but a line break', '\n'],
  ['control characters', 'a\u0001\u001f\u007fb'],
  ['what XML does not allow', 'a\u{fffe}b'],
  ['a word that JavaScript knows', '__proto__'],
  ['the literal null', 'null'],
  ['1024 bytes, the most there may be', 'ü'.repeat(512)],
];

behaviours('awkward-keys', (behaviour) => {
  for (const [what, key] of keys) {
    behaviour(`the whole way with a key of: ${what}`, async (bucket) => {
      const v1 = await bucket.put(key, 'old');
      const v2 = await bucket.put(key, 'new');
      const m3 = await bucket.mark(key);
      expect(await bucket.history()).toEqual([
        [key, 'marker', m3],
        [key, 'version', v2],
        [key, 'version', v1],
      ]);
      await bucket.delete(key, m3);
      expect((await bucket.head(key)).output?.VersionId).toBe(v2);
      expect((await bucket.copy(key, v1)).verdict).toBe('200');
      expect(await (await bucket.get(key)).output?.Body?.transformToString()).toBe('old');
    });
  }

  behaviour('composed and decomposed letters are two keys', async (bucket) => {
    await bucket.put('ü', 'composed');
    await bucket.put('u\u0308', 'decomposed');
    await bucket.mark('ü');
    expect((await bucket.head('ü')).status).toBe(404);
    expect((await bucket.head('u\u0308')).status).toBe(200);
  });

  behaviour('a key of more than 1024 bytes is refused', async (bucket) => {
    await expect(bucket.put(`${'ü'.repeat(512)}x`)).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });

  behaviour('the refusal of a long key is KeyTooLongError', async (bucket) => {
    await expect(bucket.put('x'.repeat(1025))).rejects.toMatchObject({ name: 'KeyTooLongError' });
  });
});
