import { CancelledError } from '../../src/core/errors.ts';
import type { ObjectHead } from '../../src/core/head.ts';
import type { Entry, KeyHistory } from '../../src/core/history.ts';
import { compareKeys } from '../../src/core/keys.ts';
import type { Failure } from '../../src/core/outcome.ts';
import type { Seen } from '../../src/core/plan.ts';
import type {
  BucketPort,
  Buckets,
  EntryName,
  KeyRange,
  Listing,
  Removal,
  RequestCounts,
  Segment,
  Write,
} from '../../src/core/ports.ts';
import { S3Failure } from '../../src/core/ports.ts';
import * as model from './model.ts';

/** A request as the hooks and the log see it. `list` is one page, or a look at what is current of one key. */
export type PortRequest =
  | { readonly kind: 'list'; readonly bucket: string; readonly keys: readonly string[] }
  | { readonly kind: 'head'; readonly key: string }
  | Mutation;

export type Mutation =
  | { readonly kind: 'remove'; readonly bucket: string; readonly entries: readonly EntryName[] }
  | { readonly kind: 'copy'; readonly bucket: string; readonly key: string; readonly versionId: string }
  | { readonly kind: 'add-marker'; readonly bucket: string; readonly key: string };

/**
 * What goes wrong with a request.
 * `refused`: S3 says no, nothing is done. `retried`: it landed, its answer was lost, and the retry met its own work.
 * `lost`: it landed, its answer was lost, and the retry was refused.
 * `kill`: the process dies before it is sent; `kill-landed`: it lands, and the process dies before the answer.
 */
export type Fault = 'none' | 'refused' | 'retried' | 'lost' | 'kill' | 'kill-landed';

export interface PortOptions {
  readonly batchSize?: number;
  /** The time that S3 stamps on what the run writes, ms. */
  readonly at: number;
  /** Arbitrary choices: segment boundaries, page lengths, the order inside a batch, who is answered first. */
  readonly choose?: Choose;
  /** Called before the n-th request (from 0) does anything; may write to the bucket as somebody else would. */
  readonly before?: (request: PortRequest, n: number) => void;
  /** What happens to the n-th request, which has so many mutations before it (`undefined` for one that only reads). */
  readonly fault?: (n: number, mutation: number | undefined) => Fault;
  /** Called after each change to a single key; S3 is atomic per key and not beyond. */
  readonly afterChange?: (key: string) => void;
  readonly stop?: AbortSignal;
  /** Objects that can be read, in whatever bucket: an inventory's files. */
  readonly files?: Readonly<Record<string, Buffer>>;
}

/** A whole number from 0 up to, not including, `below`. */
export type Choose = (below: number) => number;

export interface ModelBuckets extends Buckets {
  /** Every request that may change something, in the order sent. */
  readonly mutations: readonly Mutation[];
  /** How many requests were sent, reading ones included. */
  readonly sent: () => number;
}

/** The process died: whatever is thrown after this, nothing reaches S3 any more. */
export class Killed extends Error {}

const REFUSED: Failure = { code: 'AccessDenied', message: 'Access Denied', hint: 'Allow it.' };

/** Models of buckets by their names, as the engine sees them. All requests go through one gate, in one order. */
export function modelBuckets(models: Readonly<Record<string, model.Bucket>>, options: PortOptions): ModelBuckets {
  const { choose = () => 0, before, fault } = options;
  const requests: RequestCounts = { list: 0, head: 0, get: 0, copy: 0, delete: 0, put: 0, retries: 0, throttled: 0 };
  const mutations: Mutation[] = [];
  let sent = 0;
  let dead = false;

  async function send<T>(request: PortRequest, act: (fault: Fault) => T): Promise<T> {
    for (let wait = choose(3); wait > 0; wait--) await Promise.resolve();
    if (dead) throw new Killed();
    if (options.stop?.aborted) throw new CancelledError();
    const n = sent++;
    before?.(request, n);
    const reads = request.kind === 'list' || request.kind === 'head';
    const what = fault?.(n, reads ? undefined : mutations.length) ?? 'none';
    if (what !== 'kill' && !reads) mutations.push(request);
    if (what === 'kill') return die();
    const answer = act(what);
    if (what === 'kill-landed') return die();
    for (let wait = choose(3); wait > 0; wait--) await Promise.resolve();
    if (dead) throw new Killed();
    return answer;
  }

  function die(): never {
    dead = true;
    throw new Killed();
  }

  const bucketOf = (name: string): model.Bucket => {
    const found = models[name];
    if (found === undefined) throw new Error(`the engine asked for bucket ${name}`);
    return found;
  };
  return {
    requests,
    notes: new Set(),
    mutations,
    sent: () => sent,
    open: (name) => modelPort(name, bucketOf, { ...options, choose, send, requests }),
  };
}

type Send = <T>(request: PortRequest, act: (fault: Fault) => T) => Promise<T>;

interface Surroundings extends PortOptions {
  readonly choose: Choose;
  readonly send: Send;
  readonly requests: RequestCounts;
}

function modelPort(name: string, bucketOf: (name: string) => model.Bucket, options: Surroundings): BucketPort {
  const { at, choose, afterChange, send, requests } = options;
  const bucket = bucketOf(name);

  function removeOne(entry: EntryName, what: Fault): Removal {
    // A retry finds what the first try left: nothing, which S3 calls a success too.
    if (what === 'retried') model.remove(bucket, entry.key, entry.versionId);
    const removed = model.remove(bucket, entry.key, entry.versionId);
    afterChange?.(entry.key);
    const saysMarker = removed !== undefined && removed.object === undefined;
    if (what === 'lost') return { ok: false, failure: REFUSED, unsure: true };
    const unsure = what === 'retried' && { unsure: true as const };
    return { ok: true, confirmed: saysMarker === entry.deleteMarker, ...unsure };
  }

  function write(key: string, what: Fault, guard: () => boolean, act: () => model.StoredEntry | undefined): Write {
    if (what === 'refused') return { ok: false, conflict: false, failure: REFUSED };
    if (!guard()) return { ok: false, conflict: true, unsure: false };
    const written = act();
    if (written === undefined) {
      return { ok: false, conflict: false, failure: { code: 'NoSuchVersion', message: 'no such version', hint: '' } };
    }
    afterChange?.(key);
    if (what === 'lost') return { ok: false, conflict: false, failure: REFUSED, unsure: true };
    if (what !== 'retried') return { ok: true, versionId: written.versionId };
    return guard() ? secondWrite(key, act) : { ok: false, conflict: true, unsure: true };
  }

  /** The guard cannot tell a retry from the first try (the same ETag is current): it lands once more. */
  function secondWrite(key: string, act: () => model.StoredEntry | undefined): Write {
    const written = act();
    afterChange?.(key);
    return written === undefined
      ? { ok: false, conflict: true, unsure: true }
      : { ok: true, versionId: written.versionId };
  }

  return {
    bucket: name,
    batchSize: options.batchSize ?? 1000,

    async preflight() {
      return { versioning: bucket.versioning, mfaDelete: false, objectLock: 'off' };
    },

    async serverTime() {
      return Math.floor(options.at / 1000) * 1000;
    },

    list(range: KeyRange): Listing {
      const inRange = (key: string) =>
        key.startsWith(range.prefix) &&
        (range.key === undefined || key === range.key) &&
        (range.after === undefined || isAfter(key, range.after)) &&
        (range.upTo === undefined || !isAfter(key, range.upTo));
      const keys = model.sortedKeys(bucket).filter(inRange);

      async function* batches(segment: readonly string[]): AsyncGenerator<readonly KeyHistory[]> {
        for (let from = 0; from < segment.length; ) {
          const page = segment.slice(from, from + 1 + choose(3));
          from += page.length;
          requests.list += 1;
          yield await send({ kind: 'list', bucket: name, keys: page }, (what) => {
            if (what === 'refused') throw new S3Failure(REFUSED);
            return page.flatMap((key) => {
              const entries = historyOf(bucket, key);
              return entries.length > 0 ? [{ key, entries }] : [];
            });
          });
        }
      }
      async function* segments(): AsyncGenerator<Segment> {
        const cut: Segment[] = [];
        let start = '';
        for (let rest = keys; rest.length > 0; ) {
          const segment = rest.slice(0, 1 + choose(rest.length));
          rest = rest.slice(segment.length);
          cut.push({ start, batches: batches(segment) });
          start = segment.at(-1) ?? '';
        }
        for (const segment of shuffled(cut, choose)) yield segment;
      }
      return { order: 'wire', segments: segments() };
    },

    headVersion(key, versionId) {
      requests.head += 1;
      return send({ kind: 'head', key }, (what) => {
        if (what === 'refused') throw new S3Failure(REFUSED);
        const entry = model.entriesOf(bucket, key).find((e) => e.versionId === versionId);
        return entry?.object && headOf(entry.object, entry.versionId);
      });
    },

    readTop(key) {
      requests.list += 1;
      return send({ kind: 'list', bucket: name, keys: [key] }, (what) => {
        if (what === 'refused') throw new S3Failure(REFUSED);
        return historyOf(bucket, key).slice(0, 3);
      });
    },

    removeEntries(entries) {
      requests.delete += 1;
      return send({ kind: 'remove', bucket: name, entries }, (what) => {
        const answers = new Map<EntryName, Removal>();
        // S3 promises no order inside a batch.
        for (const entry of shuffled(entries, choose)) {
          const refused = what === 'refused' && choose(2) === 0;
          answers.set(entry, refused ? { ok: false, failure: REFUSED } : removeOne(entry, what));
        }
        return entries.map((entry) => answers.get(entry) ?? { ok: false, failure: REFUSED });
      });
    },

    readHistories(keys, { depth } = {}) {
      if (keys.some((key, i) => i > 0 && compareKeys(keys[i - 1] ?? '', key) >= 0))
        throw new Error('keys in S3’s order');
      requests.list += 1;
      return send({ kind: 'list', bucket: name, keys }, (what) => {
        if (what === 'refused') throw new S3Failure(REFUSED);
        return new Map(
          keys.flatMap((key) => {
            const entries = historyOf(bucket, key).slice(0, depth);
            return entries.length > 0 ? [[key, { key, entries }] as const] : [];
          }),
        );
      });
    },

    copyVersion(key, step, seen) {
      requests.copy += 1;
      const { versionId, source = { bucket: name, key } } = step;
      const from = { bucket: bucketOf(source.bucket), key: source.key };
      return send({ kind: 'copy', bucket: name, key, versionId }, (what) =>
        write(
          key,
          what,
          () => holds(bucket, key, seen),
          () => model.copyVersion(bucket, key, versionId, at, from),
        ),
      );
    },

    addDeleteMarker(key, seen) {
      requests.delete += 1;
      return send({ kind: 'add-marker', bucket: name, key }, (what) =>
        write(
          key,
          what,
          () => holds(bucket, key, seen),
          () => model.addMarker(bucket, key, at),
        ),
      );
    },

    requestRestore: () => Promise.reject(new Error('the model has no archive')),
    async readObject(key) {
      const bytes = options.files?.[key];
      if (bytes === undefined) throw new S3Failure({ code: 'NoSuchKey', message: 'no such key', hint: '' });
      const chunks = (async function* () {
        yield bytes;
      })();
      return { size: bytes.length, etag: '', lastModified: 0, checksums: {}, chunks };
    },
  };
}

/** The condition that S3 has for it: on the ETag where a version was seen, else that there is none now. */
function holds(bucket: model.Bucket, key: string, seen: Seen): boolean {
  const etag = seen?.etag ?? null;
  return model.holds(bucket, key, etag === null ? { ifNoneMatch: true } : { ifMatch: etag });
}

/** A key's history as a listing in wire order tells it. */
export function historyOf(bucket: model.Bucket, key: string): Entry[] {
  return model.entriesOf(bucket, key).map((entry, i) => ({
    versionId: entry.versionId,
    deleteMarker: entry.object === undefined,
    lastModified: entry.lastModified,
    isLatest: i === 0,
    ...(entry.object && {
      etag: model.etagOf(entry.object),
      size: entry.object.body.length,
      storageClass: 'STANDARD',
    }),
  }));
}

export function headOf(object: model.StoredObject, versionId: string): ObjectHead {
  return {
    versionId,
    etag: model.etagOf(object),
    size: object.body.length,
    contentType: object.contentType,
    metadata: {},
    checksums: {},
  };
}

function isAfter(key: string, boundary: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(boundary)) > 0;
}

function shuffled<T>(items: readonly T[], choose: Choose): T[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(choose(rest.length), 1));
}
