import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Bucket, type Sandbox, startSandbox } from '../../sandbox/index.ts';
import type { KeyHistory } from '../../src/core/history.ts';
import { compareKeys } from '../../src/core/keys.ts';
import type { BucketPort, Buckets, KeyRange } from '../../src/core/ports.ts';
import { type BucketsOptions, createClient, openBuckets } from '../../src/s3/index.ts';

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

function clientFor(region: string) {
  const client = createClient({ region, endpointUrl: sandbox.endpoint, forcePathStyle: true, concurrency: 16 });
  clients.push(client);
  return client;
}

function openAll(more: Partial<BucketsOptions> = {}): Buckets {
  return openBuckets({
    client: clientFor('us-east-1'),
    clientFor,
    concurrency: 16,
    batchSize: 1000,
    bypassGovernanceRetention: false,
    stop: never,
    abort: never,
    // Retries at once; deadlines as they are, they never come.
    waiting: { random: Math.random, sleep: async (_ms, signal) => signal.throwIfAborted(), timer: () => () => {} },
    ...more,
  });
}

function setUp(
  options: Parameters<Sandbox['createBucket']>[1] = {},
  more: Partial<BucketsOptions> = {},
  name = '',
): { bucket: Bucket; port: BucketPort; buckets: Buckets } {
  const bucket = sandbox.createBucket(`bucket-${++serial}`, options);
  const asked = name || bucket.name;
  const buckets = openAll({ strictRegionFor: asked, ...more });
  return { bucket, port: buckets.open(asked), buckets };
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
    const { bucket, port, buckets } = setUp({}, { pageSize: 20 });
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
    expect(buckets.requests.retries).toBeGreaterThan(5);
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
    expect(await port.removeEntries([{ ...(entries[7] ?? expect.fail()) }])).toEqual([
      { ok: true, confirmed: false, unsure: true },
    ]);
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

  const seenMarker = (versionId = '') => ({ versionId, deleteMarker: true, etag: null });
  const seenVersion = (versionId = '', etag = '') => ({ versionId, deleteMarker: false, etag });

  test.each(AWKWARD)('copies %j on top of its marker', async (key) => {
    const { bucket, port } = setUp();
    const versionId = bucket.put(key, put);
    const marker = bucket.delete(key);
    const head = await port.headVersion(key, versionId, true);
    expect(head).toMatchObject({
      size: 3,
      contentType: 'text/html',
      metadata: { a: 'b' },
      storageClass: 'STANDARD_IA',
    });
    const write = await port.copyVersion(
      key,
      { do: 'copy-version', versionId, carry: { storageClass: 'STANDARD_IA' } },
      seenMarker(marker),
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
    const marker = bucket.delete('a');
    sandbox.faults.add({ operation: 'CopyObject', times: 1, hook: () => void bucket.put('a', { body: 'theirs' }) });
    expect(await port.copyVersion('a', { do: 'copy-version', versionId }, seenMarker(marker))).toEqual({
      ok: false,
      conflict: true,
      unsure: false,
    });
    expect(await port.addDeleteMarker('a', seenVersion(versionId, 'another-etag'))).toEqual({
      ok: false,
      conflict: true,
      unsure: false,
    });
    expect(bucket.entries('a')).toHaveLength(3);
  });

  test('says so when the conflict may be with itself', async () => {
    const { bucket, port } = setUp();
    const versionId = bucket.put('a', { body: 'one' });
    const marker = bucket.delete('a');
    sandbox.faults.add({ operation: 'CopyObject', times: 1, drop: 'after' });
    expect(await port.copyVersion('a', { do: 'copy-version', versionId }, seenMarker(marker))).toEqual({
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
    const { bucket, port, buckets } = setUp();
    const versionId = bucket.put('a', { body: 'one' });
    const marker = bucket.delete('a');
    sandbox.faults.add({ operation: 'CopyObject', times: 1, body });
    expect(await port.copyVersion('a', { do: 'copy-version', versionId }, seenMarker(marker))).toMatchObject({
      ok: true,
    });
    expect(buckets.requests).toMatchObject({ copy: 2, retries: 1 });
    expect(bucket.entries('a')).toHaveLength(3);
  });

  test('adds a delete marker over the version it was told of', async () => {
    const { bucket, port } = setUp();
    bucket.put('a', { body: 'one' });
    const [current] = await port.readTop('a');
    expect(await port.addDeleteMarker('a', seenVersion(current?.versionId, current?.etag))).toEqual({
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

  test.each<[string, Parameters<typeof setUp>, string]>([
    ['versioning is off', [{ versioning: 'Off' }], 'versioning-off'],
    ['there is no bucket', [{}, {}, 'nobody-has-this'], 'bucket-not-found'],
    ['it belongs to somebody else', [{}, { expectedBucketOwner: '999999999999' }], 'access-denied'],
    ['it is elsewhere', [{ region: 'eu-west-1' }], 'bucket-in-another-region'],
  ])('refuses when %s', async (_, [options, more, name], code) => {
    await expect(setUp(options, more, name).port.preflight()).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(/./),
    });
  });
});

describe('the histories of keys', () => {
  test.each([
    ['that sends in order', {}],
    ['that groups', { listing: 'grouped' }],
    ['that does not encode', { encodesKeys: false }],
    ['that sends short pages', { pageLimit: 3 }],
  ] as const)('are those of the listing, of a server %s', async (_, options) => {
    const { bucket, port } = setUp(options);
    let time = Date.UTC(2026, 10, 22);
    for (const key of [...AWKWARD, ...Array.from({ length: 40 }, (_, i) => `logs/${i}`)]) {
      for (const kind of ['put', 'delete', 'put', 'delete'] as const) {
        time += 1000;
        bucket[kind](key, { lastModified: time });
      }
    }
    const listed = await listAll(port);
    const wanted = bucket.keys().filter((_, i) => i % 3 > 0);
    const histories = await port.readHistories(wanted);
    expect([...histories.values()]).toEqual(listed.filter(({ key }) => wanted.includes(key)));
    expect(brief([...histories.values()])).toEqual(
      Object.fromEntries(Object.entries(truth(bucket)).filter(([key]) => wanted.includes(key))),
    );
  });

  test('survive every kind of fault', async () => {
    const { bucket, port, buckets } = setUp({}, { pageSize: 20 });
    for (let i = 0; i < 600; i++) bucket.put(`logs/${String(i).padStart(4, '0')}`);
    const some = { operation: 'ListObjectVersions', probability: 0.1 } as const;
    sandbox.faults.add({ ...some, seed: 1, respond: { status: 503, code: 'SlowDown' } });
    sandbox.faults.add({ ...some, seed: 2, drop: 'before' });
    sandbox.faults.add({ ...some, seed: 3, drop: 'mid-body' });
    sandbox.faults.add({ ...some, seed: 4, body: '' });
    const wanted = bucket.keys().filter((_, i) => i % 2 === 0);
    expect([...(await port.readHistories(wanted)).keys()]).toEqual(wanted);
    expect(buckets.requests.retries).toBeGreaterThan(3);
  });

  test('say what is being restored from its archive', async () => {
    const { bucket, port } = setUp();
    bucket.put('done', { storageClass: 'GLACIER', restore: { until: '2999-01-01T00:00:00Z' } });
    bucket.put('going', { storageClass: 'GLACIER', restore: 'ongoing' });
    bucket.put('not', { storageClass: 'GLACIER' });
    const histories = await port.readHistories(['done', 'going', 'not']);
    expect([...histories.values()].map(({ entries }) => entries[0]?.restore)).toEqual([
      'done',
      'in-progress',
      undefined,
    ]);
  });
});

describe('reading an object', () => {
  const content = Buffer.alloc(1_000_000, 'abcdefghijk');

  async function contentOf(port: BucketPort, key: string, versionId?: string): Promise<Buffer> {
    const all: Uint8Array[] = [];
    for await (const chunk of (await port.readObject(key, versionId)).chunks) all.push(chunk);
    return Buffer.concat(all);
  }

  test('gives its bytes, over many broken connections', async () => {
    const { bucket, port, buckets } = setUp();
    const versionId = bucket.put('a', { body: content });
    bucket.put('a', { body: 'newer' });
    sandbox.faults.add({ operation: 'GetObject', times: 9, drop: 'mid-body' });
    sandbox.faults.add({ operation: 'GetObject', skip: 2, times: 2, respond: { status: 503, code: 'SlowDown' } });
    expect((await contentOf(port, 'a', versionId)).equals(content)).toBe(true);
    expect(buckets.requests.retries).toBeGreaterThanOrEqual(9);
    expect((await contentOf(port, 'a')).toString()).toBe('newer');
  });

  test('leaves no connection behind, so that as many can be read as there are', async () => {
    const { bucket, port } = setUp();
    bucket.put('a', { body: content });
    bucket.put('empty', { body: '' });
    for (let i = 0; i < 50; i++) {
      expect((await contentOf(port, 'empty')).length).toBe(0);
      for await (const _ of (await port.readObject('a')).chunks) break;
    }
    expect((await contentOf(port, 'a')).equals(content)).toBe(true);
  });

  test('never mixes two versions', async () => {
    const { bucket, port } = setUp();
    bucket.put('a', { body: content });
    sandbox.faults.add({ operation: 'GetObject', times: 1, drop: 'mid-body' });
    sandbox.faults.add({
      operation: 'GetObject',
      skip: 1,
      times: 1,
      hook: () => void bucket.put('a', { body: 'newer' }),
    });
    await expect(contentOf(port, 'a')).rejects.toMatchObject({ failure: { code: 'changed-while-read' } });
  });

  test('tells what it is', async () => {
    const { bucket, port } = setUp();
    const versionId = bucket.put('a', { body: 'one', lastModified: '2026-11-22T14:00:00Z' });
    const object = await port.readObject('a', versionId);
    expect(object).toMatchObject({
      size: 3,
      etag: bucket.current('a')?.etag,
      lastModified: Date.UTC(2026, 10, 22, 14),
      encryption: 'AES256',
    });
    for await (const _ of object.chunks) break;
  });

  test.each([
    ['of nobody', 'x', 'NoSuchKey'],
    ['in an archive', 'archived', 'InvalidObjectState'],
    ['that is deleted', 'deleted', 'NoSuchKey'],
  ])('%s fails with the mend', async (_, key, code) => {
    const { bucket, port } = setUp();
    bucket.put('archived', { storageClass: 'GLACIER' });
    bucket.put('deleted');
    bucket.delete('deleted');
    await expect(port.readObject(key)).rejects.toMatchObject({
      name: 'S3Failure',
      failure: { code, hint: expect.stringMatching(/./) },
    });
  });

  test('is cut when the run is stopped', async () => {
    const stop = new AbortController();
    const { bucket, port } = setUp({}, { stop: stop.signal });
    bucket.put('a', { size: 1_000_000_000 });
    const object = await port.readObject('a');
    const reading = (async () => {
      for await (const _ of object.chunks) stop.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('several buckets, in several regions, on one run', async () => {
  const here = sandbox.createBucket('here');
  const there = sandbox.createBucket('there', { region: 'eu-west-1' });
  for (const bucket of [here, there]) bucket.put('a', { body: bucket.name });
  const buckets = openAll({ strictRegionFor: 'here' });
  for (const name of ['here', 'there']) {
    const port = buckets.open(name);
    expect(await port.preflight()).toMatchObject({ versioning: 'Enabled' });
    expect([...(await port.readHistories(['a'])).keys()]).toEqual(['a']);
  }
  for await (const chunk of (await openAll().open('there').readObject('a')).chunks) {
    expect(Buffer.from(chunk).toString()).toBe('there');
  }
  expect(buckets.requests).toMatchObject({ list: 2, get: 5 });
});
