import { DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, type ObjectIdentifier } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { Bucket } from '../../../sandbox/index.ts';
import { failure, type Rig, raw, rig } from './support.ts';

/** Well-formed to look at, but never issued. */
const FORGED = 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD';

function history(bucket: Bucket, key = 'k'): string[] {
  return bucket
    .entries(key)
    .map(({ deleteMarker, versionId }) => `${deleteMarker ? 'marker' : 'version'} ${versionId}`);
}

async function remove({ s3 }: Rig, key: string, versionId?: string, more: { IfMatch?: string } = {}) {
  const answer = await s3.send(
    new DeleteObjectCommand({ Bucket: 'b', Key: key, ...(versionId && { VersionId: versionId }), ...more }),
  );
  return { marker: answer.DeleteMarker, id: answer.VersionId, status: answer.$metadata.httpStatusCode };
}

async function removeAll({ s3 }: Rig, objects: ObjectIdentifier[], more: { Quiet?: boolean } = {}) {
  const { Deleted, Errors } = await s3.send(
    new DeleteObjectsCommand({ Bucket: 'b', Delete: { Objects: objects, ...more } }),
  );
  return { deleted: Deleted, errors: Errors };
}

// Recorded: test_delete_object_versioned, test_delete_versioned_bucket_with_objects.
describe('DeleteObject in an Enabled bucket', () => {
  it('adds a marker each time, on absent keys too', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    const version = bucket.put('k');
    const first = await remove(env, 'k');
    const second = await remove(env, 'k');
    const absent = await remove(env, 'never-there');
    expect([first.marker, second.marker, absent.marker]).toEqual([true, true, true]);
    expect(history(bucket)).toEqual([`marker ${second.id}`, `marker ${first.id}`, `version ${version}`]);
    expect(history(bucket, 'never-there')).toEqual([`marker ${absent.id}`]);
  });

  it('says of a removed marker that it was one, of a removed version nothing, and of what is gone only its id', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    const version = bucket.put('k');
    const marker = bucket.delete('k');
    expect(await remove(env, 'k', marker)).toEqual({ marker: true, id: marker, status: 204 });
    expect(await remove(env, 'k', version)).toEqual({ marker: undefined, id: version, status: 204 });
    expect(await remove(env, 'k', version)).toEqual({ marker: undefined, id: version, status: 204 });
    expect(await remove(env, 'k', marker)).toEqual({ marker: undefined, id: marker, status: 204 });
    expect(bucket.keys()).toEqual([]);
  });

  it.each([
    [FORGED, 'Invalid version id specified'],
    ['short', 'Invalid version id specified'],
    ['', 'Version id cannot be the empty string'],
  ])('refuses the id %j', async (id, message) => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    bucket.put('k');
    const answer = await raw(sandbox, `/b/k?versionId=${id}`, { method: 'DELETE' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(`<Code>InvalidArgument</Code><Message>${message}</Message>`);
    expect(answer.text).toContain('<ArgumentName>versionId</ArgumentName>');
    expect(history(bucket)).toHaveLength(1);
  });

  it('makes the next version current when the current one is removed', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    const old = bucket.put('k', { body: 'old' });
    await remove(env, 'k', bucket.put('k', { body: 'new' }));
    const answer = await env.s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));
    expect([answer.VersionId, await answer.Body?.transformToString()]).toEqual([old, 'old']);
  });
});

// Recorded: test_delete_object_on_suspended_bucket, test_put_object_on_suspended_bucket, test_delete_object.
describe('DeleteObject where versioning is suspended or off', () => {
  it('Suspended: the null marker replaces the null version, wherever that stood', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    bucket.put('k', { versionId: 'null' });
    const kept = bucket.put('k');
    bucket.versioning = 'Suspended';
    expect(await remove(env, 'k')).toEqual({ marker: true, id: 'null', status: 204 });
    expect(history(bucket)).toEqual(['marker null', `version ${kept}`]);
    expect(await remove(env, 'k')).toEqual({ marker: true, id: 'null', status: 204 });
    expect(history(bucket)).toEqual(['marker null', `version ${kept}`]);
    expect(await remove(env, 'k', 'null')).toEqual({ marker: true, id: 'null', status: 204 });
    expect(history(bucket)).toEqual([`version ${kept}`]);
  });

  it('Suspended: a put replaces the null marker and goes on top', async () => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    const kept = bucket.put('k');
    bucket.versioning = 'Suspended';
    bucket.delete('k');
    bucket.put('k', { body: '1' });
    bucket.put('k', { body: '2' });
    expect(history(bucket)).toEqual(['version null', `version ${kept}`]);
    bucket.versioning = 'Enabled';
    const top = bucket.put('k');
    expect(history(bucket)).toEqual([`version ${top}`, 'version null', `version ${kept}`]);
  });

  it('Off: the object is gone and nothing is said about versions', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b', { versioning: 'Off' });
    expect(bucket.put('k')).toBe('null');
    expect(await remove(env, 'k')).toEqual({ marker: undefined, id: undefined, status: 204 });
    expect(await remove(env, 'never-there')).toEqual({ marker: undefined, id: undefined, status: 204 });
    expect(bucket.keys()).toEqual([]);
    expect(await failure(remove(env, 'k', FORGED))).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html; recorded: TestS3DeletePrecondition.
describe('DeleteObject with If-Match', () => {
  it.each([
    { state: 'live', etag: 'matching', status: 204 },
    { state: 'live', etag: '*', status: 204 },
    { state: 'live', etag: '"0123"', status: 412 },
    { state: 'deleted', etag: 'matching', status: 412 },
    { state: 'deleted', etag: '*', status: 412 },
    { state: 'absent', etag: '*', status: 404 },
    { state: 'absent', etag: '"0123"', status: 404 },
  ])('$state, $etag → $status', async ({ state, etag, status }) => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    if (state !== 'absent') bucket.put('k', { body: 'abc' });
    if (state === 'deleted') bucket.delete('k');
    const before = bucket.snapshot();
    const headers = { 'if-match': etag === 'matching' ? '"900150983cd24fb0d6963f7d28e17f72"' : etag };
    const answer = await raw(env.sandbox, '/b/k', { method: 'DELETE', headers });
    expect(answer.status).toBe(status);
    if (status === 204) expect(history(bucket)[0]).toMatch(/^marker/);
    else expect(bucket.snapshot()).toEqual(before);
  });

  it.each(['x-amz-if-match-last-modified-time', 'x-amz-if-match-size'])('does not know %s', async (header) => {
    const { sandbox } = await rig();
    sandbox.createBucket('b').put('k');
    const answer = await raw(sandbox, '/b/k', { method: 'DELETE', headers: { [header]: '1' } });
    expect([answer.status, answer.text]).toEqual([501, expect.stringContaining(`<Header>${header}</Header>`)]);
  });
});

// Recorded: test_delete_objects_versioned, test_delete_objects, test_delete_keys_in_versioned_bucket.
describe('DeleteObjects', () => {
  it('tells markers added, markers removed, versions removed and versions gone already apart', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    const version = bucket.put('version');
    const marker = bucket.delete('marker') ?? '';
    bucket.put('simple');
    const gone = bucket.put('gone');
    bucket.remove('gone', gone);
    const { deleted, errors } = await removeAll(env, [
      { Key: 'version', VersionId: version },
      { Key: 'marker', VersionId: marker },
      { Key: 'gone', VersionId: gone },
      { Key: 'simple' },
    ]);
    const added = bucket.current('simple')?.versionId;
    expect(errors).toBeUndefined();
    expect(deleted?.toSorted((a, b) => (a.Key ?? '').localeCompare(b.Key ?? ''))).toEqual([
      { Key: 'gone', VersionId: gone },
      { Key: 'marker', VersionId: marker, DeleteMarker: true, DeleteMarkerVersionId: marker },
      { Key: 'simple', DeleteMarker: true, DeleteMarkerVersionId: added },
      { Key: 'version', VersionId: version },
    ]);
    expect(bucket.keys()).toEqual(['simple']);
  });

  it('answers a forged id per key, and goes on with the others', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    const version = bucket.put('k');
    const answer = await removeAll(env, [
      { Key: 'k', VersionId: FORGED },
      { Key: 'k', VersionId: version },
    ]);
    expect(answer.errors).toEqual([
      { Key: 'k', VersionId: FORGED, Code: 'NoSuchVersion', Message: 'The specified version does not exist.' },
    ]);
    expect(answer.deleted).toEqual([{ Key: 'k', VersionId: version }]);
  });

  it('names only keys where versioning is off, absent ones too', async () => {
    const env = await rig();
    env.sandbox.createBucket('b', { versioning: 'Off' }).put('a');
    const { deleted } = await removeAll(env, [{ Key: 'a' }, { Key: 'never-there' }]);
    expect(deleted).toHaveLength(2);
    expect(deleted).toEqual(expect.arrayContaining([{ Key: 'a' }, { Key: 'never-there' }]));
  });

  it('says nothing but errors when quiet', async () => {
    const env = await rig();
    env.sandbox.createBucket('b').put('a');
    const answer = await removeAll(env, [{ Key: 'a' }, { Key: 'b', VersionId: FORGED }], { Quiet: true });
    expect(answer.deleted).toBeUndefined();
    expect(answer.errors).toMatchObject([{ Key: 'b', Code: 'NoSuchVersion' }]);
  });

  it('checks an ETag per key', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    for (const key of ['same', 'other', 'star', 'deleted']) bucket.put(key, { body: 'abc' });
    bucket.delete('deleted');
    const { deleted, errors } = await removeAll(env, [
      { Key: 'same', ETag: '"900150983cd24fb0d6963f7d28e17f72"' },
      { Key: 'other', ETag: '"0123"' },
      { Key: 'star', ETag: '*' },
      { Key: 'deleted', ETag: '*' },
      { Key: 'absent', ETag: '*' },
    ]);
    expect(deleted?.map(({ Key }) => Key).toSorted()).toEqual(['same', 'star']);
    expect(Object.fromEntries(errors?.map(({ Key, Code }) => [Key, Code]) ?? [])).toEqual({
      other: 'PreconditionFailed',
      deleted: 'PreconditionFailed',
      absent: 'NoSuchKey',
    });
  });

  it('returns results in no promised order, the same in every run', async () => {
    const orders = [];
    for (let run = 0; run < 2; run++) {
      const env = await rig();
      env.sandbox.createBucket('b');
      const { deleted } = await removeAll(
        env,
        Array.from({ length: 20 }, (_, i) => ({ Key: `k${i}` })),
      );
      orders.push(deleted?.map(({ Key }) => Key));
    }
    expect(orders[0]).toEqual(orders[1]);
    expect(orders[0]).not.toEqual(Array.from({ length: 20 }, (_, i) => `k${i}`));
  });

  it.each([
    { name: 'no key', objects: [] },
    { name: '1,001 keys', objects: Array.from({ length: 1001 }, (_, i) => ({ Key: `k${i}` })) },
    { name: 'a control character, which XML cannot carry', objects: [{ Key: 'fine' }, { Key: 'a\u0001b' }] },
    { name: 'an empty key', objects: [{ Key: '' }] },
  ])('refuses $name as a whole', async ({ objects }) => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    expect(await failure(removeAll(env, objects))).toMatchObject({ status: 400, code: 'MalformedXML' });
    expect(bucket.keys()).toEqual([]);
  });

  it('takes keys with every character that XML can carry', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    const keys = ['a&<b>"\'', 'line\nfeed', 'carriage\rreturn', '\ttab', ' spaces ', 'é\u{1F600}', '%41+', '../..//'];
    for (const key of keys) bucket.put(key, { versionId: 'null' });
    const { errors } = await removeAll(
      env,
      keys.map((Key) => ({ Key, VersionId: 'null' })),
    );
    expect(errors).toBeUndefined();
    expect(bucket.keys()).toEqual([]);
  });

  it('wants a digest of its body, and the right one', async () => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    const body = '<Delete><Object><Key>k</Key></Object></Delete>';
    const none = await raw(sandbox, '/b?delete', { method: 'POST', body });
    expect([none.status, none.text]).toEqual([400, expect.stringContaining('<Code>InvalidRequest</Code>')]);
    const headers = { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' };
    const wrong = await raw(sandbox, '/b?delete', { method: 'POST', body, headers });
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('<Code>BadDigest</Code>')]);
    expect(bucket.keys()).toEqual([]);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
describe('MFA delete', () => {
  it('lets markers be added, and refuses to delete for good without a token, all of a batch at once', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b', { mfaDelete: true });
    const version = bucket.put('k');
    expect((await remove(env, 'k')).marker).toBe(true);
    const before = bucket.snapshot();
    expect(await failure(remove(env, 'k', version))).toMatchObject({ status: 403, code: 'AccessDenied' });
    const batch = removeAll(env, [{ Key: 'other' }, { Key: 'k', VersionId: version }]);
    expect(await failure(batch)).toMatchObject({ status: 403, code: 'AccessDenied' });
    expect(bucket.snapshot()).toEqual(before);
    const withToken = new DeleteObjectCommand({ Bucket: 'b', Key: 'k', VersionId: version, MFA: 'arn 123456' });
    expect((await env.s3.send(withToken)).VersionId).toBe(version);
  });
});
