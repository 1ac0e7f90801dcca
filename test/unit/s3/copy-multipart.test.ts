import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CopyStep, Seen } from '../../../src/core/plan.ts';
import { copyVersion } from '../../../src/s3/writing/copy-object.ts';
import { newServerMemory } from '../../../src/s3/writing/server-memory.ts';
import { type Answer, fail, fakeServer, type Op, page, type Reply, reset } from './fake-server.ts';
import { requesterFor } from './pager.ts';

const MIB = 1024 ** 2;
const SIZE = 6 * 1024 * MIB;
const step: CopyStep = { do: 'copy-version', versionId: 'old', multipart: SIZE };
const seen: Seen = { versionId: 'cur', deleteMarker: false, etag: 'abc' };
const marker: Seen = { versionId: 'm', deleteMarker: true, etag: null };

const md5 = (text: string | Buffer) => createHash('md5').update(text).digest('hex');
const partEtag = (number: string) => md5(`part ${number}`);
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));
const wholeEtag = (count: number) =>
  `${md5(Buffer.concat(numbers(count).map((n) => Buffer.from(partEtag(n), 'hex'))))}-${count}`;
const ETAG = wholeEtag(48);

const head = (headers: Record<string, string> = {}, size = SIZE): Reply => ({
  headers: { etag: '"src"', 'content-length': String(size), 'x-amz-tagging-count': '0', ...headers },
});
const onTop = (headers: Record<string, string> = {}, size = SIZE): Reply => ({
  headers: { etag: `"${ETAG}"`, 'content-length': String(size), 'x-amz-version-id': 'new', ...headers },
});
const part: Answer = ({ query }) => ({
  body: `<CopyPartResult><ETag>"${partEtag(query.partNumber ?? '')}"</ETag></CopyPartResult>`,
});
const completed: Reply = { headers: { 'x-amz-version-id': 'new' }, body: `<R><ETag>"${ETAG}"</ETag></R>` };
const asSeen = page('k', { versionId: 'cur', etag: 'abc' });
const changed = page('k', { versionId: 'other', etag: 'x' }, { versionId: 'cur', etag: 'abc' });

/** A server on which all goes well, and what is different. */
const well: Partial<Record<Op, Answer | readonly Answer[]>> = {
  HeadVersion: head(),
  CreateMultipartUpload: (_sent, nth) => ({ body: `<R><UploadId>u${nth + 1}</UploadId></R>` }),
  UploadPartCopy: part,
  CompleteMultipartUpload: completed,
  AbortMultipartUpload: { status: 204 },
  HeadCurrent: onTop(),
  ListObjectVersions: asSeen,
};

function copy(
  different: Partial<Record<Op, Answer | readonly Answer[]>> = {},
  { of = step, on = seen, memory = newServerMemory(), requester = requesterFor(), owner = '' } = {},
) {
  const server = fakeServer({ ...well, ...different }, owner === '' ? {} : { expectedOwner: owner });
  return { server, memory, requester, write: copyVersion(requester, server.bucket, 'k', of, on, memory) };
}

const written = { ok: true, versionId: 'new', etag: ETAG };
const conflict = (unsure: boolean) => ({ ok: false, conflict: true, unsure });
const failure = (code: string) => ({ ok: false, conflict: false, failure: expect.objectContaining({ code }) });
const precondition = fail(412, 'PreconditionFailed');
const raced = fail(409, 'ConditionalRequestConflict');
const noUpload = fail(404, 'NoSuchUpload');

describe('what is sent', () => {
  test('every byte once, of one content, and the guard with the completion', async () => {
    const { server, requester, memory, write } = copy({}, { owner: '111122223333' });
    expect(await write).toEqual(written);
    expect(requester.counts).toMatchObject({ head: 2, copy: 48, put: 2, get: 0, delete: 0, list: 1 });
    expect(memory.notes.size).toBe(0);

    const parts = server
      .of('UploadPartCopy')
      .toSorted((a, b) => Number(a.query.partNumber) - Number(b.query.partNumber));
    expect(parts.map(({ query }) => query.partNumber)).toEqual(numbers(48));
    expect(parts[0]?.query.uploadId).toBe('u1');
    expect(parts[1]?.headers).toMatchObject({
      'x-amz-copy-source': 'b/k?versionId=old',
      'x-amz-copy-source-if-match': '"src"',
      'x-amz-copy-source-range': `bytes=${128 * MIB}-${256 * MIB - 1}`,
      'x-amz-expected-bucket-owner': '111122223333',
      'x-amz-source-expected-bucket-owner': '111122223333',
    });
    expect(parts[47]?.headers['x-amz-copy-source-range']).toBe(`bytes=${47 * 128 * MIB}-${SIZE - 1}`);

    const [end] = server.of('CompleteMultipartUpload');
    expect(end?.headers).toMatchObject({ 'if-match': '"abc"', 'x-amz-mp-object-size': String(SIZE) });
    expect(end?.body.match(/<PartNumber>\d+/g)?.map((text) => text.slice(12))).toEqual(numbers(48));
    for (const { headers } of server.sent) expect(headers['x-amz-expected-bucket-owner']).toBe('111122223333');
  });

  test('onto a marker', async () => {
    const { server, write } = copy({ ListObjectVersions: page('k', { versionId: 'm' }) }, { on: marker });
    expect(await write).toEqual(written);
    expect(server.of('CompleteMultipartUpload')[0]?.headers['if-none-match']).toBe('*');
  });

  test('everything that an object in parts would forget', async () => {
    const carry = {
      storageClass: 'STANDARD_IA',
      websiteRedirect: '/x',
      encryption: 'aws:kms',
      kmsKeyId: 'key',
      bucketKey: true,
      lockMode: 'GOVERNANCE',
      lockUntil: '2030-01-02T03:04:05.000Z',
      legalHold: true,
    } as const;
    const { server, write } = copy(
      {
        HeadVersion: head({
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-cache',
          'content-disposition': 'inline',
          'content-encoding': 'br',
          'content-language': 'de, en',
          expires: 'some day, perhaps',
          'x-amz-meta-one': '1',
          'x-amz-meta-utf': '=?UTF-8?B?w6k=?=',
          'x-amz-tagging-count': '2',
        }),
        GetObjectTagging: {
          body: '<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag><Tag><Key>é</Key><Value/></Tag></TagSet></Tagging>',
        },
      },
      { of: { ...step, carry } },
    );
    expect(await write).toEqual(written);
    expect(server.of('GetObjectTagging')[0]?.query).toMatchObject({ versionId: 'old' });
    expect(server.of('CreateMultipartUpload')[0]?.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-disposition': 'inline',
      'content-encoding': 'br',
      'content-language': 'de, en',
      expires: 'some day, perhaps',
      'x-amz-meta-one': '1',
      'x-amz-meta-utf': '=?UTF-8?B?w6k=?=',
      'x-amz-tagging': 'a%20b=1%262&%C3%A9=',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-website-redirect-location': '/x',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key',
      'x-amz-server-side-encryption-bucket-key-enabled': 'true',
      'x-amz-object-lock-mode': 'GOVERNANCE',
      'x-amz-object-lock-retain-until-date': '2030-01-02T03:04:05Z',
      'x-amz-object-lock-legal-hold': 'ON',
    });
  });

  test('nothing that the source has not', async () => {
    const { server, write } = copy();
    await write;
    const names = Object.keys(server.of('CreateMultipartUpload')[0]?.headers ?? {});
    expect(
      names.filter((name) =>
        /^(expires|cache|content-(?!type|length)|x-amz-(meta|tagging|checksum|storage|server))/.test(name),
      ),
    ).toEqual([]);
  });

  test.each<[string, Record<string, string>, number]>([
    ['counted: asked', { 'x-amz-tagging-count': '1' }, 1],
    ['none: not asked', { 'x-amz-tagging-count': '0' }, 0],
  ])('tags that are %s', async (_, headers, asked) => {
    const { server, write } = copy({
      HeadVersion: head(headers),
      GetObjectTagging: { body: '<Tagging><TagSet/></Tagging>' },
    });
    expect(await write).toEqual(written);
    expect(server.of('GetObjectTagging')).toHaveLength(asked);
  });

  describe('that a server forgets in parts', () => {
    const tags = { body: '<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>' };
    const none = { body: '<Tagging><TagSet/></Tagging>' };
    const tagged = { HeadVersion: head({ 'x-amz-tagging-count': '1' }) };

    test.each<[string, readonly Answer[], readonly Op[]]>([
      ['are put on', [tags, none], ['HeadCurrent', 'GetObjectTagging', 'PutObjectTagging']],
      ['and were only not counted are let be', [tags, tags], ['HeadCurrent', 'GetObjectTagging']],
      ['and may not be read are believed', [tags, fail(403, 'AccessDenied')], ['HeadCurrent', 'GetObjectTagging']],
    ])('%s', async (_, answers, last) => {
      const { server, write } = copy({ ...tagged, GetObjectTagging: answers, PutObjectTagging: {} });
      expect(await write).toEqual(written);
      const ops = server.ops();
      expect(ops.slice(ops.indexOf('HeadCurrent'))).toEqual(last);
      for (const { query } of server.of('PutObjectTagging')) expect(query.versionId).toBe('new');
    });

    test('and that cannot be put on are a failure', async () => {
      const { write } = copy({
        ...tagged,
        GetObjectTagging: [tags, none],
        PutObjectTagging: fail(403, 'AccessDenied'),
      });
      expect(await write).toMatchObject({
        failure: { code: 'AccessDenied', message: expect.stringContaining('the copy was made, version new') },
      });
    });

    test('and that are counted need no question', async () => {
      const { server, write } = copy({
        ...tagged,
        GetObjectTagging: tags,
        HeadCurrent: onTop({ 'x-amz-tagging-count': '1' }),
      });
      expect(await write).toEqual(written);
      expect(server.of('GetObjectTagging')).toHaveLength(1);
    });
  });

  const unknownTags = { HeadVersion: { headers: { etag: '"src"', 'content-length': String(SIZE) } } };
  test.each<[string, Reply, unknown]>([
    ['there are none', { body: '<Tagging><TagSet/></Tagging>' }, written],
    ['the server has none', fail(501, 'NotImplemented'), written],
    ['there is no such set', fail(404, 'NoSuchTagSet'), written],
    ['they may not be read', fail(403, 'AccessDenied'), failure('AccessDenied')],
  ])('tags that are not counted are asked for: %s', async (_, tags, expected) => {
    const { server, write } = copy({ ...unknownTags, GetObjectTagging: tags });
    expect(await write).toEqual(expected);
    expect(server.of('GetObjectTagging')).toHaveLength(1);
  });
});

describe('the same parts as the source, so the same ETag', () => {
  const firstPart = (count: string | undefined, size: number): Reply => ({
    status: 206,
    headers: {
      etag: '"src-3"',
      'content-length': String(size),
      ...(count !== undefined && { 'x-amz-mp-parts-count': count }),
    },
  });
  const inParts = { HeadVersion: head({ etag: '"src-3"' }) };
  const equal = { CompleteMultipartUpload: { ...completed, body: `<R><ETag>"${wholeEtag(3)}"</ETag></R>` } };

  test('where they are equal', async () => {
    const { server, write } = copy({ ...inParts, ...equal, HeadFirstPart: firstPart('3', SIZE / 3) });
    expect(await write).toMatchObject({ ok: true });
    expect(server.of('HeadFirstPart')[0]?.query).toMatchObject({ partNumber: '1', versionId: 'old' });
    expect(server.of('UploadPartCopy')).toHaveLength(3);
  });

  test.each<[string, Answer]>([
    ['not equal', firstPart('2', SIZE / 3)],
    ['not told', firstPart(undefined, SIZE)],
    ['not known to the server', fail(501, 'NotImplemented')],
    ['out of range', { status: 416 }],
  ])('but not where they are %s', async (_, first) => {
    const { server, write } = copy({ ...inParts, HeadFirstPart: first });
    expect(await write).toEqual(written);
    expect(server.of('UploadPartCopy')).toHaveLength(48);
  });

  test('an object of one part is one part, without a range', async () => {
    const of: CopyStep = { do: 'copy-version', versionId: 'old' };
    const memory = { ...newServerMemory(), refusesSelfCopy: true };
    const { server, write } = copy({ HeadVersion: head({}, 7), HeadCurrent: onTop({}, 7) }, { of, memory });
    expect(await write).toEqual(written);
    expect(server.of('UploadPartCopy').map(({ headers }) => headers['x-amz-copy-source-range'])).toEqual([undefined]);
  });
});

describe('checksums', () => {
  const crc = { 'x-amz-checksum-crc64nvme': 'AAAA', 'x-amz-checksum-type': 'FULL_OBJECT' };

  test('of the whole: the same algorithm is asked for, and the two must agree', async () => {
    const { server, write } = copy({ HeadVersion: head(crc), HeadCurrent: onTop(crc) });
    expect(await write).toEqual(written);
    expect(server.of('HeadVersion')[0]?.headers['x-amz-checksum-mode']).toBe('ENABLED');
    expect(server.of('HeadCurrent')[0]?.headers['x-amz-checksum-mode']).toBe('ENABLED');
    expect(server.of('CreateMultipartUpload')[0]?.headers).toMatchObject({
      'x-amz-checksum-algorithm': 'CRC64NVME',
      'x-amz-checksum-type': 'FULL_OBJECT',
    });
  });

  test('that differ are a failure that names the copy', async () => {
    const { write } = copy({
      HeadVersion: head(crc),
      HeadCurrent: onTop({ ...crc, 'x-amz-checksum-crc64nvme': 'BBBB' }),
    });
    expect(await write).toMatchObject({
      failure: { code: 'checksum-mismatch', message: expect.stringContaining('version new') },
    });
  });

  test('of different algorithms say nothing', async () => {
    const other = { 'x-amz-checksum-crc32': 'BBBB', 'x-amz-checksum-type': 'FULL_OBJECT' };
    expect(await copy({ HeadVersion: head(crc), HeadCurrent: onTop(other) }).write).toEqual(written);
  });

  test('of the parts: each goes into the completion', async () => {
    const { server, write } = copy({
      HeadVersion: head({ 'x-amz-checksum-sha256': 'AAAA-3', 'x-amz-checksum-type': 'COMPOSITE' }),
      UploadPartCopy: ({ query: { partNumber = '' } }) => ({
        body: `<CopyPartResult><ETag>"${partEtag(partNumber)}"</ETag><ChecksumSHA256>sum${partNumber}</ChecksumSHA256></CopyPartResult>`,
      }),
      HeadCurrent: onTop({ 'x-amz-checksum-sha256': 'BBBB-48', 'x-amz-checksum-type': 'COMPOSITE' }),
    });
    expect(await write).toEqual(written);
    expect(server.of('CreateMultipartUpload')[0]?.headers).toMatchObject({
      'x-amz-checksum-algorithm': 'SHA256',
      'x-amz-checksum-type': 'COMPOSITE',
    });
    expect(server.of('CompleteMultipartUpload')[0]?.body.match(/<ChecksumSHA256>sum\d+/g)).toHaveLength(48);
  });

  test('SHA of a whole object cannot be had of one in parts', async () => {
    const { server, write } = copy({
      HeadVersion: head({ 'x-amz-checksum-sha256': 'AAAA', 'x-amz-checksum-type': 'FULL_OBJECT' }),
    });
    expect(await write).toEqual(written);
    const headers = server.of('CreateMultipartUpload')[0]?.headers;
    expect(headers?.['x-amz-checksum-algorithm']).toBe('SHA256');
    expect(headers?.['x-amz-checksum-type']).toBeUndefined();
  });
});

describe('nothing is begun', () => {
  test.each<[string, Partial<Record<Op, Answer>>, string]>([
    ['where metadata cannot be read', { HeadVersion: head({ 'x-amz-missing-meta': '2' }) }, 'unreadable-metadata'],
    ['where metadata cannot be signed', { HeadVersion: head({ 'x-amz-meta-name': 'Ã©' }) }, 'unreadable-metadata'],
    ['where a header cannot be', { HeadVersion: head({ expires: 'Ã©' }) }, 'unreadable-metadata'],
    ['where the source is gone', { HeadVersion: { status: 404 } }, 'source-changed'],
    ['where it is a marker', { HeadVersion: { status: 405 } }, 'source-changed'],
    ['where its size has changed', { HeadVersion: head({}, SIZE + 1) }, 'source-changed'],
    ['where it may not be seen', { HeadVersion: { status: 403 } }, 'AccessDenied'],
  ])('%s', async (_, different, code) => {
    const { server, write } = copy(different);
    expect(await write).toEqual(failure(code));
    expect(server.ops()).not.toContain('CreateMultipartUpload');
  });

  test('where its content is pinned and has changed', async () => {
    const { server, write } = copy({}, { of: { ...step, versionId: 'null', etag: 'other' } });
    expect(await write).toEqual(failure('source-changed'));
    expect(server.ops()).toEqual(['HeadVersion']);
  });
});

describe('what does not come off is aborted', () => {
  test.each<[string, Partial<Record<Op, Answer | readonly Answer[]>>, unknown]>([
    ['a part that is refused', { UploadPartCopy: fail(403, 'AccessDenied') }, failure('AccessDenied')],
    [
      'a part of an archived version',
      { UploadPartCopy: fail(403, 'InvalidObjectState') },
      failure('InvalidObjectState'),
    ],
    ['a source that changes', { UploadPartCopy: [part, precondition] }, failure('source-changed')],
    ['a source that goes', { UploadPartCopy: [part, fail(404, 'NoSuchVersion')] }, failure('source-changed')],
    ['parts without ETag', { UploadPartCopy: { body: '<CopyPartResult/>' } }, failure('InternalError')],
    ['a completion that is refused', { CompleteMultipartUpload: fail(403, 'AccessDenied') }, failure('AccessDenied')],
    ['an invalid part', { CompleteMultipartUpload: fail(400, 'InvalidPart') }, failure('InvalidPart')],
    ['the guard holds', { CompleteMultipartUpload: precondition }, conflict(false)],
    ['the key is deleted by now', { CompleteMultipartUpload: fail(404, 'NoSuchKey') }, conflict(false)],
    [
      'an upload that somebody aborted',
      { UploadPartCopy: noUpload, AbortMultipartUpload: noUpload },
      failure('NoSuchUpload'),
    ],
  ])('%s', async (_, different, expected) => {
    const { server, memory, write } = copy(different);
    expect(await write).toEqual(expected);
    expect(server.of('AbortMultipartUpload').map(({ query }) => query.uploadId)).toEqual(['u1']);
    expect(server.ops().at(-1)).toBe('AbortMultipartUpload');
    expect(memory.notes.size).toBe(0);
  });

  test('after a part fails no more are begun, and those in flight are waited for', async () => {
    let landed = 0;
    const { server, write } = copy({
      UploadPartCopy: async (sent, nth) => {
        if (nth === 0) return fail(403, 'AccessDenied');
        await new Promise((resolve) => setImmediate(resolve));
        landed += 1;
        return typeof part === 'function' ? part(sent, nth) : part;
      },
      AbortMultipartUpload: () => {
        expect(landed).toBe(server.of('UploadPartCopy').length - 1);
        return { status: 204 };
      },
    });
    expect(await write).toEqual(failure('AccessDenied'));
    expect(server.of('UploadPartCopy').length).toBeLessThanOrEqual(16);
  });

  test('and where that fails too, people are told what it costs', async () => {
    const { memory, write } = copy({
      UploadPartCopy: fail(403, 'AccessDenied'),
      AbortMultipartUpload: fail(403, 'AccessDenied'),
    });
    expect(await write).toMatchObject({
      failure: {
        code: 'AccessDenied',
        message: expect.stringContaining('u1'),
        hint: expect.stringMatching(/s3:AbortMultipartUpload.*u1 cost money/),
      },
    });
    expect([...memory.notes]).toEqual([
      expect.stringMatching(/could not be aborted in bucket b.*list-multipart-uploads/),
    ]);
  });

  test('also of a conflict', async () => {
    const { memory, write } = copy({
      CompleteMultipartUpload: precondition,
      AbortMultipartUpload: fail(403, 'AccessDenied'),
    });
    expect(await write).toEqual(conflict(false));
    expect(memory.notes.size).toBe(1);
  });

  test('a run that stops drops its parts and still aborts', async () => {
    const stop = new AbortController();
    const requester = requesterFor({ stop: stop.signal });
    const { server, memory, write } = copy(
      {
        UploadPartCopy: () => {
          stop.abort();
          return new Promise<Reply>(() => {});
        },
      },
      { requester },
    );
    await expect(write).rejects.toMatchObject({ code: 'cancelled', maybeSent: false });
    expect(server.ops().at(-1)).toBe('AbortMultipartUpload');
    expect(memory.notes.size).toBe(0);
  });

  test('one that is cut off says what may be left', async () => {
    const abort = new AbortController();
    const requester = requesterFor({ abort: abort.signal });
    const { server, memory, write } = copy(
      {
        CompleteMultipartUpload: () => {
          abort.abort();
          return new Promise<Reply>(() => {});
        },
      },
      { requester },
    );
    await expect(write).rejects.toMatchObject({ code: 'cancelled', maybeSent: true });
    expect(server.ops()).not.toContain('AbortMultipartUpload');
    expect(memory.notes.size).toBe(1);
  });
});

describe('a write to the key that was faster', () => {
  test('and changed nothing: the upload is made anew', async () => {
    const { server, write } = copy({ CompleteMultipartUpload: [raced, completed] });
    expect(await write).toEqual(written);
    expect(server.of('AbortMultipartUpload').map(({ query }) => query.uploadId)).toEqual(['u1']);
    expect(server.of('CompleteMultipartUpload').map(({ query }) => query.uploadId)).toEqual(['u1', 'u2']);
  });

  test('is a conflict', async () => {
    const { server, write } = copy({ CompleteMultipartUpload: raced, ListObjectVersions: [asSeen, changed] });
    expect(await write).toEqual(conflict(false));
    expect(server.of('CompleteMultipartUpload')).toHaveLength(1);
    expect(server.of('AbortMultipartUpload')).toHaveLength(1);
  });

  test('is found out also where conditions are ignored', async () => {
    const { server, write } = copy({ ListObjectVersions: changed });
    expect(await write).toEqual(conflict(false));
    expect(server.of('CompleteMultipartUpload')).toHaveLength(0);
    expect(server.of('AbortMultipartUpload')).toHaveLength(1);
  });

  test('three times is a conflict', async () => {
    const { server, write } = copy({ CompleteMultipartUpload: raced });
    expect(await write).toEqual(conflict(false));
    expect(server.of('CreateMultipartUpload')).toHaveLength(3);
    expect(server.of('AbortMultipartUpload')).toHaveLength(3);
  });
});

describe('a completion whose answer is lost', () => {
  const other: Reply = { headers: { etag: '"abc"', 'content-length': '1', 'x-amz-version-id': 'cur' } };
  test.each<[string, readonly Answer[], Answer | readonly Answer[], unknown]>([
    ['is sent again', [reset, completed], onTop(), written],
    [
      'an error that comes late is sent again',
      [{ body: '<Error><Code>InternalError</Code></Error>\n' }, completed],
      onTop(),
      written,
    ],
    ['and done: known by its ETag', [reset, noUpload], onTop(), written],
    ['and done: the condition met our own', [reset, precondition], onTop(), written],
    ['and done: the race was with our own', [reset, raced], onTop(), written],
    ['for good, and done', [reset], onTop(), written],
    ['and perhaps done', [reset, noUpload], other, conflict(true)],
    ['and the guard holds', [reset, precondition], other, conflict(true)],
    ['for good, and not done', [reset], other, failure('ECONNRESET')],
    ['and nothing can be seen', [reset, noUpload], fail(403, 'AccessDenied'), conflict(true)],
  ])('%s', async (_, completions, top, expected) => {
    expect(await copy({ CompleteMultipartUpload: completions, HeadCurrent: top }).write).toEqual(expected);
  });

  test('for good, and the upload is gone: perhaps done', async () => {
    const { write } = copy({
      CompleteMultipartUpload: reset,
      AbortMultipartUpload: noUpload,
      HeadCurrent: fail(403, 'AccessDenied'),
    });
    expect(await write).toEqual(conflict(true));
  });

  test.each<[string, readonly Answer[], boolean]>([
    ['the key cannot be looked at before the next try', [reset], true],
    ['the key cannot be looked at after a race', [reset, raced], false],
  ])('for good, and the upload is gone: perhaps done, though %s', async (_, completions, refusesConditions) => {
    const asSeen = page('k', { versionId: 'cur', etag: 'abc' });
    const { memory, write } = copy({
      CompleteMultipartUpload: completions,
      AbortMultipartUpload: noUpload,
      HeadCurrent: fail(403, 'AccessDenied'),
      ListObjectVersions: [asSeen, fail(403, 'AccessDenied')],
    });
    memory.refusesConditions = refusesConditions;
    expect(await write).toEqual(conflict(true));
  });

  test('is not taken for done where the same content was on top before', async () => {
    const on = { ...seen, etag: ETAG };
    const still = onTop({ 'x-amz-version-id': 'cur' });
    const { write } = copy(
      {
        CompleteMultipartUpload: [reset, noUpload],
        HeadCurrent: still,
        ListObjectVersions: page('k', { versionId: 'cur', etag: ETAG }),
      },
      { on },
    );
    expect(await write).toEqual(conflict(true));
  });
});

describe('what lies on top afterwards', () => {
  const entry = { versionId: 'new', etag: ETAG, size: SIZE };
  test.each<[string, Answer, Answer, unknown]>([
    ['is ours', onTop(), asSeen, written],
    ['is another version', onTop({ 'x-amz-version-id': 'theirs' }), asSeen, conflict(false)],
    ['is a marker', { status: 404, headers: { 'x-amz-delete-marker': 'true' } }, asSeen, conflict(false)],
    [
      'is ours, of another size',
      onTop({}, SIZE - 1),
      asSeen,
      { ...failure('checksum-mismatch'), unsure: true, versionId: 'new' },
    ],
    ['is another version, of another size', onTop({ 'x-amz-version-id': 'theirs' }, SIZE - 1), asSeen, conflict(false)],
    ['may not be read, and is listed as ours', { status: 403 }, page('k', entry), written],
    ['may not be read, and is listed as another', { status: 403 }, changed, conflict(false)],
    [
      'may not be read nor listed',
      { status: 403 },
      fail(403, 'AccessDenied'),
      {
        ok: false,
        conflict: false,
        failure: expect.objectContaining({
          code: 'AccessDenied',
          message: expect.stringContaining('the copy was made, version new'),
        }),
        unsure: true,
        versionId: 'new',
      },
    ],
  ])('%s', async (_, top, listed, expected) => {
    const { server, write } = copy({ HeadCurrent: top, ListObjectVersions: [asSeen, listed] });
    expect(await write).toEqual(expected);
    expect(server.ops()).not.toContain('AbortMultipartUpload');
  });

  test.each<[string, Reply, unknown]>([
    ['has our ETag', onTop({ 'x-amz-version-id': 'seen by HEAD' }), { ...written, versionId: 'seen by HEAD' }],
    ['has another ETag', onTop({ etag: '"x"' }), conflict(false)],
  ])('where the completion told no version id: %s', async (_, top, expected) => {
    const silent: Reply = { body: `<R><ETag>"${ETAG}"</ETag></R>` };
    expect(await copy({ CompleteMultipartUpload: silent, HeadCurrent: top }).write).toEqual(expected);
  });

  test('is looked at also when the run stops meanwhile', async () => {
    const stop = new AbortController();
    const { write } = copy(
      {
        CompleteMultipartUpload: () => {
          stop.abort();
          return completed;
        },
      },
      { requester: requesterFor({ stop: stop.signal }) },
    );
    expect(await write).toEqual(written);
  });
});

describe('servers that refuse', () => {
  const refusing: Answer = ({ headers }) =>
    headers['if-match'] === undefined ? completed : fail(501, 'NotImplemented', 'no', { Header: 'If-Match' });

  test('conditions: the key is looked at before the completion', async () => {
    const { server, memory, write } = copy({ CompleteMultipartUpload: refusing });
    expect(await write).toEqual({ ...written, unguarded: true });
    expect(server.ops().slice(-4)).toEqual([
      'CompleteMultipartUpload',
      'ListObjectVersions',
      'CompleteMultipartUpload',
      'HeadCurrent',
    ]);
    expect(memory.refusesConditions).toBe(true);
    expect(memory.notes.size).toBe(1);
  });

  test('conditions, on a key that has changed: nothing is written, and nothing left', async () => {
    const { server, write } = copy({ CompleteMultipartUpload: refusing, ListObjectVersions: [asSeen, changed] });
    expect(await write).toEqual(conflict(false));
    expect(server.ops().at(-1)).toBe('AbortMultipartUpload');
  });

  test('conditions, and the answer is lost: our own is known', async () => {
    const ours = page('k', { versionId: 'new', etag: ETAG }, { versionId: 'cur', etag: 'abc' });
    const memory = { ...newServerMemory(), refusesConditions: true };
    const { write } = copy({ CompleteMultipartUpload: reset, ListObjectVersions: [asSeen, ours] }, { memory });
    expect(await write).toEqual({ ...written, unguarded: true });
  });

  test('annotations do not survive a copy in parts: people are told where they were to', async () => {
    const { memory, write } = copy({}, { of: { ...step, carry: { annotations: true } } });
    expect(await write).toEqual(written);
    expect([...memory.notes]).toEqual([expect.stringContaining('Annotations are not kept')]);
  });
});
