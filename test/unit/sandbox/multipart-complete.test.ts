import { describe, expect, it } from 'vitest';
import { failure, raw } from './support.ts';
import { ABC, complete, send, setUp, start, startOne } from './uploads-support.ts';

// Recorded: test_multipart_if_match_etag, …_with_put, …_with_put_identical, …_with_delete, test_multipart_if_none_match_*.
describe.each(['Enabled', 'Off'] as const)('conditions on the completion (%s)', (versioning) => {
  const put = { body: 'abc' };
  it.each([
    { before: 'absent', during: '', condition: { IfNoneMatch: '*' }, status: 200 },
    { before: 'live', during: '', condition: { IfNoneMatch: '*' }, status: 412 },
    { before: 'deleted', during: '', condition: { IfNoneMatch: '*' }, status: 200 },
    { before: 'absent', during: 'put', condition: { IfNoneMatch: '*' }, status: 412 },
    { before: 'live', during: 'delete', condition: { IfNoneMatch: '*' }, status: 409 },
    { before: 'live', during: '', condition: { IfMatch: ABC }, status: 200 },
    { before: 'live', during: '', condition: { IfMatch: '"0123"' }, status: 412 },
    { before: 'absent', during: '', condition: { IfMatch: ABC }, status: 404 },
    { before: 'deleted', during: '', condition: { IfMatch: ABC }, status: 404 },
    { before: 'live', during: 'delete', condition: { IfMatch: ABC }, status: 404 },
    { before: 'live', during: 'put', condition: { IfMatch: ABC }, status: 409 },
    { before: 'live', during: 'delete,put', condition: { IfMatch: ABC }, status: 409 },
    { before: 'live', during: '', condition: { IfMatch: '*' }, status: 501 },
  ])('$before, then $during, $condition → $status', async ({ before, during, condition, status }) => {
    const env = await setUp({ versioning });
    if (before !== 'absent') env.bucket.put('k', put);
    if (before === 'deleted') env.bucket.delete('k');
    const { finish } = await startOne(env);
    for (const change of during.split(',')) {
      if (change === 'put') env.bucket.put('k', put);
      if (change === 'delete') env.bucket.delete('k');
      env.bucket.put('other');
    }
    const state = env.bucket.snapshot();
    if (status === 200) {
      await finish(condition);
      return expect(env.bucket.current('k')?.etag).toMatch(/-1$/);
    }
    const codes: Record<number, string> = {
      404: 'NoSuchKey',
      409: 'ConditionalRequestConflict',
      412: 'PreconditionFailed',
      501: 'NotImplemented',
    };
    expect(await failure(finish(condition))).toMatchObject({ status, code: codes[status] });
    expect(env.bucket.snapshot()).toEqual(state);
    expect(env.bucket.uploads.all()).toHaveLength(1);
  });
});

// Recorded: test_multipart_complete_multipart_too_small, …_wrong_part, test_complete_multipart_parts_order,
// test_multipart_no_such_upload, test_multipart_size_validation.
describe('a completion that is refused', () => {
  const abc = (PartNumber: number) => ({ PartNumber, ETag: ABC });
  it.each([
    { name: 'no parts', parts: [], code: 'InvalidRequest' },
    { name: 'a part never sent', parts: [abc(1), abc(3)], code: 'InvalidPart' },
    { name: 'another ETag', parts: [{ PartNumber: 1, ETag: '"0123"' }], code: 'InvalidPart' },
    {
      name: 'a checksum the part was not asked for',
      parts: [{ ...abc(1), ChecksumCRC32: 'NSRBwg==' }],
      code: 'InvalidPart',
    },
    { name: 'parts out of order', parts: [abc(2), abc(1)], code: 'InvalidPartOrder' },
    { name: 'a part twice', parts: [abc(1), abc(1)], code: 'InvalidPartOrder' },
    { name: 'a small part before the last', parts: [abc(1), abc(2)], code: 'EntityTooSmall' },
    { name: 'another size', parts: [abc(1)], more: { MpuObjectSize: 4 }, code: 'InvalidRequest' },
    {
      name: 'a checksum type it was not started with',
      parts: [abc(1)],
      more: { ChecksumType: 'FULL_OBJECT' as const },
      code: 'InvalidRequest',
    },
  ])('$name: $code', async ({ parts, more = {}, code }) => {
    const env = await setUp();
    const upload = await start(env);
    for (const number of [1, 2]) await send(env, upload, number);
    expect(await failure(complete(env, upload, parts, more))).toMatchObject({ status: 400, code });
    expect(env.bucket.keys()).toEqual([]);
    await complete(env, upload, [abc(2)]);
  });

  it('is no XML: MalformedXML', async () => {
    const env = await setUp();
    const { UploadId } = await start(env);
    for (const body of ['<a>', '<Other/>', '<CompleteMultipartUpload><Part/></CompleteMultipartUpload>']) {
      const { status, text } = await raw(env.sandbox, `/b/k?uploadId=${UploadId}`, { method: 'POST', body });
      expect([status, text]).toEqual([400, expect.stringContaining('<Code>MalformedXML</Code>')]);
    }
  });
});
