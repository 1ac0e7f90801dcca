import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { Quirks } from '../../../sandbox/index.ts';
import { failure, raw, texts } from './support.ts';
import { setUp, startOne, TARGET } from './uploads-support.ts';

const WRONG = '"00000000000000000000000000000000"';

async function withQuirks(quirks: Quirks) {
  const env = await setUp({ quirks });
  const old = env.bucket.put('k', { body: 'old' });
  env.bucket.put('k', { body: 'new' });
  const copy = (CopySource: string, more: Partial<CopyObjectCommandInput> = {}) =>
    env.s3.send(new CopyObjectCommand({ ...TARGET, CopySource, ...more }));
  return { ...env, old, source: `b/k?versionId=${old}`, copy };
}

describe('refusesSelfCopy', () => {
  it('refuses a copy onto its own key, also of a named version and with changes', async () => {
    const { bucket, source, copy } = await withQuirks({ refusesSelfCopy: true });
    const refused = {
      status: 400,
      code: 'InvalidRequest',
      message: expect.stringContaining('trying to copy an object to itself'),
    };
    expect(await failure(copy('b/k'))).toMatchObject(refused);
    expect(await failure(copy(source))).toMatchObject(refused);
    expect(await failure(copy(source, { MetadataDirective: 'REPLACE' }))).toMatchObject(refused);
    expect(bucket.entries('k')).toHaveLength(2);
  });

  it('lets other copies pass', async () => {
    const { source, copy } = await withQuirks({ refusesSelfCopy: true });
    expect((await copy(source, { Key: 'other' })).VersionId).toBeDefined();
  });
});

describe.each(['IfMatch', 'IfNoneMatch'] as const)('%s', (condition) => {
  const header = condition === 'IfMatch' ? 'If-Match' : 'If-None-Match';
  const wrong = { [condition]: condition === 'IfMatch' ? WRONG : '*' };

  it('refusesConditions: CopyObject and CompleteMultipartUpload', async () => {
    const env = await withQuirks({ refusesConditions: true });
    const { finish, upload } = await startOne(env);
    const before = env.bucket.snapshot();
    const refused = { status: 501, code: 'NotImplemented' };
    expect(await failure(env.copy(env.source, wrong))).toMatchObject(refused);
    expect(await failure(finish(wrong))).toMatchObject(refused);
    const request = { method: 'POST', headers: { [header.toLowerCase()]: '*' } };
    const { text } = await raw(env.sandbox, `/b/k?uploadId=${upload.UploadId}`, request);
    expect([texts(text, 'Message'), texts(text, 'Header')]).toEqual([
      ['A header you provided implies functionality that is not implemented'],
      [header],
    ]);
    expect(env.bucket.snapshot()).toEqual(before);
    await env.copy(env.source);
    await finish();
    expect(env.bucket.entries('k')).toHaveLength(4);
  });

  it('ignoresConditions: CopyObject and CompleteMultipartUpload', async () => {
    const env = await withQuirks({ ignoresConditions: true });
    const { finish } = await startOne(env);
    await env.copy(env.source, wrong);
    await finish(wrong);
    expect(env.bucket.entries('k')).toHaveLength(4);
  });
});

describe('If-Match on DeleteObject', () => {
  const marking = { ...TARGET, IfMatch: WRONG };

  it('refusesConditions', async () => {
    const env = await withQuirks({ refusesConditions: true });
    expect(await failure(env.s3.send(new DeleteObjectCommand(marking)))).toMatchObject({ status: 501 });
    expect(env.bucket.current('k')?.deleteMarker).toBe(false);
  });

  it('ignoresConditions', async () => {
    const env = await withQuirks({ ignoresConditions: true });
    await env.s3.send(new DeleteObjectCommand(marking));
    expect(env.bucket.current('k')?.deleteMarker).toBe(true);
  });

  it.each(['refusesConditions', 'ignoresConditions'])('%s leaves reads alone', async (quirk) => {
    const env = await withQuirks({ [quirk]: true });
    const read = env.s3.send(new GetObjectCommand(marking));
    expect(await failure(read)).toMatchObject({ status: 412 });
  });
});

describe('annotations', () => {
  it.each(['x-amz-object-annotation-directive', 'x-amz-annotation-directive'])(
    'refusesAnnotations: %s, on any request',
    async (header) => {
      const { sandbox } = await withQuirks({ refusesAnnotations: true });
      for (const path of ['/b/k', '/b?versions']) {
        const { status, text } = await raw(sandbox, path, { headers: { [header]: 'EXCLUDE' } });
        expect([status, texts(text, 'Header')]).toEqual([501, [header]]);
      }
      expect((await raw(sandbox, '/b/k')).status).toBe(200);
    },
  );

  it.each(['COPY', 'EXCLUDE'] as const)('%s is fine without the quirk', async (AnnotationDirective) => {
    const { bucket, source, copy } = await withQuirks({});
    await copy(source, { AnnotationDirective });
    expect(bucket.current('k')?.size).toBe(3);
  });

  it('no other directive is', async () => {
    const { source, copy } = await withQuirks({});
    const call = copy(source, { AnnotationDirective: 'REPLACE' as 'COPY' });
    expect(await failure(call)).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });
});

describe('hidesVersionIds', () => {
  it('from the answers to copies and completions, not from others', async () => {
    const env = await withQuirks({ hidesVersionIds: true });
    const { finish } = await startOne(env);
    const copied = await env.copy(env.source);
    expect([copied.VersionId, copied.CopySourceVersionId]).toEqual([undefined, env.old]);
    expect((await finish()).VersionId).toBeUndefined();
    expect((await env.s3.send(new PutObjectCommand({ ...TARGET, Body: 'x' }))).VersionId).toBeDefined();
    expect((await env.s3.send(new GetObjectCommand(TARGET))).VersionId).toBeDefined();
  });
});

it('a bucket has no quirks of its own, and can get them later', async () => {
  const { bucket, source, copy } = await withQuirks({});
  expect(bucket.quirks).toEqual({});
  await copy(source);
  bucket.quirks = { refusesSelfCopy: true };
  expect(await failure(copy(source))).toMatchObject({ status: 400 });
});
