import { DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { FaultRule } from '../../../sandbox/index.ts';
import { clientOf, failure, raw, rig } from './support.ts';

const SLOW_DOWN = { respond: { status: 503, code: 'SlowDown' } } as const;
const Bucket = 'b';

async function withKeys(...keys: string[]) {
  const env = await rig();
  const bucket = env.sandbox.createBucket(Bucket);
  for (const key of keys) bucket.put(key, { body: 'abc' });
  const head = async (key: string) => (await raw(env.sandbox, `/${Bucket}/${key}`, { method: 'HEAD' })).status;
  return { ...env, bucket, head };
}

describe('which requests a fault meets', () => {
  const cases: [string, Partial<FaultRule>, number[]][] = [
    ['every request', {}, [503, 503, 503]],
    ['one operation', { operation: 'GetObject' }, [200, 200, 200]],
    ['one of several operations', { operation: ['GetObject', 'HeadObject'] }, [503, 503, 503]],
    ['another bucket', { bucket: 'other' }, [200, 200, 200]],
    ['a key', { key: 'k1' }, [200, 503, 200]],
    ['keys', { key: (key) => key > 'k1' }, [200, 200, 503]],
    ['twice', { times: 2 }, [503, 503, 200]],
    ['after one', { skip: 1 }, [200, 503, 503]],
    ['once, after one', { skip: 1, times: 1 }, [200, 503, 200]],
    ['never', { probability: 0 }, [200, 200, 200]],
  ];
  it.each(cases)('%s', async (_name, scope, statuses) => {
    const { sandbox, head } = await withKeys('k0', 'k1', 'k2');
    sandbox.faults.add({ ...scope, ...SLOW_DOWN });
    expect([await head('k0'), await head('k1'), await head('k2')]).toEqual(statuses);
  });

  it('draws the same lots in every run, and others for another seed', async () => {
    const draw = async (seed: number) => {
      const { sandbox, head } = await withKeys('k');
      sandbox.faults.add({ probability: 0.5, seed, ...SLOW_DOWN });
      const statuses: number[] = [];
      for (let i = 0; i < 20; i++) statuses.push(await head('k'));
      return statuses;
    };
    const first = await draw(7);
    expect(new Set(first)).toEqual(new Set([200, 503]));
    expect(await draw(7)).toEqual(first);
    expect(await draw(8)).not.toEqual(first);
  });

  it('can be taken away, one or all', async () => {
    const { sandbox, head } = await withKeys('k');
    const fault = sandbox.faults.add(SLOW_DOWN);
    fault.remove();
    expect(await head('k')).toBe(200);
    sandbox.faults.add(SLOW_DOWN);
    sandbox.faults.clear();
    expect(await head('k')).toBe(200);
  });
});

describe('what a fault does', () => {
  it('responds with an error, and nothing is done', async () => {
    const { sandbox, s3, bucket } = await withKeys();
    sandbox.faults.add({
      respond: { status: 403, code: 'AccessDenied', message: 'no s3:PutObject', headers: { 'x-test': '1' } },
    });
    const call = s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    expect(await failure(call)).toEqual({ status: 403, code: 'AccessDenied', message: 'no s3:PutObject' });
    expect(bucket.keys()).toEqual([]);
    expect((await raw(sandbox, '/b/k')).headers.get('x-test')).toBe('1');
    expect(sandbox.requests.all().map(({ status, errorCode }) => [status, errorCode])).toEqual([
      [403, 'AccessDenied'],
      [403, 'AccessDenied'],
    ]);
  });

  it('fails single keys of a batch, which stay', async () => {
    const { sandbox, s3, bucket } = await withKeys('a', 'b', 'c');
    sandbox.faults.add({
      key: (key) => key !== 'b',
      times: 1,
      keyError: { code: 'InternalError', message: 'try again' },
    });
    const send = () =>
      s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: ['a', 'b', 'c'].map((Key) => ({ Key })) } }));
    const { Errors, Deleted } = await send();
    expect(Errors).toEqual([{ Key: 'a', Code: 'InternalError', Message: 'try again' }]);
    expect(Deleted?.map(({ Key }) => Key).toSorted()).toEqual(['b', 'c']);
    expect(bucket.entries('a')).toHaveLength(1);
    expect((await send()).Errors).toBeUndefined();
  });

  it('sends a body of its own with status 200', async () => {
    const { sandbox } = await withKeys();
    sandbox.faults.add({ operation: 'ListObjectVersions', body: '' });
    const answer = await raw(sandbox, '/b?versions');
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it.each([
    ['before', 0],
    ['after', 1],
    ['mid-body', 1],
  ] as const)('drops the connection %s', async (drop, versions) => {
    const { sandbox, bucket } = await withKeys();
    sandbox.faults.add({ drop, times: 1 });
    await expect(raw(sandbox, '/b/k', { method: 'PUT', body: 'abc' })).rejects.toThrow();
    expect(bucket.entries('k')).toHaveLength(versions);
  });

  it('lets the first half of a body through before it drops the connection', async () => {
    const { sandbox, s3 } = await withKeys('k');
    sandbox.faults.add({ drop: 'mid-body' });
    const answer = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    expect(answer.ContentLength).toBe(3);
    await expect(answer.Body?.transformToString()).rejects.toThrow();
  });

  it('runs a hook before or after the operation acts', async () => {
    const { sandbox, s3, bucket } = await withKeys('k');
    const seen: unknown[] = [];
    sandbox.faults.add({
      operation: 'PutObject',
      hook: (request) => void seen.push(request, bucket.entries('k').length),
    });
    sandbox.faults.add({
      operation: 'PutObject',
      when: 'after',
      hook: async () => void seen.push(bucket.entries('k').length),
    });
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    expect(seen).toEqual([{ operation: 'PutObject', bucket: Bucket, key: 'k' }, 1, 2]);
  });

  it('can race a write: the hook wins, the condition fails', async () => {
    const { sandbox, s3, bucket } = await withKeys('k');
    sandbox.faults.add({ operation: 'PutObject', times: 1, hook: () => void bucket.put('k', { body: 'mine' }) });
    const call = s3.send(
      new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', IfMatch: '"900150983cd24fb0d6963f7d28e17f72"' }),
    );
    expect(await failure(call)).toMatchObject({ status: 412 });
    expect(bucket.entries('k')).toHaveLength(2);
  });

  it('adds up: a delay, then an error', async () => {
    const { sandbox, head } = await withKeys('k');
    sandbox.faults.add({ latencyMs: 1 });
    sandbox.faults.add({ times: 1, ...SLOW_DOWN });
    expect([await head('k'), await head('k')]).toEqual([503, 200]);
  });

  it('is retried by the SDK as a throttled request is', async () => {
    const { sandbox } = await withKeys('k');
    sandbox.faults.add({ times: 1, ...SLOW_DOWN });
    await clientOf(sandbox, { maxAttempts: 2 }).send(new HeadObjectCommand({ Bucket, Key: 'k' }));
    expect(sandbox.requests.all().map(({ status }) => status)).toEqual([503, 200]);
  });
});

describe('the request log', () => {
  it('tells what was asked and answered', async () => {
    const { sandbox, s3, bucket } = await withKeys('a');
    const [version] = bucket.entries('a');
    const VersionId = version?.versionId ?? '';
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a', VersionId }, { Key: 'b' }] } }));
    await raw(sandbox, '/b/a%20b?versionId=null', { headers: { 'x-test': 'yes' } });
    const [batch, get] = sandbox.requests.all();
    expect(batch).toMatchObject({
      operation: 'DeleteObjects',
      method: 'POST',
      bucket: Bucket,
      status: 200,
      at: sandbox.clock.now(),
    });
    expect(batch?.keys).toEqual([{ key: 'a', versionId: VersionId }, { key: 'b' }]);
    expect(get).toMatchObject({
      operation: 'GetObject',
      path: '/b/a%20b',
      key: 'a b',
      versionId: 'null',
      query: { versionId: 'null' },
    });
    expect(get).toMatchObject({ headers: { 'x-test': 'yes' }, status: 404, errorCode: 'NoSuchVersion' });
    expect([sandbox.requests.count(), sandbox.requests.count('GetObject'), sandbox.requests.of('HeadObject')]).toEqual([
      2,
      1,
      [],
    ]);
    sandbox.requests.clear();
    expect(sandbox.requests.count()).toBe(0);
  });

  it('knows how many were worked on at once', async () => {
    const { sandbox } = await withKeys('k');
    let arrived = 0;
    let open = () => {};
    const all = new Promise<void>((resolve) => {
      open = resolve;
    });
    sandbox.faults.add({
      hook: () => {
        if (++arrived === 150) open();
        return all;
      },
    });
    const answers = await Promise.all(Array.from({ length: 150 }, () => raw(sandbox, '/b/k')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(sandbox.requests.maxInFlight).toBe(150);
    sandbox.requests.clear();
    expect(sandbox.requests.maxInFlight).toBe(0);
  });
});

describe('stop', () => {
  it('closes at once, with requests in flight', async () => {
    const { sandbox } = await withKeys('k');
    const hanging = new Promise<void>((resolve) => {
      sandbox.faults.add({
        hook: () => {
          resolve();
          return new Promise(() => {});
        },
      });
    });
    const call = raw(sandbox, '/b/k');
    const refused = expect(call).rejects.toThrow();
    await hanging;
    await sandbox.stop();
    await refused;
    await expect(raw(sandbox, '/b/k')).rejects.toThrow();
  });
});
