import { CreateMultipartUploadCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { failure, raw } from './support.ts';
import { ABC, complete, send, setUp, start, TARGET } from './uploads-support.ts';

describe('a part that is refused', () => {
  it.each(['-1', '0', '10001', 'x', '1.5', ''])('number %j', async (number) => {
    const env = await setUp();
    const { UploadId } = await start(env);
    const path = `/b/k?uploadId=${UploadId}&partNumber=${number}`;
    const { status, text } = await raw(env.sandbox, path, { method: 'PUT', body: 'x' });
    expect([status, text]).toEqual([400, expect.stringContaining('<ArgumentName>partNumber</ArgumentName>')]);
  });

  it('whose digest is not that of its bytes', async () => {
    const env = await setUp();
    const call = send(env, await start(env), 1, 'abc', { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' });
    expect(await failure(call)).toMatchObject({ status: 400, code: 'BadDigest' });
  });

  // Recorded: test_multipart_upload_sse_c_validation.
  it.each([
    { started: undefined, sent: 'a', message: 'must include the appropriate encryption' },
    { started: 'a', sent: undefined, message: 'must include the appropriate encryption' },
    { started: 'a', sent: 'b', message: 'did not match the ones used originally' },
  ])('under the customer key $sent, started with $started', async ({ started, sent, message }) => {
    const env = await setUp();
    const key = (letter: string | undefined) =>
      letter === undefined ? {} : { SSECustomerAlgorithm: 'AES256', SSECustomerKey: letter.repeat(32) };
    const upload = await start(env, key(started));
    expect(await failure(send(env, upload, 1, 'abc', key(sent)))).toMatchObject({
      status: 400,
      code: 'InvalidRequest',
      message: expect.stringContaining(message),
    });
    expect((await send(env, upload, 1, 'abc', key(started))).ETag).toBeDefined();
  });
});

// Recorded: TestS3MultipartUploadChecksum.
describe('checksums', () => {
  const CRC = 'NSRBwg==';

  it.each([
    [{ ChecksumAlgorithm: 'CRC32' }, 'COMPOSITE'],
    [{ ChecksumAlgorithm: 'CRC64NVME' }, 'FULL_OBJECT'],
    [{ ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }, 'FULL_OBJECT'],
    [{ ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'COMPOSITE' }, undefined],
    [{ ChecksumAlgorithm: 'SHA1', ChecksumType: 'FULL_OBJECT' }, undefined],
    [{ ChecksumType: 'FULL_OBJECT' }, undefined],
  ] as const)('%j: %s', async (choice, type) => {
    const env = await setUp();
    const call = env.s3.send(new CreateMultipartUploadCommand({ ...TARGET, ...choice }));
    if (type) expect(await call).toMatchObject({ ...choice, ChecksumType: type });
    else expect(await failure(call)).toMatchObject({ status: 400, code: 'InvalidRequest' });
  });

  it('of a composite kind are wanted for every part', async () => {
    const env = await setUp();
    const upload = await start(env, { ChecksumAlgorithm: 'CRC32' });
    expect((await send(env, upload, 1)).ChecksumCRC32).toBe(CRC);
    const part = { PartNumber: 1, ETag: ABC };
    expect(await failure(complete(env, upload, [part]))).toMatchObject({ status: 400, code: 'InvalidRequest' });
    const wrong = complete(env, upload, [{ ...part, ChecksumCRC32: 'AAAAAA==' }]);
    expect(await failure(wrong)).toMatchObject({ code: 'InvalidPart' });
    const answer = await complete(env, upload, [{ ...part, ChecksumCRC32: CRC }]);
    expect(answer).toMatchObject({ ChecksumCRC32: expect.stringMatching(/=-1$/), ChecksumType: 'COMPOSITE' });
    const head = await env.s3.send(new HeadObjectCommand({ ...TARGET, ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ChecksumCRC32: answer.ChecksumCRC32, ChecksumType: 'COMPOSITE' });
  });

  it('of the whole object need none with the parts', async () => {
    const env = await setUp();
    const upload = await start(env, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    await send(env, upload, 1);
    const parts = [{ PartNumber: 1, ETag: ABC }];
    const wrong = complete(env, upload, parts, { ChecksumCRC32: 'AAAAAA==' });
    expect(await failure(wrong)).toMatchObject({ status: 400, code: 'BadDigest' });
    expect(await complete(env, upload, parts)).toMatchObject({ ChecksumCRC32: CRC, ChecksumType: 'FULL_OBJECT' });
  });

  it('of another algorithm than that of the upload are refused', async () => {
    const env = await setUp();
    const upload = await start(env, { ChecksumAlgorithm: 'SHA256' });
    const call = send(env, upload, 1, 'abc', { ChecksumCRC32: CRC });
    expect(await failure(call)).toMatchObject({ status: 400, code: 'InvalidRequest' });
  });
});
