import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
behaviours('delete-objects', (behaviour) => {
  // AWS, recorded by LocalStack: test_delete_objects_versioned (delete-objects-no-version-id)
  behaviour('a marker that was put is answered with its id under DeleteMarkerVersionId alone', async (bucket) => {
    await bucket.put('a');
    const { output } = await bucket.deleteMany([{ Key: 'a' }]);
    const [[, , marker] = []] = await bucket.history();
    expect(output?.Deleted).toEqual([{ Key: 'a', DeleteMarker: true, DeleteMarkerVersionId: marker }]);
  });

  // Same recording (wrongkey)
  behaviour('a key that never was gets a marker too', async (bucket) => {
    const { output } = await bucket.deleteMany([{ Key: 'never' }]);
    expect(output?.Deleted).toMatchObject([{ Key: 'never', DeleteMarker: true }]);
    expect(await bucket.history()).toEqual([['never', 'marker', output?.Deleted?.[0]?.DeleteMarkerVersionId]]);
  });

  // Same recording (delete-objects-marker)
  behaviour('a marker that was removed is answered with its id twice', async (bucket) => {
    await bucket.put('a');
    const marker = await bucket.mark('a');
    const { output } = await bucket.deleteMany([{ Key: 'a', VersionId: marker }]);
    expect(output?.Deleted).toEqual([
      { Key: 'a', VersionId: marker, DeleteMarker: true, DeleteMarkerVersionId: marker },
    ]);
    expect((await bucket.get('a')).status).toBe(200);
  });

  // Same recording (delete-objects-version-id)
  behaviour('a version that was removed is answered with nothing but its id', async (bucket) => {
    const v1 = await bucket.put('a');
    const { output } = await bucket.deleteMany([{ Key: 'a', VersionId: v1 }]);
    expect(output?.Deleted).toEqual([{ Key: 'a', VersionId: v1 }]);
  });

  behaviour('one request may take several entries of one key and entries of several keys', async (bucket) => {
    const a1 = await bucket.put('a', '1');
    const a2 = await bucket.mark('a');
    const a3 = await bucket.put('a', '3');
    const a4 = await bucket.mark('a');
    const b1 = await bucket.put('b');
    const b2 = await bucket.mark('b');
    const wanted = [
      { Key: 'a', VersionId: a4 },
      { Key: 'b', VersionId: b2 },
      { Key: 'a', VersionId: a2 },
      { Key: 'a', VersionId: a3 },
    ];
    const { output } = await bucket.deleteMany(wanted);
    // The answers come in any order, so each is matched by key and id.
    const answered = output?.Deleted?.map(({ Key, VersionId }) => `${Key} ${VersionId}`);
    expect(new Set(answered)).toEqual(new Set(wanted.map(({ Key, VersionId }) => `${Key} ${VersionId}`)));
    expect(await bucket.history()).toEqual([
      ['a', 'version', a1],
      ['b', 'version', b1],
    ]);
  });

  // Same recording (delete-objects-wrong-version-id)
  behaviour('an id that cannot be one is an error of that entry; the others are done', async (bucket) => {
    const a1 = await bucket.put('a');
    const b1 = await bucket.put('b');
    const answer = await bucket.deleteMany([
      { Key: 'a', VersionId: 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD' },
      { Key: 'b', VersionId: b1 },
    ]);
    expect(answer.status).toBe(200);
    expect(answer.output?.Errors).toMatchObject([{ Key: 'a', Code: 'NoSuchVersion' }]);
    expect(answer.output?.Deleted).toEqual([{ Key: 'b', VersionId: b1 }]);
    expect(await bucket.history()).toEqual([['a', 'version', a1]]);
  });

  behaviour('an entry that has gone already is reported as deleted', async (bucket) => {
    const gone = await bucket.put('a');
    await bucket.delete('a', gone);
    const { output } = await bucket.deleteMany([{ Key: 'a', VersionId: gone }]);
    expect(output?.Deleted).toEqual([{ Key: 'a', VersionId: gone }]);
    expect(output?.Errors ?? []).toEqual([]);
  });

  // AWS, recorded by LocalStack: test_delete_non_existing_keys_quiet
  behaviour('Quiet: no word about what was deleted', async (bucket) => {
    const v1 = await bucket.put('a');
    const { status, output } = await bucket.deleteMany([{ Key: 'a', VersionId: v1 }], { quiet: true });
    expect({ status, deleted: output?.Deleted ?? [], errors: output?.Errors ?? [] }).toEqual({
      status: 200,
      deleted: [],
      errors: [],
    });
    expect(await bucket.history()).toEqual([]);
  });

  behaviour('Quiet: errors are told', async (bucket) => {
    await bucket.put('a');
    const id = 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD';
    const { output } = await bucket.deleteMany([{ Key: 'a', VersionId: id }], { quiet: true });
    expect(output?.Errors).toMatchObject([{ Key: 'a', Code: 'NoSuchVersion' }]);
  });

  behaviour('1000 entries are accepted, each with its answer', async (bucket) => {
    // Markers of keys that never were would have to be cleaned up; the entry `null` of such a key is just not there.
    const objects = Array.from({ length: 1000 }, (_, index) => ({ Key: `never/${index}`, VersionId: 'null' }));
    const { status, output } = await bucket.deleteMany(objects);
    expect(status).toBe(200);
    expect(output?.Deleted).toHaveLength(1000);
  });

  behaviour('1001 entries are refused, and none is deleted', async (bucket) => {
    const objects = Array.from({ length: 1001 }, (_, index) => ({ Key: `k/${index}` }));
    expect((await bucket.deleteMany(objects)).status).toBe(400);
    expect(await bucket.history()).toEqual([]);
  });

  behaviour('the refusal of 1001 entries is MalformedXML', async (bucket) => {
    const objects = Array.from({ length: 1001 }, (_, index) => ({ Key: `k/${index}` }));
    expect((await bucket.deleteMany(objects)).code).toBe('MalformedXML');
  });

  // https://github.com/aws/aws-sdk-ruby/issues/1114
  behaviour('no entries at all are refused', async (bucket) => {
    expect((await bucket.deleteMany([])).verdict).toBe('400 MalformedXML');
  });

  behaviour('keys with markup, line breaks and every script go through a batch', async (bucket) => {
    const keys = ['<a&"b\'>', 'a\nb', 'a\rb', 'a\tb', ' lead and trail ', 'ü 한글 \u{1f600}', 'a%20b+c', ']]>'];
    const objects = [];
    for (const Key of keys) {
      await bucket.put(Key);
      objects.push({ Key, VersionId: await bucket.mark(Key) });
    }
    const { output } = await bucket.deleteMany(objects);
    expect(output?.Errors ?? []).toEqual([]);
    for (const key of keys) expect([key, (await bucket.head(key)).status]).toEqual([key, 200]);
  });

  // XML 1.0 cannot carry such a key. What AWS answers: https://github.com/boto/boto3/issues/2005
  behaviour('a key that XML cannot carry fails the whole batch, and nothing is deleted', async (bucket) => {
    const v1 = await bucket.put('harmless');
    const v2 = await bucket.put('a\u0010b');
    const answer = await bucket.deleteMany([
      { Key: 'harmless', VersionId: v1 },
      { Key: 'a\u0010b', VersionId: v2 },
    ]);
    expect(answer.verdict).toBe('400 MalformedXML');
    expect(await bucket.history()).toHaveLength(2);
  });

  behaviour('a key that XML cannot carry can be undeleted by a request of its own', async (bucket) => {
    const v1 = await bucket.put('a\u0010b');
    await bucket.delete('a\u0010b', await bucket.mark('a\u0010b'));
    expect((await bucket.head('a\u0010b')).output?.VersionId).toBe(v1);
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
  behaviour('an ETag that does not match is an error of that entry; the others are done', async (bucket) => {
    await bucket.put('a', 'hello');
    await bucket.put('b', 'something else');
    // In the samples of the API reference the ETag has no quotes here.
    const ETag = '5d41402abc4b2a76b9719d911017c592';
    const { output } = await bucket.deleteMany([
      { Key: 'a', ETag },
      { Key: 'b', ETag },
    ]);
    expect(output?.Errors).toMatchObject([{ Key: 'b', Code: 'PreconditionFailed' }]);
    expect(output?.Deleted).toMatchObject([{ Key: 'a', DeleteMarker: true }]);
    expect((await bucket.head('b')).status).toBe(200);
  });
});
