import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';

const helloEtag = '"5d41402abc4b2a76b9719d911017c592"';
const otherEtag = '"00000000000000000000000000000000"';

// Conditions on what a write would replace: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
behaviours('conditional-writes', (behaviour) => {
  // AWS, recorded by LocalStack: test_copy_object_if_none_match_versioned_bucket, …_in_place
  behaviour('copy, If-None-Match: * over a live key: 412, and no version is added', async (bucket) => {
    const v1 = await bucket.put('a', 'hello');
    expect((await bucket.copy('a', v1, { IfNoneMatch: '*' })).verdict).toBe('412 PreconditionFailed');
    expect(await bucket.history()).toHaveLength(1);
  });

  behaviour('copy, If-None-Match: * over a marker: done', async (bucket) => {
    const v1 = await bucket.put('a', 'hello');
    await bucket.mark('a');
    expect((await bucket.copy('a', v1, { IfNoneMatch: '*' })).verdict).toBe('200');
    expect((await bucket.head('a')).status).toBe(200);
  });

  behaviour('copy, If-None-Match: * over nothing: done', async (bucket) => {
    const CopySource = bucket.source('a', await bucket.put('a', 'hello'));
    expect((await bucket.copy('b', undefined, { CopySource, IfNoneMatch: '*' })).verdict).toBe('200');
  });

  // AWS, recorded by LocalStack: test_copy_object_if_match_versioned_bucket, …_in_place
  behaviour('copy, If-Match with the ETag of the current version: done', async (bucket) => {
    const v1 = await bucket.put('a', 'old');
    await bucket.put('a', 'hello');
    expect((await bucket.copy('a', v1, { IfMatch: helloEtag })).verdict).toBe('200');
    expect(await bucket.history()).toHaveLength(3);
  });

  behaviour('copy, If-Match with the ETag of an older version: 412, and no version is added', async (bucket) => {
    const v1 = await bucket.put('a', 'hello');
    await bucket.put('a', 'written meanwhile');
    expect((await bucket.copy('a', v1, { IfMatch: helloEtag })).verdict).toBe('412 PreconditionFailed');
    expect(await bucket.history()).toHaveLength(2);
  });

  behaviour('copy, If-Match over a marker: 404', async (bucket) => {
    const v1 = await bucket.put('a', 'hello');
    await bucket.mark('a');
    expect((await bucket.copy('a', v1, { IfMatch: helloEtag })).verdict).toBe('404 NoSuchKey');
    expect(await bucket.history()).toHaveLength(2);
  });

  behaviour('copy, If-Match over nothing: 404', async (bucket) => {
    const CopySource = bucket.source('a', await bucket.put('a', 'hello'));
    expect((await bucket.copy('b', undefined, { CopySource, IfMatch: helloEtag })).verdict).toBe('404 NoSuchKey');
  });

  // AWS, recorded by LocalStack: test_copy_object_precondition_write_validation
  behaviour('copy, If-None-Match with an ETag and If-Match: * are not implemented', async (bucket) => {
    const v1 = await bucket.put('a', 'hello');
    expect((await bucket.copy('a', v1, { IfNoneMatch: otherEtag })).verdict).toBe('501 NotImplemented');
    expect((await bucket.copy('a', v1, { IfMatch: '*' })).verdict).toBe('501 NotImplemented');
    expect((await bucket.copy('a', v1, { IfMatch: helloEtag, IfNoneMatch: '*' })).verdict).toBe('501 NotImplemented');
  });

  // AWS, recorded by LocalStack: test_put_object_if_none_match_versioned_bucket
  behaviour('put, If-None-Match: * over a live key: 412', async (bucket) => {
    await bucket.put('a', 'hello');
    await expect(bucket.put('a', 'other', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect(await bucket.history()).toHaveLength(1);
  });

  behaviour('put, If-None-Match: * over a marker: done', async (bucket) => {
    await bucket.put('a', 'hello');
    await bucket.mark('a');
    await bucket.put('a', 'other', { IfNoneMatch: '*' });
    expect((await bucket.head('a')).status).toBe(200);
  });

  // AWS, recorded by LocalStack: test_put_object_if_match_versioned_bucket
  behaviour('put, If-Match with the ETag of the current version: done', async (bucket) => {
    await bucket.put('a', 'hello');
    await bucket.put('a', 'other', { IfMatch: helloEtag });
    expect(await bucket.history()).toHaveLength(2);
  });

  behaviour('put, If-Match with another ETag: 412', async (bucket) => {
    await bucket.put('a', 'hello');
    await expect(bucket.put('a', 'other', { IfMatch: otherEtag })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect(await bucket.history()).toHaveLength(1);
  });

  behaviour('put, If-Match over a marker: 404', async (bucket) => {
    await bucket.put('a', 'hello');
    await bucket.mark('a');
    await expect(bucket.put('a', 'other', { IfMatch: helloEtag })).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});
