import fc from 'fast-check';
import type { Method } from '../../src/core/decide.ts';
import type { Target } from '../../src/core/target.ts';
import * as model from './model.ts';
import type { Choose, Fault } from './model-port.ts';

/** Cases per property: 1,000 in `npm test`, 100,000 in `npm run test:properties`. */
export function runs(): { numRuns: number; verbose: fc.VerbosityLevel } {
  return { numRuns: Number(process.env.PROPERTY_RUNS ?? 1000), verbose: fc.VerbosityLevel.Verbose };
}

/** Fewer cases, one in so many: where each takes several runs, or files, or tells once more what another property tells. */
export function oneIn(share: number): ReturnType<typeof runs> {
  return { ...runs(), numRuns: Math.ceil(runs().numRuns / share) };
}

/** When the histories begin: a morning, so that midnight of the same day lies before it. */
export const BEGIN = Date.UTC(2026, 10, 22, 9, 30, 0);
const SECOND = 1_000;
const DAY = 86_400_000;

/**
 * Families of keys that are easily taken for one another: prefixes of each other, folders and their markers, and
 * characters that a listing, a log, a URL or an XML body mangles.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
const KEY_FAMILIES = [
  ['a', 'ab', 'a/', 'a/b'],
  ['a b', 'a+b', 'a%20b', 'a%2Bb'],
  ['x\ny', 'x', 'x\ny\n', 'x\u0001y'],
  ['\u{1f600}', '\u{1f601}', '\ufffd', '\ue000'],
  ['##[set-output name=x]y', '::error::', '<b>&amp;', '@team'],
  ['a/../b', './a', 'a//b', '/a'],
] as const;

/** Distinct keys of one bucket, mostly of one family. */
export const keysOfABucket: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.constantFrom(...KEY_FAMILIES).chain((family) => fc.subarray([...family], { minLength: 1, maxLength: 2 })),
    fc.subarray(['a', 'zz'], { maxLength: 1 }),
  )
  .map(([some, other]) => [...new Set([...some, ...other])]);

/** Any key that S3 stores, for text that must survive a round trip. */
export const anyKey: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...KEY_FAMILIES.flat()),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
);

/** Few bodies and headers, so that versions are often equal, or equal but for one of the two. */
export const object: fc.Arbitrary<model.StoredObject> = fc.record({
  body: fc.constantFrom('one', 'two', 'three'),
  contentType: fc.constantFrom('text/html', 'text/plain'),
});

/** Something that happened to a bucket. `later` is how many seconds after the event before it; often none. */
export type Happening = { readonly later: number } & (
  | { readonly what: 'put'; readonly key: string; readonly object: model.StoredObject }
  | { readonly what: 'delete'; readonly key: string }
  /** An expiration by a lifecycle rule: its marker is stamped midnight of the day. */
  | { readonly what: 'expire'; readonly key: string }
  /** A multipart upload: stamped with its start, up to a day before. */
  | { readonly what: 'upload'; readonly key: string; readonly object: model.StoredObject; readonly seconds: number }
  /** Somebody removed the n-th newest entry (counted around) by its id. */
  | { readonly what: 'remove'; readonly key: string; readonly nth: number }
  | { readonly what: 'suspend' | 'enable' }
);

export interface Past {
  readonly keys: readonly string[];
  /** Versioning before the first happening; `Suspended` also stands for the time before versioning was turned on. */
  readonly start: model.Bucket['versioning'];
  readonly happenings: readonly Happening[];
}

interface PastOptions {
  /** No entry is stamped with another time than its own, none is destroyed: the past can be replayed. */
  readonly plain?: boolean;
}

/** What happened to a bucket so far: about 1 to 8 entries a key. */
export function past({ plain = false }: PastOptions = {}): fc.Arbitrary<Past> {
  return keysOfABucket.chain((keys) => {
    const key = fc.constantFrom(...keys);
    const later = fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }) },
      { weight: 1, arbitrary: fc.constant(DAY / SECOND / 2) },
    );
    const put = fc.record({ what: fc.constant('put' as const), key, object, later });
    const del = fc.record({ what: fc.constant('delete' as const), key, later });
    const odd: fc.Arbitrary<Happening>[] = [
      fc.record({ what: fc.constant('expire' as const), key, later }),
      fc.record({
        what: fc.constant('upload' as const),
        key,
        object,
        seconds: fc.constantFrom(1, 2, DAY / SECOND),
        later,
      }),
      fc.record({ what: fc.constant('remove' as const), key, nth: fc.nat(3), later }),
      fc.record({ what: fc.constantFrom('suspend' as const, 'enable' as const), later }),
    ];
    const happening: fc.Arbitrary<Happening> = fc.oneof(
      { weight: 5, arbitrary: put },
      { weight: 4, arbitrary: del },
      ...(plain ? [] : odd.map((arbitrary) => ({ weight: 1, arbitrary }))),
    );
    return fc.record({
      keys: fc.constant(keys),
      start: plain ? fc.constant('Enabled' as const) : fc.constantFrom('Enabled' as const, 'Suspended' as const),
      happenings: fc.array(happening, { minLength: 1, maxLength: 6 * keys.length, size: 'max' }),
    });
  });
}

/** Live through the past, or its beginning: only what happened up to `until` (ms). */
export function bucketAfter({ start, happenings }: Past, until = Number.POSITIVE_INFINITY): model.Bucket {
  const bucket = model.emptyBucket(start);
  let now = BEGIN;
  for (const happening of happenings) {
    now += happening.later * SECOND;
    if (now > until) break;
    happen(bucket, happening, now);
  }
  return bucket;
}

/** When the past ends, ms; a run starts in the same second at the earliest. */
export function endOf({ happenings }: Past): number {
  return happenings.reduce((now, { later }) => now + later * SECOND, BEGIN);
}

function happen(bucket: model.Bucket, it: Happening, now: number): void {
  switch (it.what) {
    case 'put':
      model.put(bucket, it.key, it.object, now);
      break;
    case 'delete':
      model.addMarker(bucket, it.key, now);
      break;
    case 'expire':
      model.addMarker(bucket, it.key, now - (now % DAY));
      break;
    case 'upload':
      model.put(bucket, it.key, it.object, now - it.seconds * SECOND);
      break;
    case 'remove': {
      const entries = model.entriesOf(bucket, it.key);
      const entry = entries[it.nth % Math.max(1, entries.length)];
      if (entry) model.remove(bucket, it.key, entry.versionId);
      break;
    }
    case 'suspend':
      bucket.versioning = 'Suspended';
      break;
    case 'enable':
      bucket.versioning = 'Enabled';
      break;
  }
}

/** A time of interest to this past: at, just before and between its entries, before all and after all. */
function timeWithin(of: Past): fc.Arbitrary<number> {
  const bucket = bucketAfter(of);
  const stamps = [...bucket.keys.values()].flat().map((e) => e.lastModified);
  const times = [
    BEGIN - 2 * DAY,
    BEGIN,
    endOf(of),
    ...stamps,
    ...stamps.map((t) => t - 1),
    ...stamps.map((t) => t + 500),
  ];
  return fc.constantFrom(...new Set(times)).filter((t) => t <= endOf(of));
}

export const timeIn = (of: Past): fc.Arbitrary<number> => timeWithin(of);

export interface Restoring {
  readonly past: Past;
  readonly operation: 'undelete' | 'rollback';
  readonly target: Target;
  readonly method: Method;
  /** The exact key in scope; set with a target of kind `version`. */
  readonly key?: string;
}

interface RestoringOptions extends PastOptions {
  /** Only targets that stay the same while the bucket changes: `versions-back` counts from the newest version. */
  readonly fixed?: boolean;
}

/** A past, and a target of any kind that makes sense for it. */
export function restoring({ fixed = false, plain = false }: RestoringOptions = {}): fc.Arbitrary<Restoring> {
  return past({ plain }).chain((of): fc.Arbitrary<Restoring> => {
    const bucket = bucketAfter(of);
    const time = timeWithin(of);
    const method = fc.constantFrom<Method>('copy', 'delete');
    const rollback = (target: fc.Arbitrary<Target>): fc.Arbitrary<Restoring> =>
      fc.record({ past: fc.constant(of), operation: fc.constant('rollback' as const), target, method });
    const undelete = fc.record({
      past: fc.constant(of),
      operation: fc.constant('undelete' as const),
      target: fc.record(
        { kind: fc.constant('undelete' as const), after: time, before: time },
        { requiredKeys: ['kind'] },
      ),
      method: fc.constant('copy' as const),
    });
    const versions = [...bucket.keys].flatMap(([key, entries]) =>
      entries.filter((e) => e.object).map(({ versionId }) => ({ key, versionId })),
    );
    const toVersion =
      versions.length === 0
        ? []
        : [
            fc.tuple(fc.constantFrom(...versions), method).map(
              ([{ key, versionId }, how]): Restoring => ({
                past: of,
                operation: 'rollback',
                key,
                target: { kind: 'version', versionId },
                method: how,
              }),
            ),
          ];
    return fc.oneof(
      undelete,
      rollback(fc.record({ kind: fc.constant('time' as const), at: time })),
      rollback(fc.record({ kind: fc.constant('versions-back' as const), count: fixed ? fc.constant(0) : fc.nat(3) })),
      ...toVersion,
    );
  });
}

/** A source of arbitrary choices that shrinks towards always choosing the first. */
export const choices: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(59), { maxLength: 20 });

export function chooser(from: readonly number[]): Choose {
  let i = 0;
  return (below) => (from.length === 0 || below <= 0 ? 0 : (from[i++ % from.length] ?? 0) % below);
}

/** A write by somebody else, just before the n-th request of the run. */
export type Intrusion = { readonly n: number; readonly keyIndex: number } & (
  | { readonly what: 'put'; readonly object: model.StoredObject }
  | { readonly what: 'delete' }
);

/** A body that nobody else writes, so that what the intruder wrote is known again. */
export const intrusions: fc.Arbitrary<readonly Intrusion[]> = fc.array(
  fc.oneof(
    fc.record({
      what: fc.constant('put' as const),
      n: fc.nat(12),
      keyIndex: fc.nat(4),
      object: fc.constantFrom('INTRUDER', 'two').map((body) => ({ body, contentType: 'text/html' })),
    }),
    fc.record({ what: fc.constant('delete' as const), n: fc.nat(12), keyIndex: fc.nat(4) }),
  ),
  { minLength: 1, maxLength: 3 },
);

/** Where a fault strikes: the n-th request of any kind, or the n-th that may change something. */
export interface Strike {
  readonly nth: number;
  readonly of: 'requests' | 'mutations';
  readonly fault: Fault;
}

function strike(...faults: Fault[]): fc.Arbitrary<Strike> {
  const fault = fc.constantFrom(...faults);
  return fc.oneof(fc.record({ nth: fc.nat(12), of: fc.constant('requests' as const), fault }), {
    weight: 3,
    arbitrary: fc.record({ nth: fc.nat(2), of: fc.constant('mutations' as const), fault }),
  });
}

/** The fault of each request; strikes beyond the end never happen. */
export function faultsOf(strikes: readonly Strike[]): (n: number, mutation: number | undefined) => Fault {
  return (n, mutation) => strikes.find((s) => s.nth === (s.of === 'requests' ? n : mutation))?.fault ?? 'none';
}

export const mishaps: fc.Arbitrary<readonly Strike[]> = fc.array(strike('refused', 'retried', 'lost'), {
  maxLength: 3,
});

/** How a run comes to grief: it dies before or after a request, or S3 refuses it, or some of it. */
export const grief: fc.Arbitrary<Strike> = strike('kill', 'kill-landed', 'refused');
