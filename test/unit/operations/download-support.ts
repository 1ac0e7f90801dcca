import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { CancelledError } from '../../../src/core/errors.ts';
import type { ObjectHead } from '../../../src/core/head.ts';
import type { Entry, KeyHistory } from '../../../src/core/history.ts';
import { compareKeys } from '../../../src/core/keys.ts';
import { SILENT } from '../../../src/core/narrator.ts';
import type { ListingOrder } from '../../../src/core/order.ts';
import { type BucketPort, type Buckets, type RequestCounts, S3Failure, type Segment } from '../../../src/core/ports.ts';
import type { RunResult } from '../../../src/core/report.ts';
import type { DownloadRequest } from '../../../src/core/request.ts';
import type { WriteBytes } from '../../../src/files/tree-file.ts';
import { download } from '../../../src/operations/download.ts';

/** 2026-11-22T09:30:00Z. */
export const NOW = Date.UTC(2026, 10, 22, 9, 30);

/** An entry of a key; one without a body is a delete marker. */
export interface FakeEntry extends Partial<Entry> {
  readonly body?: string;
  readonly encryption?: string;
  readonly checksums?: Readonly<Record<string, string>>;
  readonly head?: Partial<ObjectHead>;
}

export interface FakeBucket {
  /** Newest first. */
  readonly keys: Readonly<Record<string, readonly FakeEntry[]>>;
  readonly otherOrders?: Readonly<Record<string, readonly FakeEntry[]>>;
  readonly order?: ListingOrder;
  /** What the n-th reading of this key (from 0) gives instead of its body; may throw. */
  readonly onRead?: (key: string, n: number) => string | undefined;
  /** What is put in the answer of GetObject instead. */
  readonly answer?: (key: string) => { readonly etag?: string; readonly size?: number };
  readonly stop?: AbortSignal;
}

export interface Fake extends Buckets {
  /** Every GET and HEAD, in the order sent. */
  readonly sent: string[];
  /** Readings whose bytes nobody read, or left. */
  readonly unread: Set<string>;
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

export function refusal(code: string): S3Failure {
  return new S3Failure({ code, message: `S3 says ${code}`, hint: 'Mend it.' });
}

function entriesOf(fakes: readonly FakeEntry[]): Entry[] {
  return fakes.map(({ body, encryption, checksums, head, ...entry }, i) => ({
    versionId: `v${fakes.length - i}`,
    deleteMarker: body === undefined,
    lastModified: NOW - (i + 1) * 3_600_000,
    isLatest: i === 0,
    ...(body !== undefined && { etag: md5(body), size: Buffer.byteLength(body), storageClass: 'STANDARD' }),
    ...entry,
  }));
}

/** A bucket in memory that can only be read. */
export function fakeBuckets(bucket: FakeBucket): Fake {
  const { keys, otherOrders = {}, stop } = bucket;
  const requests: RequestCounts = { list: 0, head: 0, get: 0, copy: 0, delete: 0, put: 0, retries: 0, throttled: 0 };
  const sent: string[] = [];
  const unread = new Set<string>();
  const reads = new Map<string, number>();
  const sorted = Object.keys(keys).sort(compareKeys);
  const never = () => Promise.reject(new Error('a download changes nothing in the bucket'));

  function find(key: string, versionId: string | undefined) {
    const fakes = keys[key] ?? [];
    const index = entriesOf(fakes).findIndex((e) => e.versionId === versionId && !e.deleteMarker);
    const fake = fakes[index];
    const entry = entriesOf(fakes)[index];
    return fake === undefined || entry === undefined ? undefined : { fake, entry };
  }

  const port: BucketPort = {
    bucket: 'bucket',
    batchSize: 1000,
    serverTime: async () => 0,
    preflight: async () => ({ versioning: 'Enabled', mfaDelete: false, objectLock: 'off' }),
    list(range) {
      requests.list += 1;
      const listed = sorted.filter((k) => k.startsWith(range.prefix) && (range.key === undefined || k === range.key));
      async function* batches(some: readonly string[]): AsyncGenerator<readonly KeyHistory[]> {
        if (stop?.aborted) throw new CancelledError();
        yield some.map((key) => ({
          key,
          entries: entriesOf(keys[key] ?? []),
          ...(otherOrders[key] && { otherOrder: entriesOf(otherOrders[key]) }),
        }));
      }
      async function* segments(): AsyncGenerator<Segment> {
        // Backwards: segments come in any order.
        for (let end = listed.length; end > 0; end -= 3) {
          const some = listed.slice(Math.max(0, end - 3), end);
          yield { start: some[0] ?? '', batches: batches(some) };
        }
      }
      return { order: bucket.order ?? 'wire', segments: segments() };
    },
    async headVersion(key, versionId) {
      requests.head += 1;
      sent.push(`HEAD ${key} ${versionId}`);
      const found = find(key, versionId);
      if (found === undefined) return undefined;
      const { fake, entry } = found;
      return {
        etag: entry.etag ?? '',
        size: entry.size ?? 0,
        metadata: {},
        checksums: fake.checksums ?? {},
        ...(fake.encryption !== undefined && { encryption: fake.encryption }),
        ...fake.head,
      };
    },
    async readObject(key, versionId) {
      if (stop?.aborted) throw new CancelledError();
      requests.get += 1;
      sent.push(`GET ${key} ${versionId}`);
      const n = reads.get(key) ?? 0;
      reads.set(key, n + 1);
      const found = find(key, versionId);
      if (found === undefined) throw refusal('NoSuchVersion');
      const body = bucket.onRead?.(key, n) ?? found.fake.body ?? '';
      const { fake, entry } = found;
      const name = `${key} ${n}`;
      unread.add(name);
      async function* chunks(): AsyncGenerator<Uint8Array> {
        try {
          const bytes = Buffer.from(body);
          for (let at = 0; at < bytes.length; at += 4) {
            await new Promise((done) => setImmediate(done));
            if (stop?.aborted) throw new CancelledError();
            yield bytes.subarray(at, at + 4);
          }
        } finally {
          unread.delete(name);
        }
      }
      return {
        size: entry.size ?? 0,
        etag: entry.etag ?? md5(fake.body ?? ''),
        lastModified: entry.lastModified,
        checksums: fake.checksums ?? {},
        ...(fake.encryption !== undefined && { encryption: fake.encryption }),
        ...bucket.answer?.(key),
        chunks: chunks(),
      };
    },
    readHistories: never,
    readTop: never,
    removeEntries: never,
    copyVersion: never,
    addDeleteMarker: never,
    requestRestore: never,
  };
  return { open: () => port, requests, notes: new Set(), sent, unread };
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** A temporary folder for each test. */
export function useTemp(): { readonly path: string; in(...names: string[]): string } {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'download-'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    in: (...names) => join(path, ...names),
  };
}

/** The files below a folder with their content, folders with a `/` at their end. */
export function treeOf(folder: string): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (entry.isDirectory()) found[`${name}/`] = null;
    else found[name] = entry.isFile() ? readFileSync(path, 'utf8') : null;
  }
  return Object.fromEntries(Object.entries(found).sort());
}

export function requestIn(folder: string, more: Partial<DownloadRequest> = {}): DownloadRequest {
  mkdirSync(folder, { recursive: true });
  return {
    operation: 'download',
    scope: { bucket: 'bucket', prefix: '', include: [], exclude: [] },
    target: { kind: 'versions-back', count: 0 },
    dryRun: false,
    failOn: 'failures',
    directory: join(folder, 'out'),
    planFile: join(folder, 'run', 'plan.jsonl'),
    journalFile: join(folder, 'run', 'journal.jsonl'),
    reportFile: join(folder, 'run', 'report.json'),
    ...more,
  };
}

export function run(
  request: DownloadRequest,
  buckets: Buckets,
  more: { readonly stop?: AbortSignal; readonly write?: WriteBytes; readonly concurrency?: number } = {},
): Promise<RunResult> {
  const stop = more.stop ?? new AbortController().signal;
  const deps = { buckets, narrator: SILENT, now: () => NOW, stop, concurrency: more.concurrency ?? 4 };
  return download(request, deps, more.write);
}

/** The counts of keys, zeros left out. */
export function counts({ report }: RunResult): Record<string, number> {
  const { entriesExamined: _, ...keys } = report.totals;
  const { keysExamined, planned, restored, unchanged, skipped, conflicts, failed } = keys;
  if (!report.dryRun) expect(restored + unchanged + skipped + conflicts + failed).toBe(keysExamined);
  return Object.fromEntries(
    Object.entries({ planned, restored, unchanged, skipped, conflicts, failed }).filter(([, n]) => n > 0),
  );
}

export function bucketOf(files: Record<string, string>, more: Partial<FakeBucket> = {}): FakeBucket {
  return { keys: Object.fromEntries(Object.entries(files).map(([key, body]) => [key, [{ body }]])), ...more };
}

export function failureCodes({ report }: RunResult): Record<string, string> {
  return Object.fromEntries(report.failures.map(({ key, code }) => [key, code]));
}
