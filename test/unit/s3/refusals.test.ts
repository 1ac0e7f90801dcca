import { describe, expect, test } from 'vitest';
import type { CopyStep, Seen } from '../../../src/core/plan.ts';
import { addDeleteMarker } from '../../../src/s3/writing/add-marker.ts';
import { copyVersion } from '../../../src/s3/writing/copy-object.ts';
import { newServerMemory, refusalOf } from '../../../src/s3/writing/server-memory.ts';
import { type Answer, fail, fakeServer, page, type Reply, reset, type Sent } from './fake-server.ts';
import { requesterFor } from './pager.ts';

/** Servers that refuse what S3 takes. A write is then made in another way, and never in a weaker one unsaid. */

const step: CopyStep = { do: 'copy-version', versionId: 'old' };
const annotated: CopyStep = { ...step, carry: { annotations: true } };
const seen: Seen = { versionId: 'cur', deleteMarker: false, etag: 'abc' };
const asSeen = page('k', { versionId: 'cur', etag: 'abc' });
const changed = page('k', { versionId: 'other', etag: 'x' }, { versionId: 'cur', etag: 'abc' });
const copied = {
  headers: { 'x-amz-version-id': 'new' },
  body: '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>',
};
const written = { ok: true, versionId: 'new', etag: 'e' };
const conflict = (unsure: boolean) => ({ ok: false, conflict: true, unsure });

const names = (header: string) =>
  fail(501, 'NotImplemented', 'A header you provided is not implemented', { Header: header });
const unnamed = fail(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented');
const itself = fail(400, 'InvalidRequest', 'it is trying to copy an object to itself without changing anything');

/** Refuses a request that has one of these headers, with this answer. */
const refusing =
  (headers: readonly string[], refusal: Answer, otherwise: Reply = copied) =>
  (sent: Sent, nth: number): Reply | Error | Promise<Reply | Error> => {
    if (!headers.some((name) => sent.headers[name] !== undefined)) return otherwise;
    return typeof refusal === 'function' ? refusal(sent, nth) : refusal;
  };
const CONDITIONS = ['if-match', 'if-none-match'];
const ANNOTATIONS = ['x-amz-object-annotation-directive'];

describe('what a refusal is about', () => {
  const trouble = { sort: 'permanent', mayHaveLanded: false, headers: {} } as const;
  test.each<[number, string, string, string | undefined, string | undefined]>([
    [501, 'NotImplemented', 'not implemented', undefined, 'unnamed'],
    [501, 'NotImplemented', 'not implemented', 'If-Match', 'conditions'],
    [501, 'NotImplemented', 'not implemented', 'If-None-Match', 'conditions'],
    [501, 'NotImplemented', 'not implemented', 'x-amz-object-annotation-directive', 'annotations'],
    [501, 'NotImplemented', 'not implemented', 'x-amz-copy-source-if-match', undefined],
    [400, 'InvalidArgument', 'bad', 'If-Match', 'conditions'],
    [400, 'InvalidRequest', 'If-None-Match is not supported', undefined, 'conditions'],
    [400, 'NotSupported', 'no if-match here', undefined, 'conditions'],
    [400, 'MalformedXML', 'no if-match here', undefined, undefined],
    [400, 'InvalidArgument', 'bad', 'x-amz-copy-source-if-match', undefined],
    [400, 'InvalidArgument', 'unknown x-amz-object-annotation-directive', undefined, 'annotations'],
    [400, 'InvalidRequest', 'trying to copy an object to itself', undefined, 'self-copy'],
    [400, 'InvalidRequest', 'something else', undefined, undefined],
    [412, 'PreconditionFailed', 'no', 'If-Match', undefined],
    [403, 'AccessDenied', 'If-Match', undefined, undefined],
  ])('%i %s, "%s", %s: %s', (status, code, message, about, refused) => {
    expect(refusalOf({ ...trouble, status, code, message, ...(about !== undefined && { about }) })).toBe(refused);
  });
});

describe('conditions', () => {
  test.each<[string, Reply]>([
    ['by name', names('If-Match')],
    ['by argument', fail(400, 'InvalidArgument', 'not supported', { ArgumentName: 'If-Match' })],
    ['without a word', unnamed],
  ])('refused %s: the key is looked at instead, and people are told', async (_, refusal) => {
    const server = fakeServer({ CopyObject: refusing(CONDITIONS, refusal), ListObjectVersions: asSeen });
    const memory = newServerMemory();
    const write = () => copyVersion(requesterFor(), server.bucket, 'k', step, seen, memory);
    expect(await write()).toEqual({ ...written, unguarded: true });
    expect(server.ops().slice(-2)).toEqual(['ListObjectVersions', 'CopyObject']);
    expect(memory).toMatchObject({ refusesConditions: true, refusesAnnotations: false, refusesSelfCopy: false });
    expect([...memory.notes]).toEqual([expect.stringMatching(/refuses conditional writes.*found out, not prevented/)]);

    // Learnt once, it is not tried again.
    const before = server.sent.length;
    expect(await write()).toEqual({ ...written, unguarded: true });
    expect(server.ops().slice(before)).toEqual(['ListObjectVersions', 'CopyObject']);
    expect(memory.notes.size).toBe(1);
  });

  test('a key that is not what was seen is left alone', async () => {
    const server = fakeServer({ CopyObject: refusing(CONDITIONS, names('If-Match')), ListObjectVersions: changed });
    const write = copyVersion(requesterFor(), server.bucket, 'k', step, seen, newServerMemory());
    expect(await write).toEqual(conflict(false));
    expect(server.ops()).toEqual(['CopyObject', 'ListObjectVersions']);
  });

  test('it is looked at before every try', async () => {
    const memory = { ...newServerMemory(), refusesConditions: true };
    const server = fakeServer({ CopyObject: [reset, copied], ListObjectVersions: [asSeen, changed] });
    expect(await copyVersion(requesterFor(), server.bucket, 'k', step, seen, memory)).toEqual(conflict(true));
    expect(server.ops()).toEqual(['ListObjectVersions', 'CopyObject', 'ListObjectVersions']);
  });

  test('where it cannot be looked at nothing is written', async () => {
    const server = fakeServer({
      CopyObject: refusing(CONDITIONS, names('If-Match')),
      ListObjectVersions: fail(403, 'AccessDenied'),
    });
    expect(await copyVersion(requesterFor(), server.bucket, 'k', step, seen, newServerMemory())).toMatchObject({
      failure: { code: 'AccessDenied', hint: expect.stringContaining('s3:ListBucketVersions') },
    });
    expect(server.ops()).toEqual(['CopyObject', 'ListObjectVersions']);
  });

  test('many copies at once that all meet the refusal all end well', async () => {
    const server = fakeServer({
      CopyObject: refusing(CONDITIONS, unnamed),
      ListObjectVersions: ({ query }) => page(query.prefix ?? '', { versionId: 'cur', etag: 'abc' }),
    });
    const memory = newServerMemory();
    const requester = requesterFor();
    const writes = Array.from({ length: 20 }, (_, i) =>
      copyVersion(requester, server.bucket, `k${i}`, step, seen, memory),
    );
    expect(await Promise.all(writes)).toEqual(writes.map(() => ({ ...written, unguarded: true })));
    expect(memory.notes.size).toBe(1);
  });

  test('a condition on the source that is refused is a failure: nothing can stand in for it', async () => {
    const server = fakeServer({ CopyObject: names('x-amz-copy-source-if-match') });
    const write = copyVersion(requesterFor(), server.bucket, 'k', { ...step, etag: 'src' }, seen, newServerMemory());
    expect(await write).toMatchObject({ failure: { code: 'NotImplemented' } });
    expect(server.ops()).toEqual(['CopyObject']);
  });

  test('a 412 without them is one of the source', async () => {
    const server = fakeServer({
      CopyObject: fail(412, 'PreconditionFailed'),
      ListObjectVersions: asSeen,
      HeadVersion: { status: 404 },
    });
    const memory = { ...newServerMemory(), refusesConditions: true };
    const write = copyVersion(requesterFor(), server.bucket, 'k', { ...step, etag: 'src' }, seen, memory);
    expect(await write).toMatchObject({ failure: { code: 'source-changed' } });
  });
});

describe('annotations', () => {
  test.each<[string, CopyStep, Reply, number]>([
    ['refused by name', step, names('x-amz-object-annotation-directive'), 0],
    ['refused with 400', step, fail(400, 'InvalidArgument', 'x-amz-object-annotation-directive?'), 0],
    ['refused without a word', step, unnamed, 0],
    ['refused though they were to be kept: people are told', annotated, unnamed, 1],
  ])('%s', async (_, of, refusal, notes) => {
    const server = fakeServer({ CopyObject: refusing(ANNOTATIONS, refusal) });
    const memory = newServerMemory();
    const write = () => copyVersion(requesterFor(), server.bucket, 'k', of, seen, memory);
    expect(await write()).toEqual(written);
    expect(await write()).toEqual(written);
    expect(
      server.sent.map(({ headers }) => [headers['if-match'], ANNOTATIONS.some((name) => name in headers)]),
    ).toEqual([
      ['"abc"', true],
      ['"abc"', false],
      ['"abc"', false],
    ]);
    expect(memory).toMatchObject({ refusesAnnotations: true, refusesConditions: false });
    expect(memory.notes.size).toBe(notes);
  });

  test('a conflict is one also after they were left out', async () => {
    const refusal = refusing(ANNOTATIONS, unnamed, fail(412, 'PreconditionFailed'));
    const server = fakeServer({ CopyObject: refusal });
    const memory = newServerMemory();
    expect(await copyVersion(requesterFor(), server.bucket, 'k', step, seen, memory)).toEqual(conflict(false));
    expect(memory.refusesAnnotations).toBe(true);
  });

  test('nothing is learnt from an answer that did not look at the request', async () => {
    const refusal = refusing([...ANNOTATIONS, ...CONDITIONS], unnamed, fail(503, 'SlowDown'));
    const server = fakeServer({ CopyObject: refusal, ListObjectVersions: asSeen });
    const memory = newServerMemory();
    const write = copyVersion(requesterFor(), server.bucket, 'k', step, seen, memory);
    expect(await write).toMatchObject({ failure: { code: 'SlowDown' } });
    expect(memory).toMatchObject({ refusesConditions: false, refusesAnnotations: false });
  });

  test('refused together with conditions', async () => {
    const both = [...ANNOTATIONS, ...CONDITIONS];
    const server = fakeServer({ CopyObject: refusing(both, unnamed), ListObjectVersions: asSeen });
    const memory = newServerMemory();
    expect(await copyVersion(requesterFor(), server.bucket, 'k', step, seen, memory)).toEqual({
      ...written,
      unguarded: true,
    });
    // Only the last thing left out is known to be refused.
    expect(memory).toMatchObject({ refusesConditions: true, refusesAnnotations: false });
    expect(await copyVersion(requesterFor(), server.bucket, 'k', step, seen, memory)).toMatchObject({ ok: true });
    expect(memory).toMatchObject({ refusesConditions: true, refusesAnnotations: true });
  });
});

describe('a copy onto its own key', () => {
  const inParts = {
    HeadVersion: { headers: { etag: '"src"', 'content-length': '7', 'x-amz-tagging-count': '0' } },
    CreateMultipartUpload: { body: '<R><UploadId>u1</UploadId></R>' },
    UploadPartCopy: { body: '<CopyPartResult><ETag>"0123456789abcdef0123456789abcdef"</ETag></CopyPartResult>' },
    CompleteMultipartUpload: { headers: { 'x-amz-version-id': 'new' }, body: '<R><ETag>"p-1"</ETag></R>' },
    HeadCurrent: { headers: { etag: '"p-1"', 'content-length': '7', 'x-amz-version-id': 'new' } },
  };
  test.each<[string, Reply]>([
    ['in words', itself],
    ['with 501', unnamed],
  ])('refused %s: parts are copied instead, from then on', async (_, refusal) => {
    const server = fakeServer({ CopyObject: refusal, ListObjectVersions: asSeen, ...inParts });
    const memory = newServerMemory();
    const write = () => copyVersion(requesterFor(), server.bucket, 'k', step, seen, memory);
    expect(await write()).toEqual({ ok: true, versionId: 'new', etag: 'p-1' });
    expect(memory).toMatchObject({ refusesSelfCopy: true, refusesConditions: false, refusesAnnotations: false });
    expect([...memory.notes]).toEqual([expect.stringContaining('multipart copies are used instead')]);
    expect(server.of('CompleteMultipartUpload')[0]?.headers['if-match']).toBe('"abc"');
    const before = server.sent.length;
    await write();
    expect(server.ops().slice(before)).not.toContain('CopyObject');
  });

  test('from another key is a copy as ever', async () => {
    const server = fakeServer({ CopyObject: copied });
    const memory = { ...newServerMemory(), refusesSelfCopy: true };
    const of = { ...step, source: { bucket: 'b', key: 'other' } };
    expect(await copyVersion(requesterFor(), server.bucket, 'k', of, seen, memory)).toEqual(written);
  });

  test('501 to a copy from another key is a failure', async () => {
    const server = fakeServer({ CopyObject: unnamed, ListObjectVersions: asSeen });
    const memory = newServerMemory();
    const of = { ...step, source: { bucket: 'b', key: 'other' } };
    expect(await copyVersion(requesterFor(), server.bucket, 'k', of, seen, memory)).toMatchObject({
      failure: { code: 'NotImplemented' },
    });
    expect(memory).toMatchObject({ refusesSelfCopy: false, refusesConditions: false, refusesAnnotations: false });
    expect(memory.notes.size).toBe(0);
  });
});

describe('adding a delete marker', () => {
  const marked: Reply = { status: 204, headers: { 'x-amz-version-id': 'm', 'x-amz-delete-marker': 'true' } };
  const add = (server: ReturnType<typeof fakeServer>, memory = newServerMemory()) =>
    addDeleteMarker(requesterFor(), server.bucket, 'k', seen, memory);

  test.each<[string, Answer | readonly Answer[], unknown]>([
    ['answers with its id', marked, { ok: true, versionId: 'm' }],
    ['may answer with nothing', { status: 204 }, { ok: true }],
    ['meets another version', fail(412, 'PreconditionFailed'), conflict(false)],
    ['meets its own marker', [reset, fail(404, 'NoSuchKey')], conflict(true)],
    [
      'is refused',
      fail(403, 'AccessDenied'),
      { ok: false, conflict: false, failure: expect.objectContaining({ code: 'AccessDenied' }) },
    ],
  ])('%s', async (_, answer, expected) => {
    const server = fakeServer({ DeleteObject: answer });
    expect(await add(server)).toEqual(expected);
    expect(server.sent[0]?.path).toBe('/b/k');
    expect(server.sent[0]?.headers['if-match']).toBe('"abc"');
    expect(server.sent[0]?.query).not.toHaveProperty('versionId');
  });

  test.each<[string, Reply]>([
    ['by name', names('If-Match')],
    ['without a word', unnamed],
  ])('where conditions are refused %s', async (_, refusal) => {
    const server = fakeServer({ DeleteObject: refusing(CONDITIONS, refusal, marked), ListObjectVersions: asSeen });
    const memory = newServerMemory();
    expect(await add(server, memory)).toEqual({ ok: true, versionId: 'm', unguarded: true });
    expect(server.ops()).toEqual(['DeleteObject', 'ListObjectVersions', 'DeleteObject']);
    expect(memory.refusesConditions).toBe(true);
    expect(memory.notes.size).toBe(1);
  });

  test('where they are, over what was not seen: nothing', async () => {
    const server = fakeServer({ DeleteObject: refusing(CONDITIONS, unnamed, marked), ListObjectVersions: changed });
    expect(await add(server)).toEqual(conflict(false));
    expect(server.ops()).toEqual(['DeleteObject', 'ListObjectVersions']);
  });

  test.each<[string, string, Seen]>([
    ['no key', '', seen],
    ['nothing seen', 'k', null],
    ['a marker seen', 'k', { versionId: 'm', deleteMarker: true, etag: null }],
  ])('%s: nothing is sent', async (_, key, on) => {
    const server = fakeServer({ DeleteObject: marked });
    const write = addDeleteMarker(requesterFor(), server.bucket, key, on, newServerMemory());
    await expect(write).rejects.toThrow(RangeError);
    expect(server.sent).toEqual([]);
  });
});
