import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as vitest } from 'vitest';
import type { Bucket } from '../../../sandbox/index.ts';
import { downloads } from '../support/downloads.ts';
import { minute, onSandbox, type SandboxContext, seed } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

const MIB = 1024 ** 2;
const ALL = { 'whole-bucket': 'true', 'versions-back': '0' };
const OLD = { 'whole-bucket': 'true', 'to-time': new Date(minute(0)).toISOString() };
const FORTY = Array.from({ length: 40 }, (_, i) => `k${String(i).padStart(2, '0')}`);

/** 256 KiB that are no repetition of a few. */
const BYTES = Buffer.from(Array.from({ length: 256 * 1024 }, (_, i) => (i * 2654435761) >>> 24));

function seedForty(bucket: Bucket): Record<string, string> {
  for (const key of FORTY) {
    bucket.put(key, { body: `old ${key}`, lastModified: minute(0) });
    bucket.put(key, { body: `new ${key}`, lastModified: minute(1) });
  }
  return Object.fromEntries(FORTY.map((key) => [key, `old ${key}`]));
}

/** The current version's bytes are others from now on; again, and they are what they were. */
function flip(bucket: Bucket, key: string): void {
  const { body } = bucket.current(key) ?? {};
  if (body?.[0] !== undefined) body[0] ^= 1;
}

/** A process that is not there yet. */
function spawned(): { onSpawn: (child: ChildProcess) => void; pid: () => number } {
  let started: ChildProcess | undefined;
  return {
    onSpawn: (child) => {
      started = child;
    },
    pid: () => started?.pid ?? Number.NaN,
  };
}

type Declare = (name: string, body: (context: SandboxContext) => Promise<void>) => void;

function onLinux(test: Declare): Declare {
  return process.platform === 'linux' ? test : (name) => vitest.skip(`${name} — not run here: needs Linux`);
}

function mounting(test: Declare): Declare {
  return mayMount() ? test : (name) => vitest.skip(`${name} — not run here: needs root, to mount a tiny disk`);
}

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

onSandbox('a download only reads', (test) => {
  test('the time of a file is that of its version', async (context) => {
    const { bucket, expect } = context;
    const { download, time } = downloads(context);
    seed(bucket, 'k', 'A B C');
    await download({ key: 'k', 'versions-back': '1' });
    expect(time('k')).toBe(minute(1));
  });

  test('run again: no GetObject at all', async (context) => {
    const { bucket, expect, requests, mutations } = context;
    const { download, files } = downloads(context);
    const old = seedForty(bucket);
    const run = await download(OLD);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '40' });
    expect(requests('GetObject')).toHaveLength(40);
    const again = await download(OLD);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '40' });
    expect(requests('GetObject')).toHaveLength(40);
    expect(requests('HeadObject')).toEqual([]);
    expect(mutations()).toEqual([]);
    expect(files()).toEqual(old);
  });

  for (const [what, options] of [
    ['under KMS', { sse: { algorithm: 'aws:kms', kmsKeyId: 'k' } }],
    ['under KMS, with a checksum', { sse: { algorithm: 'aws:kms', kmsKeyId: 'k' }, checksum: { algorithm: 'SHA256' } }],
    ['uploaded in parts', { parts: [9] }],
    [
      'uploaded in parts, with a checksum of the whole',
      { parts: [9], checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT' } },
    ],
    ['uploaded in parts, with a checksum of the parts', { parts: [9], checksum: { algorithm: 'SHA256' } }],
  ] as const) {
    test(`an object ${what}: fetched, and known again without being read`, async (context) => {
      const { bucket, expect, requests } = context;
      const { download, files } = downloads(context);
      bucket.put('k', { body: 'some data', lastModified: minute(0), ...options });
      const run = await download(ALL);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(files()).toEqual({ k: 'some data' });
      const unproven = run.report().notes.filter((note) => /could be checked by size only/.test(note));
      expect(unproven).toHaveLength(
        what === 'under KMS' || what.endsWith('of the parts') || what === 'uploaded in parts' ? 1 : 0,
      );
      const again = await download(ALL);
      expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
      expect(requests('GetObject')).toHaveLength(1);
    });

    test(`an object ${what}: a file of other bytes and of another time is left alone`, async (context) => {
      const { bucket, expect } = context;
      const { download, files, directory } = downloads(context);
      bucket.put('k', { body: 'some data', lastModified: minute(0), ...options });
      mkdirSync(directory);
      writeFileSync(join(directory, 'k'), 'some mine');
      const run = await download(ALL);
      expect(run.code).toBe(1);
      expect(run.report().failures).toMatchObject([{ key: 'k', code: 'file-exists' }]);
      expect(files()).toEqual({ k: 'some mine' });
    });
  }

  test('archived versions are skipped, restored ones are fetched', async (context) => {
    const { bucket, expect, mutations } = context;
    const { download, files } = downloads(context);
    bucket.put('glacier', { body: 'A', storageClass: 'GLACIER' });
    bucket.put('deep', { body: 'A', storageClass: 'DEEP_ARCHIVE' });
    bucket.put('tier', { body: 'A', archiveTier: 'ARCHIVE_ACCESS' });
    bucket.put('on-its-way', { body: 'A', storageClass: 'GLACIER', restore: 'ongoing' });
    bucket.put('back', { body: 'B', storageClass: 'GLACIER', restore: { until: '2030-01-01T00:00:00Z' } });
    bucket.put('instant', { body: 'C', storageClass: 'GLACIER_IR' });
    const run = await download(ALL);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2', skipped: '4', failed: '0' });
    expect(run.report().skipped).toEqual({ archived: 4 });
    expect(files()).toEqual({ back: 'B', instant: 'C' });
    expect(mutations()).toEqual([]);
  });

  test('what only the owner of a key can read is skipped', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    bucket.put('secret', { body: 'A', sseCustomer: true });
    bucket.put('open', { body: 'B' });
    const run = await download(ALL);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '1', failed: '0' });
    expect(run.report().skipped).toEqual({ 'customer-encryption-key': 1 });
    expect(files()).toEqual({ open: 'B' });
  });

  test('1,000 small files: many are on their way at once', async (context) => {
    const { bucket, expect, fault } = context;
    const { download, files } = downloads(context);
    for (let i = 0; i < 1000; i++) bucket.put(`f${i % 10}/k${i}`, { body: `content ${i}` });
    // None of the first eight is answered before the eighth has come.
    let arrived = 0;
    let open = () => {};
    const eight = new Promise<void>((resolve) => {
      open = resolve;
    });
    const hook = () => {
      arrived += 1;
      if (arrived === 8) open();
      return eight;
    };
    fault({ operation: 'GetObject', times: 8, hook });
    const run = await download(ALL);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1000' });
    expect(Object.keys(files()).filter((path) => !path.endsWith('/'))).toHaveLength(1000);
  });

  onLinux(test)('300 MiB go by without being held', async (context) => {
    const { bucket, expect, fault } = context;
    const { download, files } = downloads(context);
    bucket.put('film', { parts: [100 * MIB, 100 * MIB, 100 * MIB], lastModified: minute(0) });
    bucket.put('last', { body: 'A', lastModified: minute(0) });
    const { onSpawn, pid } = spawned();
    let most = 0;
    // One after the other: the first is all there when the second is asked for.
    const hook = () => {
      most = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid()}/status`, 'utf8'))?.[1]) * 1024;
    };
    fault({ operation: 'GetObject', key: 'last', hook });
    const run = await download({ ...ALL, concurrency: '1' }, { onSpawn });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect(files()).toEqual({ film: `${300 * MIB} bytes`, last: 'A' });
    expect(most).toBeGreaterThan(10 * MIB);
    expect(most).toBeLessThan(280 * MIB);
  });
});

onSandbox('a download in trouble', (test) => {
  test('connections that break in the middle: the rest is asked for, and nothing twice', async (context) => {
    const { bucket, expect, fault, requests } = context;
    const { download, directory } = downloads(context);
    bucket.put('k', { body: BYTES });
    fault({ operation: 'GetObject', times: 3, drop: 'mid-body' });
    const run = await download(ALL);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(readFileSync(join(directory, 'k')).equals(BYTES)).toBe(true);
    const [first, ...rest] = requests('GetObject');
    expect(first?.headers.range).toBeUndefined();
    expect(rest).toHaveLength(3);
    let at = 0;
    for (const { headers, versionId } of rest) {
      const [, from] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
      expect(Number(from)).toBeGreaterThan(at);
      at = Number(from);
      expect(headers['if-match']).toBe(`"${bucket.current('k')?.etag}"`);
      expect(versionId).toBe(bucket.current('k')?.versionId);
    }
    expect(run.report().requests.retries).toBeGreaterThanOrEqual(3);
  });

  for (const [what, effect] of [
    ['connections lost before', { drop: 'before' }],
    ['connections lost after', { drop: 'after' }],
    ['503 SlowDown', { respond: { status: 503, code: 'SlowDown' } }],
    ['500 InternalError', { respond: { status: 500, code: 'InternalError' } }],
  ] as const) {
    test(`${what}: everything is fetched`, async (context) => {
      const { bucket, expect, fault } = context;
      const { download, files } = downloads(context);
      const old = seedForty(bucket);
      fault({ operation: 'GetObject', times: 5, ...effect });
      const run = await download(OLD);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '40' });
      expect(run.report().requests.retries).toBeGreaterThan(0);
      expect(files()).toEqual(old);
    });
  }

  test('bytes that are not those of the object: read again, and right', async (context) => {
    const { bucket, expect, fault, requests } = context;
    const { download, directory } = downloads(context);
    bucket.put('k', { body: new Uint8Array(BYTES) });
    flip(bucket, 'k');
    fault({ operation: 'GetObject', skip: 2, times: 1, hook: () => flip(bucket, 'k') });
    const run = await download(ALL);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(readFileSync(join(directory, 'k')).equals(BYTES)).toBe(true);
    expect(requests('GetObject')).toHaveLength(3);
  });

  for (const [what, options] of [
    ['by the MD5 in its ETag', {}],
    ['by its SHA-256', { sse: { algorithm: 'aws:kms', kmsKeyId: 'k' }, checksum: { algorithm: 'SHA256' } }],
    ['by its SHA-1', { sse: { algorithm: 'aws:kms', kmsKeyId: 'k' }, checksum: { algorithm: 'SHA1' } }],
    ['by its CRC-32', { parts: [4], checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT' } }],
  ] as const) {
    test(`bytes that are never right, found out ${what}: failed, and no file left`, async (context) => {
      const { bucket, expect, requests } = context;
      const { download, files } = downloads(context);
      bucket.put('bad', { body: 'data', ...options });
      flip(bucket, 'bad');
      bucket.put('good', { body: 'good' });
      const run = await download(ALL);
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
      expect(run.report().failures).toMatchObject([{ key: 'bad', code: 'checksum-mismatch' }]);
      expect(requests('GetObject').filter(({ key }) => key === 'bad')).toHaveLength(4);
      expect(files()).toEqual({ good: 'good' });
    });
  }

  test('answers that are none: failed, and no file left', async (context) => {
    const { bucket, expect, fault } = context;
    const { download, files } = downloads(context);
    bucket.put('bad', { body: 'data' });
    bucket.put('good', { body: 'good' });
    fault({ operation: 'GetObject', key: 'bad', body: "<html>Sign in to the hotel's network</html>" });
    const run = await download(ALL);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
    expect(files()).toEqual({ good: 'good' });
  });

  test('a version that may not be read: failed with the mend, the others are fetched', async (context) => {
    const { bucket, expect, fault } = context;
    const { download, files } = downloads(context);
    const { k07: _refused, ...others } = seedForty(bucket);
    fault({ operation: 'GetObject', key: 'k07', respond: { status: 403, code: 'AccessDenied' } });
    const run = await download(OLD);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '39', failed: '1' });
    expect(run.report().failures).toMatchObject([
      { key: 'k07', code: 'AccessDenied', hint: expect.stringContaining('s3:GetObjectVersion') },
    ]);
    expect(files()).toEqual(others);
  });

  test('a version that is removed meanwhile: not fetched, no file', async (context) => {
    const { bucket, expect, fault } = context;
    const { download, files } = downloads(context);
    const [old = ''] = seed(bucket, 'k', 'A B');
    fault({ operation: 'GetObject', times: 1, hook: () => void bucket.remove('k', old) });
    const run = await download({ key: 'k', 'version-id': old }, { others: true });
    expect(run.outputs).toMatchObject({ restored: '0' });
    expect(run.code).toBe(run.outputs.failed === '1' ? 1 : 0);
    expect(files()).toEqual({});
  });

  for (const [what, more] of [
    ['before it is read', {}],
    ['while it is read', { drop: 'mid-body' }],
  ] as const) {
    test(
      `null is another version by now, ${what}: a conflict, no file`,
      async (context) => {
        const { bucket, expect, fault } = context;
        const { download, files } = downloads(context);
        bucket.put('k', { body: BYTES });
        const hook = () => void bucket.put('k', { body: BYTES.toReversed() });
        if ('drop' in more) {
          fault({ operation: 'GetObject', times: 1, ...more });
          fault({ operation: 'GetObject', skip: 1, times: 1, hook });
        } else fault({ operation: 'GetObject', times: 1, hook });
        const run = await download(ALL, { others: true });
        expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1', failed: '0' });
        expect(files()).toEqual({});
      },
      { versioning: 'Suspended' },
    );
  }

  test('a file appears while its version is read: it stays', async (context) => {
    const { bucket, expect, fault } = context;
    const { download, files, directory } = downloads(context);
    bucket.put('k', { body: 'A' });
    fault({ operation: 'GetObject', hook: () => writeFileSync(join(directory, 'k'), 'mine') });
    const run = await download(ALL);
    expect(run.code).toBe(1);
    expect(run.report().failures).toMatchObject([{ key: 'k', code: 'file-exists' }]);
    expect(files()).toEqual({ k: 'mine' });
  });

  onLinux(test)(
    'a file larger than files may be: failed, nothing of it left, the others are fetched',
    async (context) => {
      const { bucket, expect, fault } = context;
      const { download, files } = downloads(context);
      bucket.put('large', { body: new Uint8Array(8 * MIB) });
      bucket.put('small', { body: 'A' });
      const { onSpawn, pid } = spawned();
      const limit = () => void execFileSync('prlimit', ['--pid', String(pid()), `--fsize=${4 * MIB}`]);
      fault({ operation: 'ListObjectVersions', times: 1, hook: limit });
      const run = await download(ALL, { onSpawn });
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
      expect(run.report().failures).toMatchObject([{ key: 'large', code: 'file-not-writable' }]);
      expect(files()).toEqual({ small: 'A' });
    },
  );

  mounting(test)('no space left on the disk: the run says so and stops, and goes on where it was', async (context) => {
    const { bucket, expect } = context;
    const { download, files, directory } = downloads(context);
    for (const key of ['a', 'b', 'c']) bucket.put(key, { body: new Uint8Array(3 * MIB) });
    mkdirSync(directory);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${4 * MIB}`, 'tmpfs', directory]);
    try {
      const run = await download({ ...ALL, concurrency: '1' });
      expect(run.code).toBe(1);
      expect(run.report()).toMatchObject({ status: 'partial', error: { code: 'disk-full' } });
      expect(run.outputs).toMatchObject({ restored: '1', failed: '1', skipped: '1' });
      expect(files()).toEqual({ a: `${3 * MIB} bytes` });
      execFileSync('mount', ['-o', `remount,size=${64 * MIB}`, directory]);
      const again = await download(ALL);
      expect(again.outputs).toMatchObject({ status: 'success', restored: '2', unchanged: '1' });
    } finally {
      execFileSync('umount', [directory]);
    }
  });
});

onSandbox('a download that is stopped', (test) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} while objects are read: all said within five seconds, nothing half left`, async (context) => {
      const { bucket, expect, fault } = context;
      const { download, files } = downloads(context);
      const old = seedForty(bucket);
      const { onSpawn, cancel } = victim();
      fault({ operation: 'GetObject', skip: 20, times: 1, hook: () => cancel(signal) });
      const stuck = fault({ operation: 'GetObject', skip: 20, latencyMs: 600_000 });
      const run = await download({ ...OLD, concurrency: '4' }, { onSpawn });
      expect(run.signal, 'it ends before it is killed').toBeNull();
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'partial', planned: '40' });
      expect(run.report()).toMatchObject({ error: { code: 'cancelled' } });
      expect(Object.keys(files())).toHaveLength(Number(run.outputs.restored));
      expect(Number(run.outputs.restored)).toBeGreaterThan(0);
      stuck.remove();
      const again = await download(OLD);
      expect(again.outputs).toMatchObject({ status: 'success', failed: '0', conflicts: '0' });
      expect(files()).toEqual(old);
    });
  }

  test('SIGTERM in the middle of an object', async (context) => {
    const { bucket, expect, fault } = context;
    const { download, files } = downloads(context);
    bucket.put('k', { body: BYTES });
    const { onSpawn, cancel } = victim();
    // One half has come, the other is asked for.
    fault({ operation: 'GetObject', times: 1, drop: 'mid-body' });
    fault({ operation: 'GetObject', skip: 1, times: 1, hook: () => cancel('SIGTERM') });
    fault({ operation: 'GetObject', skip: 1, latencyMs: 600_000 });
    const run = await download(ALL, { onSpawn });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', restored: '0', skipped: '1' });
    expect(run.report()).toMatchObject({ error: { code: 'cancelled' }, skipped: { 'not-attempted': 1 } });
    expect(files()).toEqual({});
  });

  for (const nth of [0, 7, 25]) {
    test(`killed over object ${nth + 1}: the next run completes it, and what was on its way is gone`, async (context) => {
      const { bucket, expect, fault, requests } = context;
      const { download, files, directory } = downloads(context);
      const old = seedForty(bucket);
      const { onSpawn, kill } = victim();
      fault({ operation: 'GetObject', skip: nth, times: 1, hook: kill });
      const killed = await download(OLD, { onSpawn });
      expect(killed.signal).toBe('SIGKILL');
      const there = readdirSync(directory);
      expect(there.some((name) => name.startsWith('.s3-rollback-'))).toBe(true);
      for (const name of there.filter((one) => !one.startsWith('.'))) expect(files()[name]).toBe(old[name]);
      const already = requests('GetObject').length;
      const again = await download(OLD);
      expect(again.code, again.stdout).toBe(0);
      expect(again.outputs).toMatchObject({ failed: '0', conflicts: '0', skipped: '0' });
      expect(files()).toEqual(old);
      expect(requests('GetObject').length - already).toBe(Number(again.outputs.restored));
    });
  }
});

/** Refused before any request. */
const REFUSED = [
  ['no directory', { directory: '' }, 'directory'],
  ['method', { method: 'delete', 'max-deletes': '1' }, 'method'],
  ['a destination', { 'destination-bucket': 'other' }, 'destination-bucket'],
  ['a destination prefix', { 'destination-prefix': 'x/' }, 'destination-prefix'],
  ['archived: restore', { archived: 'restore' }, 'archived'],
  ['what copies keep', { preserve: 'annotations' }, 'preserve'],
  ['no verification', { verify: 'false' }, 'verify'],
  ['a limit of changes', { 'max-changes': '1' }, 'max-changes'],
  ['a journal', { 'journal-file': 'j.jsonl' }, 'journal-file'],
  ['a manifest', { manifest: 'rows.csv' }, 'manifest'],
  ['no target', { 'versions-back': '' }, 'version-id'],
  ['two targets', { 'to-time': '2026-01-01T00:00:00Z' }, 'to-time'],
  ['a time without a zone', { 'versions-back': '', 'to-time': '2026-01-01T00:00:00' }, 'to-time'],
  ['a version of a whole prefix', { 'versions-back': '', 'version-id': 'x' }, 'version-id'],
  ['a window', { 'deleted-after': '1h ago' }, 'deleted-after'],
] as const;

onSandbox('a download that is refused', (test) => {
  for (const [what, inputs, named] of REFUSED) {
    test(`${what}: one error that names the input, and no request`, async (context) => {
      const { bucket, expect, requests } = context;
      const { download, directory } = downloads(context);
      seed(bucket, 'p/k', 'A B');
      const run = await download({ prefix: 'p/', 'versions-back': '0', ...inputs });
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'failed' });
      expect(run.stdout).toContain(named);
      expect(requests()).toEqual([]);
      expect(existsSync(directory)).toBe(false);
    });
  }

  for (const [what, make, code] of [
    ['a file', (folder: string) => writeFileSync(folder, 'mine'), 'directory-not-a-folder'],
    ['below a file', (folder: string) => writeFileSync(folder, 'mine'), 'directory-not-a-folder'],
  ] as const) {
    test(`the folder is ${what}: an error, and nothing is read`, async (context) => {
      const { bucket, expect, requests } = context;
      const { download, directory } = downloads(context);
      seed(bucket, 'k', 'A B');
      make(directory);
      const run = await download({ ...ALL, directory: what === 'a file' ? 'restored' : 'restored/below' });
      expect(run.code).toBe(1);
      expect(run.report()).toMatchObject({
        status: 'failed',
        error: { code, hint: expect.stringContaining('directory') },
      });
      expect(requests('GetObject', 'ListObjectVersions')).toEqual([]);
      expect(readFileSync(directory, 'utf8')).toBe('mine');
    });
  }

  onLinux(test)('the folder cannot be written in: an error, and nothing is read', async (context) => {
    const { bucket, expect, requests } = context;
    const { download } = downloads(context);
    seed(bucket, 'k', 'A B');
    // Where not even root can.
    const run = await download({ ...ALL, directory: '/proc/s3-rollback' });
    expect(run.code).toBe(1);
    expect(run.report()).toMatchObject({ status: 'failed', error: { code: 'directory-not-writable' } });
    expect(requests('GetObject', 'ListObjectVersions')).toEqual([]);
  });

  test('names of keys and folders do nothing in log, summary or report', async (context) => {
    const { bucket, expect } = context;
    const { download, files, directory } = downloads(context);
    const keys = ['::error::x', '\n::error::y', '##[error]z', '<img src=x>', '@team', '`a`|b'];
    for (const key of keys) bucket.put(key, { body: 'A' });
    const folder = '<b>@team ::error::x ##[error]y';
    mkdirSync(join(directory, folder), { recursive: true });
    for (const key of keys.slice(0, 3)) writeFileSync(join(directory, folder, key.replace('\n', '')), 'mine');
    const run = await download({ ...ALL, directory: `restored/${folder}` });
    expect(run.outputs).toMatchObject({ status: 'partial', failed: '2', restored: String(keys.length - 2) });
    // What log and summary may be is checked after every run.
    expect(Object.values(files()).filter((content) => content === 'A')).toHaveLength(keys.length - 2);
  });
});
