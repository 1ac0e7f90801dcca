import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Bucket, type Entry, type PutOptions, type Sandbox, startSandbox } from '../../sandbox/index.ts';
import type { CopyStep, Seen } from '../../src/core/plan.ts';
import type { BucketPort, Buckets } from '../../src/core/ports.ts';
import { type BucketsOptions, createClient, openBuckets } from '../../src/s3/index.ts';

/** Copies and markers over HTTP: real requests, the sandbox's quirks for the servers that are not like S3. */
let sandbox: Sandbox;
const clients: ReturnType<typeof createClient>[] = [];
const before = { id: process.env.AWS_ACCESS_KEY_ID, secret: process.env.AWS_SECRET_ACCESS_KEY };

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
  process.env.AWS_SECRET_ACCESS_KEY = 'secret';
  sandbox = await startSandbox();
});
afterEach(() => {
  sandbox.faults.clear();
  sandbox.requests.clear();
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await sandbox.stop();
  if (before.id === undefined) delete process.env.AWS_ACCESS_KEY_ID;
  else process.env.AWS_ACCESS_KEY_ID = before.id;
  if (before.secret === undefined) delete process.env.AWS_SECRET_ACCESS_KEY;
  else process.env.AWS_SECRET_ACCESS_KEY = before.secret;
});

const never = new AbortController().signal;
const MIB = 1024 ** 2;
const GIB = 1024 * MIB;
let serial = 0;

interface SetUp {
  readonly bucket: Bucket;
  readonly buckets: Buckets;
  readonly port: BucketPort;
}

function setUp(options: Parameters<Sandbox['createBucket']>[1] = {}, more: Partial<BucketsOptions> = {}): SetUp {
  const bucket = sandbox.createBucket(`copies-${++serial}`, options);
  const client = createClient({
    region: 'us-east-1',
    endpointUrl: sandbox.endpoint,
    forcePathStyle: true,
    concurrency: 16,
  });
  clients.push(client);
  const buckets = openBuckets({
    client,
    clientFor: () => client,
    concurrency: 16,
    batchSize: 1000,
    bypassGovernanceRetention: false,
    stop: never,
    abort: never,
    waiting: { random: Math.random, sleep: async (_ms, signal) => signal.throwIfAborted(), timer: () => () => {} },
    ...more,
  });
  return { bucket, buckets, port: buckets.open(bucket.name) };
}

/** A version with everything on it that a copy in parts would forget. */
const FULL: PutOptions = {
  contentType: 'video/mp4',
  metadata: { author: 'me', empty: '' },
  headers: {
    cacheControl: 'max-age=60',
    contentDisposition: 'attachment; filename="a b.mp4"',
    contentEncoding: 'br',
    contentLanguage: 'de, en',
    expires: 'when it is done',
    websiteRedirectLocation: '/elsewhere',
  },
  storageClass: 'STANDARD_IA',
  tags: { 'a b': '1&2=3', é: '', plain: 'x' },
  sse: { algorithm: 'aws:kms', kmsKeyId: 'arn:aws:kms:us-east-1:111122223333:key/1', bucketKey: true },
};
const carry = {
  storageClass: 'STANDARD_IA',
  websiteRedirect: '/elsewhere',
  encryption: 'aws:kms',
  kmsKeyId: 'arn:aws:kms:us-east-1:111122223333:key/1',
  bucketKey: true,
};

/** What of an entry is the same in a faithful copy. */
function kept({ size, contentType, metadata, headers, storageClass, sse, tags }: Entry) {
  return { size, contentType, metadata, headers, storageClass, sse, tags };
}

const seen = (bucket: Bucket, key: string): Seen => {
  const entry = bucket.current(key);
  if (entry === undefined) return null;
  const { versionId, deleteMarker, etag } = entry;
  return { versionId, deleteMarker, etag: deleteMarker ? null : etag };
};
const step = (versionId: string, more: Partial<CopyStep> = {}): CopyStep => ({
  do: 'copy-version',
  versionId,
  ...more,
});
const conflict = (unsure: boolean) => ({ ok: false, conflict: true, unsure });

describe('a version over 5 GiB', () => {
  test('is the same object on top, with all that was on it', async () => {
    const { bucket, buckets, port } = setUp();
    const versionId = bucket.put('film é', { size: 6 * GIB, ...FULL });
    bucket.delete('film é');
    const write = await port.copyVersion(
      'film é',
      step(versionId, { multipart: 6 * GIB, carry }),
      seen(bucket, 'film é'),
    );
    const [copy, , source] = bucket.entries('film é');
    if (copy === undefined || source === undefined) throw new Error('no copy');
    expect(write).toEqual({ ok: true, versionId: copy.versionId, etag: copy.etag });
    expect(kept(copy)).toEqual(kept(source));
    expect(bucket.uploads.all()).toEqual([]);
    expect(buckets.requests).toMatchObject({ copy: 48, put: 2, head: 2, get: 1, list: 1 });
    expect(buckets.notes.size).toBe(0);
  });

  test.each<[string, PutOptions, number]>([
    ['in equal parts', { parts: [2 * GIB, 2 * GIB, 2 * GIB, 7] }, 4],
    ['in parts of 8 MiB', { parts: Array.from({ length: 700 }, () => 8 * MIB) }, 700],
    ['with a checksum of the whole', { parts: [4 * GIB, 2 * GIB], checksum: { algorithm: 'CRC64NVME' } }, 2],
    [
      'with a checksum of its parts',
      { parts: [4 * GIB, 2 * GIB], checksum: { algorithm: 'SHA256', type: 'COMPOSITE' } },
      2,
    ],
  ])('uploaded %s: has the same ETag and checksums', async (_, options, count) => {
    const { bucket, port } = setUp();
    const versionId = bucket.put('film', options);
    const { size, etag, checksums } = bucket.current('film') ?? {};
    bucket.put('film', { body: 'another' });
    const write = await port.copyVersion('film', step(versionId, { multipart: size }), seen(bucket, 'film'));
    expect(write).toMatchObject({ ok: true, etag });
    expect(bucket.current('film')).toMatchObject({ size, etag, checksums });
    expect(sandbox.requests.count('UploadPartCopy')).toBe(count);
  });

  test('uploaded in unequal parts: is the same content in others', async () => {
    const { bucket, port } = setUp();
    const versionId = bucket.put('film', { parts: [GIB, 5 * GIB] });
    bucket.put('film');
    const write = await port.copyVersion('film', step(versionId, { multipart: 6 * GIB }), seen(bucket, 'film'));
    expect(write).toMatchObject({ ok: true, etag: expect.stringMatching(/-48$/) });
  });

  test('with a lock, where that is kept', async () => {
    const { bucket, port } = setUp({ objectLock: true });
    const versionId = bucket.put('film', { size: 6 * GIB });
    bucket.delete('film');
    const locked = { lockMode: 'GOVERNANCE', lockUntil: '2099-01-02T03:04:05.000Z', legalHold: true } as const;
    const of = step(versionId, { multipart: 6 * GIB, carry: locked });
    expect(await port.copyVersion('film', of, seen(bucket, 'film'))).toMatchObject({ ok: true });
    expect(bucket.current('film')?.lock).toMatchObject({
      mode: 'GOVERNANCE',
      retainUntil: Date.parse(locked.lockUntil),
      legalHold: true,
    });
  });

  test('of another bucket', async () => {
    const from = setUp();
    const to = setUp();
    const versionId = from.bucket.put('film', { size: 6 * GIB, ...FULL });
    const source = { bucket: from.bucket.name, key: 'film' };
    const of = step(versionId, { source, multipart: 6 * GIB, carry });
    expect(await to.port.copyVersion('copy/film', of, null)).toMatchObject({ ok: true });
    const [original] = from.bucket.entries('film');
    const copy = to.bucket.current('copy/film');
    if (copy === undefined || original === undefined) throw new Error('no copy');
    expect(kept(copy)).toEqual(kept(original));
  });

  test('leaves nothing behind when a part fails', async () => {
    const { bucket, buckets, port } = setUp();
    const versionId = bucket.put('film', { size: 6 * GIB });
    bucket.put('film');
    sandbox.faults.add({ operation: 'UploadPartCopy', skip: 20, respond: { status: 403, code: 'AccessDenied' } });
    const write = await port.copyVersion('film', step(versionId, { multipart: 6 * GIB }), seen(bucket, 'film'));
    expect(write).toMatchObject({ failure: { code: 'AccessDenied' } });
    expect(bucket.entries('film')).toHaveLength(2);
    expect(bucket.uploads.all()).toEqual([]);
    expect(buckets.notes.size).toBe(0);
  });

  test('leaves nothing behind when the run stops', async () => {
    const stop = new AbortController();
    const { bucket, port } = setUp({}, { stop: stop.signal });
    const versionId = bucket.put('film', { size: 6 * GIB });
    bucket.put('film');
    sandbox.faults.add({ operation: 'UploadPartCopy', skip: 20, times: 1, hook: () => stop.abort() });
    const cut = port.copyVersion('film', step(versionId, { multipart: 6 * GIB }), seen(bucket, 'film'));
    await expect(cut).rejects.toMatchObject({ code: 'cancelled', maybeSent: false });
    expect(bucket.entries('film')).toHaveLength(2);
    expect(bucket.uploads.all()).toEqual([]);
  });

  test.each(['UploadPartCopy', 'CompleteMultipartUpload', 'CreateMultipartUpload'] as const)(
    'survives throttling and lost answers of %s',
    async (operation) => {
      const { bucket, port } = setUp();
      const versionId = bucket.put('film', { parts: [3 * GIB, 3 * GIB] });
      const etag = bucket.current('film')?.etag;
      bucket.put('film', { body: 'another' });
      sandbox.faults.add({ operation, times: 1, respond: { status: 503, code: 'SlowDown' } });
      sandbox.faults.add({ operation, skip: 1, times: 1, drop: 'after' });
      const write = await port.copyVersion('film', step(versionId, { multipart: 6 * GIB }), seen(bucket, 'film'));
      expect(write).toEqual({ ok: true, versionId: bucket.current('film')?.versionId, etag });
      expect(bucket.entries('film')).toHaveLength(3);
    },
  );

  test.each<[string, (bucket: Bucket) => void]>([
    ['a write', (bucket) => void bucket.put('film', { body: 'theirs' })],
    ['a deletion', (bucket) => void bucket.delete('film')],
  ])('never hides %s in between', async (_, meanwhile) => {
    const { bucket, port } = setUp();
    const versionId = bucket.put('film', { size: 6 * GIB });
    bucket.put('film', { body: 'before' });
    const on = seen(bucket, 'film');
    sandbox.faults.add({ operation: 'UploadPartCopy', skip: 20, times: 1, hook: () => meanwhile(bucket) });
    expect(await port.copyVersion('film', step(versionId, { multipart: 6 * GIB }), on)).toEqual(conflict(false));
    expect(bucket.entries('film')).toHaveLength(3);
    expect(bucket.current('film')?.versionId).not.toBe(on?.versionId);
    expect(bucket.uploads.all()).toEqual([]);
  });

  test.each([
    ['UploadPartCopy', 'is found before it is completed'],
    ['CompleteMultipartUpload', 'is found on top of it'],
  ] as const)('on a server that ignores conditions: a write during %s %s', async (operation, _found) => {
    const { bucket, port } = setUp({ quirks: { ignoresConditions: true } });
    const versionId = bucket.put('film', { size: 6 * GIB });
    bucket.put('film', { body: 'before' });
    const on = seen(bucket, 'film');
    let theirs = '';
    const hook = () => {
      theirs = bucket.put('film', { body: 'theirs' });
    };
    sandbox.faults.add({ operation, times: 1, hook });
    expect(await port.copyVersion('film', step(versionId, { multipart: 6 * GIB }), on)).toEqual(conflict(false));
    expect(bucket.current('film')?.versionId).toBe(theirs);
    expect(bucket.uploads.all()).toEqual([]);
  });

  test('whose source is replaced meanwhile is not copied half and half', async () => {
    const { bucket, port } = setUp();
    const other = setUp();
    const source = { bucket: other.bucket.name, key: 'film' };
    const versionId = other.bucket.put('film', { size: 6 * GIB, versionId: 'null', etag: 'one' });
    sandbox.faults.add({
      operation: 'UploadPartCopy',
      skip: 20,
      times: 1,
      hook: () => void other.bucket.remove('film', 'null'),
    });
    const of = step(versionId, { source, etag: 'one', multipart: 6 * GIB });
    expect(await port.copyVersion('film', of, null)).toMatchObject({ failure: { code: 'source-changed' } });
    expect(bucket.entries('film')).toEqual([]);
    expect(bucket.uploads.all()).toEqual([]);
  });
});

describe('servers that refuse', () => {
  test('copies onto their own key: the same object comes in parts, and people are told once', async () => {
    const { bucket, buckets, port } = setUp({ quirks: { refusesSelfCopy: true } });
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    const olds = keys.map((key) => bucket.put(key, { body: `content of ${key}`, ...FULL }));
    for (const key of keys) bucket.delete(key);
    const writes = keys.map((key, i) => port.copyVersion(key, step(olds[i] ?? '', { carry }), seen(bucket, key)));
    for (const write of await Promise.all(writes)) expect(write).toMatchObject({ ok: true });
    for (const key of keys) {
      const [copy, , source] = bucket.entries(key);
      if (copy === undefined || source === undefined) throw new Error('no copy');
      expect(kept(copy)).toEqual(kept(source));
      expect(copy.body).toEqual(source.body);
    }
    expect(bucket.uploads.all()).toEqual([]);
    expect(buckets.notes.size).toBe(1);
    sandbox.requests.clear();
    expect(await port.copyVersion('k0', step(olds[0] ?? ''), seen(bucket, 'k0'))).toMatchObject({ ok: true });
    expect(sandbox.requests.count('CopyObject')).toBe(0);
  });

  test.each<[string, boolean]>([
    ['copies', false],
    ['copies in parts', true],
  ])('conditions: %s and markers are made after a look', async (_, refusesSelfCopy) => {
    const { bucket, buckets, port } = setUp({ quirks: { refusesConditions: true, refusesSelfCopy } });
    const old = bucket.put('k', { body: 'one' });
    bucket.put('k', { body: 'two' });
    expect(await port.copyVersion('k', step(old), seen(bucket, 'k'))).toMatchObject({ ok: true, unguarded: true });
    expect(await port.addDeleteMarker('k', seen(bucket, 'k'))).toMatchObject({ ok: true, unguarded: true });
    expect(bucket.current('k')?.deleteMarker).toBe(true);

    // What was seen is not there any more.
    const on: Seen = { versionId: old, deleteMarker: false, etag: 'x' };
    expect(await port.copyVersion('k', step(old), on)).toEqual(conflict(false));
    expect(await port.addDeleteMarker('k', on)).toEqual(conflict(false));
    expect(bucket.entries('k')).toHaveLength(4);
    expect(buckets.notes.size).toBe(refusesSelfCopy ? 2 : 1);
  });

  test('annotations: nobody is told where nobody asked', async () => {
    const { bucket, buckets, port } = setUp({ quirks: { refusesAnnotations: true } });
    const old = bucket.put('k', { body: 'one' });
    bucket.put('k', { body: 'two' });
    expect(await port.copyVersion('k', step(old), seen(bucket, 'k'))).toMatchObject({ ok: true });
    expect(buckets.notes.size).toBe(0);
    const annotated = step(old, { carry: { annotations: true } });
    expect(await port.copyVersion('k', annotated, seen(bucket, 'k'))).toMatchObject({ ok: true });
    expect(bucket.entries('k')).toHaveLength(4);
  });

  test('to tell version ids: a copy in parts is known by its ETag, and HEAD tells the id', async () => {
    const { bucket, port } = setUp({ quirks: { hidesVersionIds: true } });
    const old = bucket.put('film', { size: 6 * GIB });
    bucket.delete('film');
    const write = await port.copyVersion('film', step(old, { multipart: 6 * GIB }), seen(bucket, 'film'));
    expect(write).toMatchObject({ ok: true, versionId: bucket.current('film')?.versionId });
  });
});

describe('the archive', () => {
  test('is asked for a version, and again', async () => {
    const { bucket, port } = setUp();
    const how = { days: 2, tier: 'Bulk' } as const;
    const cold = bucket.put('cold', { storageClass: 'GLACIER' });
    const tiered = bucket.put('tiered', { archiveTier: 'ARCHIVE_ACCESS' });
    const warm = bucket.put('warm', { storageClass: 'GLACIER_IR' });
    const ask = (key: string, id: string, storageClass: string) => port.requestRestore(key, id, storageClass, how);
    expect(await ask('cold', cold, 'GLACIER')).toEqual({ ok: true, state: 'requested' });
    expect(await ask('cold', cold, 'GLACIER')).toEqual({ ok: true, state: 'in-progress' });
    expect(await ask('tiered', tiered, 'INTELLIGENT_TIERING')).toEqual({ ok: true, state: 'requested' });
    expect(await ask('warm', warm, 'GLACIER_IR')).toEqual({ ok: true, state: 'available' });
    bucket.finishRestore('cold');
    expect(await ask('cold', cold, 'GLACIER')).toEqual({ ok: true, state: 'available' });
    expect(await ask('cold', 'no-such-version', 'GLACIER')).toMatchObject({ ok: false });
  });

  test('keeps what is copied from it', async () => {
    const { bucket, port } = setUp();
    const cold = bucket.put('cold', { storageClass: 'GLACIER' });
    bucket.put('cold');
    const write = await port.copyVersion('cold', step(cold), seen(bucket, 'cold'));
    expect(write).toMatchObject({ failure: { hint: expect.stringContaining('`archived: restore`') } });
  });
});
