import { describe, expect, test } from 'vitest';
import type { CopyStep, Seen } from '../../../src/core/plan.ts';
import { copyVersion } from '../../../src/s3/writing/copy-object.ts';
import { copySource } from '../../../src/s3/writing/copy-source.ts';
import { newServerMemory } from '../../../src/s3/writing/server-memory.ts';
import { type Answer, fail, fakeServer, type Op, reset } from './fake-server.ts';
import { requesterFor } from './pager.ts';

const step: CopyStep = { do: 'copy-version', versionId: 'v+1' };
const elsewhere: CopyStep = { ...step, source: { bucket: 'other', key: 'from here' } };
const version: Seen = { versionId: 'cur', deleteMarker: false, etag: 'abc' };
const marker: Seen = { versionId: 'm', deleteMarker: true, etag: null };

const done = {
  headers: { 'x-amz-version-id': 'new' },
  body: '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>',
};
const written = { ok: true, versionId: 'new', etag: 'e' };
const conflict = (unsure: boolean) => ({ ok: false, conflict: true, unsure });
const failure = (code: string) => ({ ok: false, conflict: false, failure: expect.objectContaining({ code }) });

function copy(answers: Partial<Record<Op, Answer | readonly Answer[]>>, of: CopyStep = step, seen: Seen = version) {
  const server = fakeServer(answers);
  const requester = requesterFor();
  return { server, requester, write: copyVersion(requester, server.bucket, 'k', of, seen, newServerMemory()) };
}

test.each([
  ["a/b//./..?&+%=é😀!'()*", 'b/a/b//./..%3F%26%2B%25%3D%C3%A9%F0%9F%98%80%21%27%28%29%2A?versionId=null'],
  ['/', 'b//?versionId=null'],
])('the source is named with care: %s', (key, source) => {
  expect(copySource('b', key, 'null')).toBe(source);
});

describe('what is sent', () => {
  test('a copy of the key on itself', async () => {
    const { server, requester, write } = copy({ CopyObject: done });
    expect(await write).toEqual(written);
    expect(requester.counts).toMatchObject({ copy: 1, head: 0 });
    const [sent] = server.sent;
    expect(sent?.path).toBe('/b/k');
    expect(sent?.headers).toMatchObject({
      'x-amz-copy-source': 'b/k?versionId=v%2B1',
      'x-amz-metadata-directive': 'COPY',
      'x-amz-tagging-directive': 'COPY',
      'x-amz-object-annotation-directive': 'EXCLUDE',
      'if-match': '"abc"',
    });
    expect(
      Object.keys(sent?.headers ?? {}).filter((name) =>
        /^(if-none|x-amz-copy-source-if|x-amz-(server|storage|object-lock|expected))/.test(name),
      ),
    ).toEqual([]);
  });

  test.each<[string, Seen]>([
    ['a marker', marker],
    ['nothing', null],
  ])('onto %s', async (_, seen) => {
    const { server, write } = copy({ CopyObject: done }, step, seen);
    await write;
    expect(server.sent[0]?.headers['if-none-match']).toBe('*');
    expect(server.sent[0]?.headers['if-match']).toBeUndefined();
  });

  test('of another key, whose content is pinned', async () => {
    const { server, write } = copy({ CopyObject: done }, { ...elsewhere, versionId: 'null', etag: 'src' });
    expect(await write).toEqual(written);
    expect(server.sent[0]?.path).toBe('/b/k');
    expect(server.sent[0]?.headers).toMatchObject({
      'x-amz-copy-source': 'other/from%20here?versionId=null',
      'x-amz-copy-source-if-match': '"src"',
    });
  });

  test('with the owner of both buckets', async () => {
    const { bucket, sent } = fakeServer({ CopyObject: done }, { expectedOwner: '111122223333' });
    await copyVersion(requesterFor(), bucket, 'k', step, version, newServerMemory());
    expect(sent[0]?.headers).toMatchObject({
      'x-amz-expected-bucket-owner': '111122223333',
      'x-amz-source-expected-bucket-owner': '111122223333',
    });
  });

  test.each(['AES256', 'aws:kms', 'aws:kms:dsse'])('what it would drop, encrypted by %s', async (encryption) => {
    const carry = {
      storageClass: 'NEW_CLASS',
      websiteRedirect: '/x',
      encryption,
      kmsKeyId: 'key',
      bucketKey: false,
      lockMode: 'GOVERNANCE',
      lockUntil: '2030-01-02T03:04:05.000Z',
      legalHold: true,
      annotations: true,
    } as const;
    const { server, write } = copy({ CopyObject: done }, { ...step, carry });
    expect(await write).toEqual(written);
    expect(server.sent[0]?.headers).toMatchObject({
      'x-amz-storage-class': 'NEW_CLASS',
      'x-amz-website-redirect-location': '/x',
      'x-amz-server-side-encryption': encryption,
      'x-amz-server-side-encryption-aws-kms-key-id': 'key',
      'x-amz-server-side-encryption-bucket-key-enabled': 'false',
      'x-amz-object-lock-mode': 'GOVERNANCE',
      'x-amz-object-lock-retain-until-date': '2030-01-02T03:04:05Z',
      'x-amz-object-lock-legal-hold': 'ON',
      'x-amz-object-annotation-directive': 'COPY',
    });
  });

  test('onto a version without an ETag: nothing', async () => {
    const { server, write } = copy({ CopyObject: done }, step, { ...version, etag: null });
    await expect(write).rejects.toThrow(RangeError);
    expect(server.sent).toEqual([]);
  });
});

describe('what the answer means', () => {
  const precondition = fail(412, 'PreconditionFailed');
  test.each<[string, readonly Answer[], Seen, unknown]>([
    ['the guard holds', [precondition], marker, conflict(false)],
    ['the guard holds after a lost answer', [reset, precondition], version, conflict(true)],
    ['the guard holds after SlowDown', [fail(503, 'SlowDown'), precondition], version, conflict(false)],
    ['the key is deleted by now', [fail(404, 'NoSuchKey')], version, conflict(false)],
    ['the source is gone', [fail(404, 'NoSuchVersion')], version, failure('NoSuchVersion')],
    ['the source is gone, on a marker', [fail(404, 'NoSuchKey')], marker, failure('NoSuchKey')],
    ['the bucket is gone', [fail(404, 'NoSuchBucket')], version, failure('NoSuchBucket')],
    ['it is refused', [fail(403, 'AccessDenied')], version, failure('AccessDenied')],
    ['it is archived', [fail(403, 'InvalidObjectState')], version, failure('InvalidObjectState')],
    ['a race of conditional writes is run again', [fail(409, 'ConditionalRequestConflict'), done], version, written],
    ['an answer without ETag is none', [{ body: '<CopyObjectResult/>' }, done], version, written],
    [
      'an error that comes late is one',
      [{ body: '<Error><Code>InternalError</Code></Error>\n' }, done],
      version,
      written,
    ],
    ['no version id', [{ body: done.body }], version, { ok: true, etag: 'e' }],
  ])('%s', async (_, answers, seen, expected) => {
    expect(await copy({ CopyObject: answers }, step, seen).write).toEqual(expected);
  });

  const pinned = { ...step, versionId: 'null', etag: 'src' };
  const head = (etag: string) => ({ headers: { etag: `"${etag}"`, 'content-length': '1' } });
  test.each<[string, CopyStep, Answer, Answer, unknown]>([
    ['412, and the source is as it was', pinned, precondition, head('src'), conflict(false)],
    ['412, and the source has changed', pinned, precondition, head('other'), failure('source-changed')],
    ['412, and the source is gone', pinned, precondition, { status: 404 }, failure('source-changed')],
    ['412, and the source is a marker', pinned, precondition, { status: 405 }, failure('source-changed')],
    ['412, and the source may not be seen', pinned, precondition, { status: 403 }, conflict(false)],
    ['404, and the source elsewhere is there', elsewhere, fail(404, 'NoSuchKey'), head('x'), conflict(false)],
    [
      '404, and the source elsewhere is gone',
      elsewhere,
      fail(404, 'NoSuchKey'),
      { status: 404 },
      failure('source-changed'),
    ],
  ])('%s', async (_, of, answer, looked, expected) => {
    const { server, write } = copy({ CopyObject: answer, HeadVersion: looked }, of);
    expect(await write).toEqual(expected);
    expect(server.ops()).toEqual(['CopyObject', 'HeadVersion']);
  });

  test('a source that is pinned is asked about where it is', async () => {
    const source = fakeServer({ HeadVersion: head('src') }, { name: 'other' });
    const { bucket } = fakeServer({ CopyObject: precondition });
    const of = { ...pinned, source: { bucket: 'other', key: 'from' } };
    const write = copyVersion(requesterFor(), bucket, 'k', of, version, newServerMemory(), source.bucket);
    expect(await write).toEqual(conflict(false));
    expect(source.sent[0]?.path).toBe('/other/from');
  });

  test('stopped while the source is asked about, after a try that may have landed, it says so', async () => {
    const stop = new AbortController();
    const held = () => {
      stop.abort();
      return precondition;
    };
    const { bucket } = fakeServer({ CopyObject: [reset, held], HeadVersion: head('src') });
    const requester = requesterFor({ stop: stop.signal });
    const write = copyVersion(requester, bucket, 'k', pinned, version, newServerMemory());
    await expect(write).rejects.toMatchObject({ code: 'cancelled', maybeSent: true });
  });

  test.each<[string, readonly Answer[], boolean | undefined]>([
    ['the last try', [reset], true],
    ['an earlier one', [reset, fail(403, 'AccessDenied')], true],
    ['none', [fail(403, 'AccessDenied')], undefined],
  ])('a failure says whether a try may have landed: %s', async (_, answers, unsure) => {
    expect(await copy({ CopyObject: answers }).write).toMatchObject({
      ok: false,
      failure: {},
      ...(unsure && { unsure }),
    });
    const write = await copy({ CopyObject: answers }).write;
    expect('unsure' in write ? write.unsure : undefined).toBe(unsure);
  });

  test('stopped before it is sent, it is cancelled', async () => {
    const { bucket, sent } = fakeServer({ CopyObject: done });
    const requester = requesterFor({ stop: AbortSignal.abort() });
    const write = copyVersion(requester, bucket, 'k', step, version, newServerMemory());
    await expect(write).rejects.toMatchObject({ code: 'cancelled', maybeSent: false });
    expect(sent).toEqual([]);
  });

  test('the permissions in the mend are those of what is carried', async () => {
    const of = { ...step, carry: { lockMode: 'COMPLIANCE', legalHold: true, annotations: true } } as const;
    const { write } = copy({ CopyObject: fail(403, 'AccessDenied') }, of);
    expect(await write).toMatchObject({
      failure: {
        hint: expect.stringMatching(/s3:PutObjectRetention.*s3:PutObjectLegalHold.*s3:GetObjectVersionAnnotation/),
      },
    });
  });
});
