import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Bucket, type Sandbox, startSandbox } from '../../sandbox/index.ts';
import type { KeyHistory } from '../../src/core/history.ts';
import { compareKeys } from '../../src/core/keys.ts';
import type { BucketPort, KeyRange } from '../../src/core/ports.ts';
import { type BucketOptions, createClient, openBucket } from '../../src/s3/index.ts';

/** The adapter over HTTP: real sockets, real signatures, faults from the sandbox. */
let sandbox: Sandbox;
const clients: ReturnType<typeof createClient>[] = [];
const before = { id: process.env.AWS_ACCESS_KEY_ID, secret: process.env.AWS_SECRET_ACCESS_KEY };

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
  process.env.AWS_SECRET_ACCESS_KEY = 'secret';
  sandbox = await startSandbox();
});
afterEach(() => sandbox.faults.clear());
afterAll(async () => {
  for (const client of clients) client.destroy();
  await sandbox.stop();
  if (before.id === undefined) delete process.env.AWS_ACCESS_KEY_ID;
  else process.env.AWS_ACCESS_KEY_ID = before.id;
  if (before.secret === undefined) delete process.env.AWS_SECRET_ACCESS_KEY;
  else process.env.AWS_SECRET_ACCESS_KEY = before.secret;
});

let serial = 0;
const never = new AbortController().signal;

function setUp(
  options: Parameters<Sandbox['createBucket']>[1] = {},
  more: Partial<BucketOptions> = {},
): { bucket: Bucket; port: BucketPort } {
  const bucket = sandbox.createBucket(`bucket-${++serial}`, options);
  const client = createClient({
    region: 'us-east-1',
    endpointUrl: sandbox.endpoint,
    forcePathStyle: true,
    concurrency: 16,
  });
  clients.push(client);
  const port = openBucket({
    client,
    bucket: bucket.name,
    concurrency: 16,
    batchSize: 1000,
    bypassGovernanceRetention: false,
    stop: never,
    abort: never,
    // Retries at once; deadlines as they are, they never come.
    waiting: { random: Math.random, sleep: async (_ms, signal) => signal.throwIfAborted(), timer: () => () => {} },
    ...more,
  });
  return { bucket, port };
}

async function listAll(port: BucketPort, range: Partial<KeyRange> = {}): Promise<KeyHistory[]> {
  const readers: Promise<KeyHistory[]>[] = [];
  for await (const { batches } of port.list({ prefix: '', ...range }).segments) {
    const reader = (async () => {
      const histories: KeyHistory[] = [];
      for await (const batch of batches) histories.push(...batch);
      return histories;
    })();
    reader.catch(() => {});
    readers.push(reader);
  }
  return (await Promise.all(readers)).flat().sort((a, b) => compareKeys(a.key, b.key));
}

const brief = (histories: readonly KeyHistory[]) =>
  Object.fromEntries(histories.map((h) => [h.key, h.entries.map((e) => e.versionId)]));
const truth = (bucket: Bucket) =>
  Object.fromEntries(bucket.keys().map((key) => [key, bucket.entries(key).map((e) => e.versionId)]));

const AWKWARD = [
  'a',
  'ab',
  'a b+c%20',
  'é/😀',
  'x\u0001y',
  'x\ny',
  '<&>"\'',
  '../..',
  '//',
  '\uffee',
  '\u{1f600}',
  ' ',
  '\n',
];

describe('listing', () => {
  test('has every key, with awkward names, in its true order', async () => {
    const { bucket, port } = setUp();
    for (const key of AWKWARD) {
      bucket.put(key);
      bucket.delete(key);
      bucket.put(key);
      bucket.delete(key);
    }
    const histories = await listAll(port);
    expect(brief(histories)).toEqual(truth(bucket));
    expect(histories.map((h) => h.key)).toEqual(bucket.keys());
  });

  test('is cut into lanes, and survives every kind of fault', async () => {
    const { bucket, port } = setUp({}, { pageSize: 20 });
    for (let i = 0; i < 600; i++) {
      bucket.put(`logs/${String(i).padStart(4, '0')}`);
      if (i % 3 === 0) bucket.delete(`logs/${String(i).padStart(4, '0')}`);
    }
    const some = { operation: 'ListObjectVersions', probability: 0.1 } as const;
    sandbox.faults.add({ ...some, seed: 1, respond: { status: 503, code: 'SlowDown' } });
    sandbox.faults.add({ ...some, seed: 2, respond: { status: 500, code: 'InternalError' } });
    sandbox.faults.add({ ...some, seed: 3, drop: 'before' });
    sandbox.faults.add({ ...some, seed: 4, drop: 'mid-body' });
    sandbox.faults.add({ ...some, seed: 5, body: '' });
    sandbox.faults.add({ ...some, seed: 6, body: '<Error><Code>InternalError</Code><Message>x</Message></Error>\n' });
    expect(brief(await listAll(port))).toEqual(truth(bucket));
    expect(port.requests.retries).toBeGreaterThan(5);
  });

  test.each([
    ['grouped', { listing: 'grouped' }],
    ['that does not encode', { encodesKeys: false }],
    ['grouped, that does not encode', { listing: 'grouped', encodesKeys: false }],
  ] as const)('of a server %s', async (_, options) => {
    const { bucket, port } = setUp(options, { pageSize: 3 });
    let time = Date.UTC(2026, 10, 22);
    const next = () => {
      time += 1000;
      return { lastModified: time };
    };
    for (const key of ['a', 'b', 'c/d', 'e']) {
      for (const kind of ['put', 'delete', 'put', 'delete'] as const) bucket[kind](key, next());
    }
    expect(brief(await listAll(port))).toEqual(truth(bucket));
  });

  test('of one key, and its newest entry', async () => {
    const { bucket, port } = setUp();
    for (const key of ['a', 'ab', 'a/']) bucket.put(key);
    const marker = bucket.delete('a');
    expect(Object.keys(brief(await listAll(port, { key: 'a' })))).toEqual(['a']);
    expect(await port.readTop('a')).toMatchObject([{ versionId: marker, deleteMarker: true, isLatest: true }, {}]);
    expect(await port.readTop('a/x')).toEqual([]);
  });
});

describe('removing', () => {
  test('awkward names too, confirmed by the server', async () => {
    const { bucket, port } = setUp();
    const entries = AWKWARD.map((key) => {
      bucket.put(key);
      return { key, versionId: bucket.delete(key) ?? '', deleteMarker: true };
    });
    const removals = await port.removeEntries(entries);
    expect(removals.filter((r) => !(r.ok && r.confirmed))).toEqual([]);
    expect(bucket.keys().map((key) => bucket.entries(key).length)).toEqual(AWKWARD.map(() => 1));
  });

  test('goes on where single keys fail for a while, and answers get lost', async () => {
    const { bucket, port } = setUp();
    const entries = Array.from({ length: 50 }, (_, i) => {
      bucket.put(`k${i}`);
      return { key: `k${i}`, versionId: bucket.delete(`k${i}`) ?? '', deleteMarker: true };
    });
    sandbox.faults.add({
      operation: 'DeleteObjects',
      key: (key) => key.endsWith('3'),
      times: 7,
      keyError: { code: 'SlowDown' },
    });
    sandbox.faults.add({ operation: 'DeleteObjects', key: 'k7', keyError: { code: 'AccessDenied' } });
    const removals = await port.removeEntries(entries);
    expect(removals.map((r) => r.ok)).toEqual(entries.map(({ key }) => key !== 'k7'));
    expect(removals[7]).toMatchObject({
      failure: { code: 'AccessDenied', hint: expect.stringContaining('s3:DeleteObjectVersion') },
    });

    sandbox.faults.clear();
    sandbox.faults.add({ operation: 'DeleteObjects', times: 1, drop: 'after' });
    expect(await port.removeEntries([{ ...(entries[7] ?? expect.fail()) }])).toEqual([{ ok: true, confirmed: false }]);
    expect(bucket.entries('k7')).toHaveLength(1);
  });

  test('names Object Lock where it is in the way', async () => {
    const { bucket, port } = setUp({ objectLock: { mode: 'GOVERNANCE', days: 1 } });
    const entry = { key: 'a', versionId: bucket.put('a'), deleteMarker: false };
    expect(await port.removeEntries([entry])).toMatchObject([
      { ok: false, failure: { code: 'AccessDenied', hint: expect.stringContaining('bypass-governance-retention') } },
    ]);
  });
});

describe('writing', () => {
  const put = {
    body: 'one',
    contentType: 'text/html',
    metadata: { a: 'b' },
    tags: { t: '1' },
    storageClass: 'STANDARD_IA',
  };

  test.each(AWKWARD)('copies %j on top of its marker', async (key) => {
    const { bucket, port } = setUp();
    const versionId = bucket.put(key, put);
    bucket.delete(key);
    const head = await port.headVersion(key, versionId, true);
    expect(head).toMatchObject({
      size: 3,
      contentType: 'text/html',
      metadata: { a: 'b' },
      storageClass: 'STANDARD_IA',
    });
    const write = await port.copyOnTop(
      key,
      { do: 'copy-version', versionId, carry: { storageClass: 'STANDARD_IA' } },
      { ifNoneMatch: true },
    );
    expect(write).toEqual({ ok: true, versionId: bucket.current(key)?.versionId, etag: bucket.current(key)?.etag });
    expect(await port.headVersion(key, bucket.current(key)?.versionId ?? '', false)).toMatchObject({
      etag: head?.etag,
      metadata: { a: 'b' },
      storageClass: 'STANDARD_IA',
    });
  });

  test('never over a write that came between', async () => {
    const { bucket, port } = setUp();
    const versionId = bucket.put('a', { body: 'one' });
    bucket.delete('a');
    sandbox.faults.add({ operation: 'CopyObject', times: 1, hook: () => void bucket.put('a', { body: 'theirs' }) });
    expect(await port.copyOnTop('a', { do: 'copy-version', versionId }, { ifNoneMatch: true })).toEqual({
      ok: false,
      conflict: true,
      unsure: false,
    });
    expect(await port.addDeleteMarker('a', 'another-etag')).toEqual({ ok: false, conflict: true, unsure: false });
    expect(bucket.entries('a')).toHaveLength(3);
  });

  test('says so when the conflict may be with itself', async () => {
    const { bucket, port } = setUp();
    const versionId = bucket.put('a', { body: 'one' });
    bucket.delete('a');
    sandbox.faults.add({ operation: 'CopyObject', times: 1, drop: 'after' });
    expect(await port.copyOnTop('a', { do: 'copy-version', versionId }, { ifNoneMatch: true })).toEqual({
      ok: false,
      conflict: true,
      unsure: true,
    });
    expect(bucket.entries('a')).toHaveLength(3);
  });

  test.each([
    '',
    '<Error><Code>InternalError</Code></Error>',
    '<Error><Code>SlowDown</Code></Error>\n',
    '<CopyObjectResult></CopyObjectResult>',
  ])('takes no answer with status 200 for a copy unless it is one: %j', async (body) => {
    const { bucket, port } = setUp();
    const versionId = bucket.put('a', { body: 'one' });
    bucket.delete('a');
    sandbox.faults.add({ operation: 'CopyObject', times: 1, body });
    expect(await port.copyOnTop('a', { do: 'copy-version', versionId }, { ifNoneMatch: true })).toMatchObject({
      ok: true,
    });
    expect(port.requests).toMatchObject({ copy: 2, retries: 1 });
    expect(bucket.entries('a')).toHaveLength(3);
  });

  test('adds a delete marker over the version it was told of', async () => {
    const { bucket, port } = setUp();
    bucket.put('a', { body: 'one' });
    const [current] = await port.readTop('a');
    expect(await port.addDeleteMarker('a', current?.etag ?? '')).toEqual({
      ok: true,
      versionId: bucket.current('a')?.versionId,
    });
    expect(bucket.current('a')?.deleteMarker).toBe(true);
  });

  test('a version that is gone, and a marker, have no head', async () => {
    const { bucket, port } = setUp();
    bucket.put('a');
    const gone = bucket.put('a');
    bucket.remove('a', gone);
    expect(await port.headVersion('a', gone, true)).toBeUndefined();
    expect(await port.headVersion('a', bucket.delete('a') ?? '', false)).toBeUndefined();
  });
});

describe('preflight', () => {
  test('tells what is known of the bucket', async () => {
    const { port } = setUp({ objectLock: { mode: 'COMPLIANCE', days: 30 } });
    expect(await port.preflight()).toEqual({
      versioning: 'Enabled',
      mfaDelete: false,
      objectLock: { mode: 'COMPLIANCE', period: '30 days' },
    });
  });

  test.each<[string, Parameters<Sandbox['createBucket']>[1], Partial<BucketOptions>, string]>([
    ['versioning is off', { versioning: 'Off' }, {}, 'versioning-off'],
    ['there is no bucket', {}, { bucket: 'nobody-has-this' }, 'bucket-not-found'],
    ['it belongs to somebody else', {}, { expectedBucketOwner: '999999999999' }, 'access-denied'],
    ['it is elsewhere', { region: 'eu-west-1' }, {}, 'bucket-in-another-region'],
  ])('refuses when %s', async (_, options, more, code) => {
    await expect(setUp(options, more).port.preflight()).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(/./),
    });
  });
});
