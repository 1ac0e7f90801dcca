import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';

const otherEtag = '"00000000000000000000000000000000"';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
behaviours('conditional-delete', (behaviour) => {
  behaviour('If-Match with the ETag of the current version puts the marker', async (bucket) => {
    await bucket.put('a', 'hello');
    const { ETag: etag = '' } = (await bucket.head('a')).output ?? {};
    expect(await bucket.delete('a', undefined, { IfMatch: etag })).toMatchObject({
      status: 204,
      headers: { 'x-amz-delete-marker': 'true' },
    });
  });

  // AWS, recorded by LocalStack: test_delete_object_if_match_non_express
  behaviour('If-Match with another ETag: 412, and no marker', async (bucket) => {
    const v1 = await bucket.put('a');
    const answer = await bucket.delete('a', undefined, { IfMatch: otherEtag });
    expect(answer.verdict).toBe('412 PreconditionFailed');
    expect(await bucket.history()).toEqual([['a', 'version', v1]]);
  });

  behaviour('If-Match looks at the current version, not at an older one', async (bucket) => {
    await bucket.put('a', 'old');
    const { ETag: etag = '' } = (await bucket.head('a')).output ?? {};
    await bucket.put('a', 'new');
    expect((await bucket.delete('a', undefined, { IfMatch: etag })).status).toBe(412);
  });

  behaviour('If-Match: * on a live key puts the marker', async (bucket) => {
    await bucket.put('a');
    expect((await bucket.delete('a', undefined, { IfMatch: '*' })).status).toBe(204);
    expect((await bucket.head('a')).status).toBe(404);
  });

  behaviour('If-Match: * on a deleted key: 412', async (bucket) => {
    await bucket.put('a');
    await bucket.mark('a');
    expect((await bucket.delete('a', undefined, { IfMatch: '*' })).status).toBe(412);
  });
});
