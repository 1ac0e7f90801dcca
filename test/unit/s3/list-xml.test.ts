import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../src/core/history.ts';
import { BadAnswer } from '../../../src/s3/errors.ts';
import { decodeUrl, parseVersionsPage } from '../../../src/s3/listing/list-xml.ts';
import { type Row, render } from './pager.ts';

const parse = (xml: string) => parseVersionsPage(Buffer.from(xml));
const doc = (inside: string) => `<ListVersionsResult><IsTruncated>false</IsTruncated>${inside}</ListVersionsResult>`;
const urlDoc = (inside: string) => doc(`<EncodingType>url</EncodingType>${inside}`);

const VERSION =
  '<Version><Key>k</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest><LastModified>2026-11-22T14:00:00.000Z</LastModified>' +
  '<ETag>&quot;abc&quot;</ETag><Size>12</Size><StorageClass>STANDARD</StorageClass></Version>';
const version = { versionId: 'v1', deleteMarker: false, lastModified: Date.UTC(2026, 10, 22, 14), isLatest: true };
const parsed = { key: 'k', entry: { ...version, etag: 'abc', size: 12, storageClass: 'STANDARD' } };
const MARKER =
  '<DeleteMarker><Key>k</Key><VersionId>m1</VersionId><IsLatest>false</IsLatest><LastModified>2026-11-22T14:00:00.000Z</LastModified></DeleteMarker>';

/** A Version with one field replaced. */
const withField = (name: string, value: string) => VERSION.replace(new RegExp(`<${name}>.*</${name}>`), value);

describe('a page', () => {
  test('keeps versions and markers in the order of the document', () => {
    const page = parse(doc(MARKER + VERSION + MARKER));
    expect(page.entries.map((row) => row.entry.deleteMarker)).toEqual([true, false, true]);
    expect(page.entries[1]).toEqual(parsed);
  });

  test('has the markers of the next, entities resolved, URL encoding left', () => {
    const next = '<NextKeyMarker>a%20b&amp;c</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>';
    const page = parse(
      `<ListVersionsResult>${next}<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated></ListVersionsResult>`,
    );
    expect(page).toEqual({
      entries: [],
      isTruncated: true,
      urlEncoded: true,
      nextKeyMarker: 'a%20b&c',
      nextVersionIdMarker: 'null',
    });
  });

  test('has no markers where they are empty', () => {
    const page = parse(doc('<NextKeyMarker></NextKeyMarker><NextVersionIdMarker/>'));
    expect(page).toEqual({ entries: [], isTruncated: false, urlEncoded: false });
  });

  test.each([
    [
      'a prolog, white space, comments and attributes',
      `<?xml version="1.0"?>\n <!-- > --> <ListVersionsResult xmlns="x">\n <IsTruncated>false</IsTruncated>\n ${VERSION.replaceAll('><', '>\n  <')}\n</ListVersionsResult>\n`,
    ],
    [
      'fields in another order',
      doc(
        '<Version><Size>12</Size><StorageClass>STANDARD</StorageClass><ETag>"abc"</ETag><LastModified>2026-11-22T14:00:00Z</LastModified><IsLatest>true</IsLatest><VersionId>v1</VersionId><Key>k</Key></Version>',
      ),
    ],
    [
      'IsTruncated after the entries',
      `<ListVersionsResult>${VERSION}<IsTruncated>false</IsTruncated></ListVersionsResult>`,
    ],
    [
      'an owner whose children are called like fields',
      doc(VERSION.replace('<ETag>', '<Owner><ID>x</ID><Key>no</Key><VersionId>no</VersionId></Owner><ETag>')),
    ],
    [
      'an owner inside an owner',
      doc(VERSION.replace('<ETag>', '<Owner><Owner><Key>no</Key></Owner><Key>no</Key></Owner><ETag>')),
    ],
    [
      'elements it does not know',
      doc(
        VERSION.replace(
          '<ETag>',
          '<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><Owned><IsRestoreInProgress>true</IsRestoreInProgress></Owned><New a="b"/><ETag>',
        ),
      ),
    ],
    ['an ETag without quotes', doc(withField('ETag', '<ETag>abc</ETag>'))],
    ['an ETag with raw quotes', doc(withField('ETag', '<ETag>"abc"</ETag>'))],
    ['an ETag with numeric quotes', doc(withField('ETag', '<ETag>&#34;abc&#x22;</ETag>'))],
    ['a closing tag with white space', doc(VERSION.replace('</Key>', '</Key >'))],
  ])('is read with %s', (_, xml) => {
    expect(parse(xml).entries).toEqual([parsed]);
  });

  test.each([
    ['<IsRestoreInProgress>true</IsRestoreInProgress>', 'in-progress'],
    [
      '<IsRestoreInProgress>true</IsRestoreInProgress><RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate>',
      'in-progress',
    ],
    [
      '<IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate>',
      'done',
    ],
    [
      '<RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate><New/><IsRestoreInProgress>false</IsRestoreInProgress>',
      'done',
    ],
    ['<IsRestoreInProgress>false</IsRestoreInProgress>', undefined],
    ['<IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate/>', undefined],
    ['<RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate>', undefined],
    ['', undefined],
  ])('has the state of a restore: %s', (status, restore) => {
    const found = (xml: string) => parse(xml).entries[0]?.entry;
    const version = VERSION.replace('</StorageClass>', `</StorageClass><RestoreStatus>${status}</RestoreStatus>`);
    const expected = { ...parsed.entry, ...(restore !== undefined && { restore }) };
    expect(found(doc(version))).toEqual(expected);
    const { storageClass: _, ...classless } = expected;
    expect(found(doc(version.replace(/<StorageClass>.*<\/StorageClass>/, '')))).toEqual(classless);
  });

  test('may have entries without IsLatest and StorageClass', () => {
    const { entries } = parse(doc(withField('IsLatest', '').replace(/<StorageClass>.*<\/StorageClass>/, '')));
    expect(entries).toEqual([{ key: 'k', entry: { ...version, isLatest: false, etag: 'abc', size: 12 } }]);
  });

  test.each([
    ['2026-11-22T14:00:00.352Z', Date.UTC(2026, 10, 22, 14, 0, 0, 352)],
    ['2026-11-22T14:00:00Z', Date.UTC(2026, 10, 22, 14)],
    ['2026-11-22T14:00:00+02:00', Date.UTC(2026, 10, 22, 12)],
    ['1999-12-31T23:59:59.999Z', Date.UTC(1999, 11, 31, 23, 59, 59, 999)],
  ])('has its time %s in milliseconds', (text, at) => {
    expect(
      parse(doc(withField('LastModified', `<LastModified>${text}</LastModified>`))).entries[0]?.entry.lastModified,
    ).toBe(at);
  });

  test.each([
    ['a+b%2Bc%25%2F/é'.replace('é', '%C3%A9'), 'a b+c%//é'],
    ['%F0%9F%98%80', '😀'],
    ['a%0Ab%01', 'a\nb\u0001'],
    ['plain', 'plain'],
  ])('decodes the URL-encoded key %s', (sent, key) => {
    expect(parse(urlDoc(withField('Key', `<Key>${sent}</Key>`))).entries[0]?.key).toBe(key);
  });

  test.each([
    ['a+b%2B', 'a+b%2B'],
    ['&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;', '<>&"\'A😀'],
    ['\n ', '\n '],
    ['é', 'é'],
    ['&amp;lt;', '&lt;'],
  ])('takes the key %j as it is where the server did not encode', (sent, key) => {
    expect(parse(doc(withField('Key', `<Key>${sent}</Key>`))).entries[0]?.key).toBe(key);
  });
});

describe('what is not a page is an error, never the end of the listing', () => {
  const whole = doc(VERSION);
  test.each([
    ['nothing', '', 'is empty'],
    ['text', 'Service Unavailable', 'is empty'],
    ['another document', '<html><body>hi</body></html>', 'is a <html>'],
    ['a document without IsTruncated', '<ListVersionsResult></ListVersionsResult>', 'last page'],
    ['an empty element', '<ListVersionsResult/>', 'last page'],
    ['IsTruncated that is neither', whole.replace('false', 'no'), 'neither true nor false'],
    ['a comment inside a key', doc(withField('Key', '<Key>a<!-- x -->b</Key>')), 'comment inside <Key>'],
    ['an empty key', doc(withField('Key', '<Key></Key>')), 'without a key'],
    ['no key', doc(withField('Key', '')), 'without a key'],
    ['an empty version id', doc(withField('VersionId', '<VersionId/>')), 'without a version id, key "k"'],
    ['no time', doc(withField('LastModified', '')), 'without a time'],
    ['a time that is none', doc(withField('LastModified', '<LastModified>soon</LastModified>')), 'without a time'],
    ['a month that is none', doc(VERSION.replace('2026-11', '2026-13')), 'without a time'],
    ['no ETag', doc(withField('ETag', '')), 'without ETag or Size'],
    ['no size', doc(withField('Size', '')), 'without ETag or Size'],
    ['a size that is none', doc(withField('Size', '<Size>1x</Size>')), 'no number'],
    ['an empty size', doc(withField('Size', '<Size></Size>')), 'no number'],
    ['an entity that does not exist', doc(withField('Key', '<Key>&bad;</Key>')), 'entity'],
    ['half a surrogate', doc(withField('Key', '<Key>&#xD83D;</Key>')), 'entity'],
    ['an ampersand alone', doc(withField('Key', '<Key>a & b</Key>')), 'entity'],
    ['a key that is not UTF-8', urlDoc(withField('Key', '<Key>a%FFb</Key>')), 'not URL-encoded UTF-8: "a%FFb"'],
    ['half an escape', urlDoc(withField('Key', '<Key>a%F</Key>')), 'not URL-encoded'],
    ['a CDATA section', doc(withField('Key', '<Key><![CDATA[k]]></Key>')), 'CDATA'],
    ['a child where there is text', doc(withField('Key', '<Key><b>k</b></Key>')), '</Key>'],
    ['a wrong closing tag', doc(VERSION.replace('</Key>', '</Kay>')), '</Key>'],
    [
      'an entry that is closed by another',
      doc(VERSION.replace('</Version>', '</DeleteMarker>')),
      'closes <DeleteMarker> inside <Version>',
    ],
  ])('%s', (_, xml, message) => {
    expect(() => parse(xml)).toThrow(BadAnswer);
    expect(() => parse(xml)).toThrow(message);
  });

  test('the document cut off at any place', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => parse(whole.slice(0, length)), whole.slice(0, length)).toThrow(BadAnswer);
    }
  });

  test('bytes that are not UTF-8', () => {
    expect(() => parseVersionsPage(Buffer.from(doc(VERSION.replace('<Key>k', '<Key>\xff')), 'latin1'))).toThrow(
      'UTF-8',
    );
  });

  test.each([
    ['<Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>\n', 'SlowDown'],
    ['<?xml version="1.0"?><Error><Extra><Code>no</Code></Extra><Code>InternalError</Code></Error>', 'InternalError'],
    ['<Error/>', 'malformed-page'],
  ])('an error with a good status: %s', (xml, code) => {
    expect(() => parse(xml)).toThrow(expect.objectContaining({ name: 'BadAnswer', code }));
  });
});

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
// What XML 1.0 can carry at all, for servers that do not encode.
const xmlText = text.filter((t) => /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u.test(t));
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const entryArb: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ versionId: xmlText, deleteMarker: fc.constant(true), lastModified: time, isLatest: fc.boolean() }),
  fc.record(
    {
      versionId: xmlText,
      deleteMarker: fc.constant(false),
      lastModified: time,
      isLatest: fc.boolean(),
      etag: fc.stringMatching(/^[0-9a-f]{32}(-[0-9]{1,4})?$/),
      size: fc.maxSafeNat(),
      storageClass: fc.constantFrom('STANDARD', 'GLACIER', 'STANDARD_IA'),
    },
    { requiredKeys: ['versionId', 'deleteMarker', 'lastModified', 'isLatest', 'etag', 'size'] },
  ),
);

test.each([
  ['encoded', true, text],
  ['raw', false, xmlText],
] as const)('reads back what was written: %s', (_, encodes, keys) => {
  const rowsArb: fc.Arbitrary<Row[]> = fc.array(fc.record({ key: keys, entry: entryArb }), { maxLength: 8 });
  fc.assert(
    fc.property(rowsArb, fc.boolean(), (rows, isTruncated) => {
      const page = parse(render(rows, { isTruncated, encodes, rawNextKeyMarker: false, grouped: false }));
      expect(page.entries).toEqual(rows);
      expect(page.isTruncated).toBe(isTruncated);
      const next =
        page.nextKeyMarker === undefined ? undefined : encodes ? decodeUrl(page.nextKeyMarker) : page.nextKeyMarker;
      expect(next).toBe(isTruncated ? rows.at(-1)?.key : undefined);
    }),
  );
});
