import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import { reply } from './support/reply.ts';
import { s3 } from './support/server.ts';

const glacier = { StorageClass: 'GLACIER' } as const;

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
behaviours('archive', (behaviour) => {
  // AWS, recorded by LocalStack: test_put_object_storage_class[GLACIER-False]
  behaviour('an archived version is listed with its storage class, and HEAD tells it', async (bucket) => {
    const v1 = await bucket.put('a', 'cold', glacier);
    await bucket.put('a', 'warm');
    const classes = (await bucket.list()).entries.map(({ fields }) => fields.StorageClass);
    expect(classes).toEqual(['STANDARD', 'GLACIER']);
    expect((await bucket.head('a', v1)).output?.StorageClass).toBe('GLACIER');
  });

  // Same recording (get-object)
  behaviour('GET of an archived version: 403', async (bucket) => {
    const v1 = await bucket.put('a', 'cold', glacier);
    expect((await bucket.get('a', v1)).verdict).toBe('403 InvalidObjectState');
  });

  // AWS's answer is quoted in https://github.com/s3tools/s3cmd/pull/193; the API reference has another code.
  behaviour('a copy of an archived version: 403, and no version is added', async (bucket) => {
    const v1 = await bucket.put('a', 'cold', glacier);
    expect((await bucket.copy('a', v1)).status).toBe(403);
    expect(await bucket.history()).toHaveLength(1);
  });

  behaviour('an archived version can be covered by a marker and uncovered, without a restore', async (bucket) => {
    const v1 = await bucket.put('a', 'cold', glacier);
    const answer = await bucket.delete('a', await bucket.mark('a'));
    expect([answer.status, answer.headers['x-amz-delete-marker']]).toEqual([204, 'true']);
    expect((await bucket.head('a')).output?.VersionId).toBe(v1);
  });

  // AWS, recorded by LocalStack: test_s3_get_deep_archive_object_restore (restore_object)
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html for the second answer
  behaviour('a restore is accepted once, and HEAD tells that it goes on', async (bucket) => {
    const VersionId = await bucket.put('a', 'cold', glacier);
    const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: 'Standard' as const } };
    const restore = () => reply(() => s3.restoreObject({ Bucket: bucket.name, Key: 'a', VersionId, RestoreRequest }));
    expect((await restore()).status).toBe(202);
    expect((await bucket.head('a', VersionId)).output?.Restore).toBe('ongoing-request="true"');
    expect((await restore()).verdict).toBe('409 RestoreAlreadyInProgress');
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreStatus.html
  behaviour('a listing tells of restores only where one was asked for, and when it is asked to', async (bucket) => {
    const VersionId = await bucket.put('a', 'cold', glacier);
    await bucket.put('b', 'cold', glacier);
    const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: 'Standard' as const } };
    await s3.restoreObject({ Bucket: bucket.name, Key: 'a', VersionId, RestoreRequest });
    const told = async (input: Parameters<typeof bucket.list>[0]) =>
      (await bucket.list(input)).entries.map(({ fields }) => fields.IsRestoreInProgress);
    expect(await told({ OptionalObjectAttributes: ['RestoreStatus'] })).toEqual(['true', undefined]);
    expect(await told({})).toEqual([undefined, undefined]);
  });

  // AWS's answer is quoted in https://github.com/getmoto/moto/pull/4670
  behaviour('a restore of what is not archived: 403', async (bucket) => {
    const VersionId = await bucket.put('a', 'warm');
    const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: 'Standard' as const } };
    const answer = await reply(() => s3.restoreObject({ Bucket: bucket.name, Key: 'a', VersionId, RestoreRequest }));
    expect(answer.verdict).toBe('403 InvalidObjectState');
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
  behaviour('an expedited restore from DEEP_ARCHIVE: 400', async (bucket) => {
    const VersionId = await bucket.put('a', 'cold', { StorageClass: 'DEEP_ARCHIVE' });
    const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: 'Expedited' as const } };
    const answer = await reply(() => s3.restoreObject({ Bucket: bucket.name, Key: 'a', VersionId, RestoreRequest }));
    expect(answer.status).toBe(400);
  });
});
