import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketAfter,
  choices,
  endOf,
  faultsOf,
  grief,
  type Intrusion,
  intrusions,
  mishaps,
  oneIn,
  type Past,
  past,
  type Restoring,
  restoring,
  runs,
} from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { earlier, journalOf, type Models } from '../support/model-earlier.ts';
import { engine, type Ran, viewsOf } from '../support/model-run.ts';

/** 8. The journal of a run is enough to take it back: `undo`, on models of versioned buckets. */

const run = engine();
const { undo } = earlier();

const circumstances = fc.record({
  choices,
  batchSize: fc.constantFrom(1, 2, 1000),
  verify: fc.boolean(),
});

/** How a run goes: some requests refused, or answered at the second try; or it dies. */
const trouble = fc.oneof(
  mishaps,
  grief.map((one) => [one]),
);

/** A run of any kind: in place, or of versions that are named, in place or elsewhere. */
interface Asked {
  readonly of: Restoring;
  readonly rows?: readonly { readonly bucket: string; readonly key: string; readonly versionId: string }[];
  /** What is in the other bucket, where the versions are copied there. */
  readonly elsewhere?: Past | undefined;
}

const named: fc.Arbitrary<Asked> = past().chain((of) => {
  const rows = [...bucketAfter(of).keys].flatMap(([key, entries]) =>
    entries.filter((e) => e.object).map(({ versionId }) => ({ bucket: 'bucket', key, versionId })),
  );
  return fc.record({
    of: fc.constant<Restoring>({ past: of, operation: 'rollback', target: { kind: 'rows' }, method: 'copy' }),
    rows: fc.subarray(rows, { minLength: Math.min(1, rows.length) }),
    elsewhere: fc.option(past(), { nil: undefined }),
  });
});

const asked: fc.Arbitrary<Asked> = fc.oneof(
  restoring().map((of): Asked => ({ of })),
  named,
);

function modelsOf({ of, elsewhere }: Asked): Models {
  return {
    bucket: bucketAfter(of.past),
    ...(elsewhere !== undefined && { elsewhere: bucketAfter(elsewhere) }),
  };
}

type How = Parameters<typeof run>[2];

function start(models: Models, { of, rows, elsewhere }: Asked, how: How): Promise<Ran> {
  const { bucket, ...others } = models;
  if (bucket === undefined) throw new Error('there is a bucket');
  return run(bucket, of, {
    ...how,
    ...(rows !== undefined && { manifest: rows }),
    ...(elsewhere !== undefined && { destination: { bucket: 'elsewhere', prefix: '' } }),
    others,
  });
}

function laterThan({ of, elsewhere }: Asked): number {
  return Math.max(endOf(of.past), elsewhere === undefined ? 0 : endOf(elsewhere)) + 2000;
}

const names = (models: Models) => Object.keys(models);

function viewsIn(models: Models, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names(models).map((name) => [name, viewsOf(get(models, name), keys)]));
}

function get(models: Models, name: string): model.Bucket {
  const found = models[name];
  if (found === undefined) throw new Error(`no bucket ${name}`);
  return found;
}

function keysIn(models: Models): string[] {
  return [...new Set(Object.values(models).flatMap((bucket) => model.sortedKeys(bucket)))];
}

/** Every entry there is, by identity. */
function entriesIn(models: Models): Set<model.StoredEntry> {
  return new Set(Object.values(models).flatMap((bucket) => [...bucket.keys.values()].flat()));
}

/** Which of them are not there any more. */
function missing(entries: ReadonlySet<model.StoredEntry>, models: Models): model.StoredEntry[] {
  const now = entriesIn(models);
  return [...entries].filter((entry) => !now.has(entry));
}

const isEnabled = (models: Models) => Object.values(models).every(({ versioning }) => versioning === 'Enabled');

describe('a run, undone by its journal', () => {
  it('leaves readers with what they saw before it, however it went; what it deleted for good is told', async () => {
    await fc.assert(
      fc.asyncProperty(asked, circumstances, trouble, circumstances, async (one, how, faults, later) => {
        const models = modelsOf(one);
        // What a suspended bucket allows is told below.
        fc.pre(isEnabled(models));
        const keys = keysIn(models);
        const before = viewsIn(models, keys);
        const there = entriesIn(models);
        const ran = await start(models, one, { ...how, fault: faultsOf(faults) });
        const lost = missing(there, models).filter((entry) => entry.object !== undefined);
        const left = entriesIn(models);

        const at = laterThan(one);
        const undone = await undo(models, journalOf(ran), { ...later, at });
        expect(undone.report.error).toBeUndefined();
        expect(undone.report).toMatchObject({ totals: { conflicts: 0, skipped: 0 } });
        const gone = undone.report.failures;
        for (const { code } of gone) expect(code).toBe('deleted-for-good');
        if (lost.length === 0) expect(gone).toEqual([]);
        if (gone.length === 0) expect(viewsIn(models, keys)).toEqual(before);
        const alive = keys.filter((key) => !gone.some((failure) => failure.key === key));
        expect(viewsIn(models, alive)).toEqual(subset(before, alive));

        // Nothing is removed that the run did not make.
        for (const entry of missing(left, models)) expect(there.has(entry)).toBe(false);

        const again = await undo(models, journalOf(ran), { ...later, at });
        expect(again.port.mutations).toEqual([]);
        expect(again.report.totals.failed).toBe(gone.length);
      }),
      runs(),
    );
  });

  it('also where it is killed itself, or refused some of it, and run again', async () => {
    await fc.assert(
      fc.asyncProperty(
        asked,
        circumstances,
        trouble,
        grief,
        fc.option(grief),
        async (one, how, faults, first, second) => {
          const models = modelsOf(one);
          fc.pre(isEnabled(models) && one.of.method === 'copy');
          const keys = keysIn(models);
          const before = viewsIn(models, keys);
          const ran = await start(models, one, { ...how, fault: faultsOf(faults) });

          const at = laterThan(one);
          const journal = journalOf(ran);
          await undo(models, journal, { ...how, at, fault: faultsOf([first]) });
          if (second !== null) await undo(models, journal, { ...how, at, fault: faultsOf([second]) });
          const { report } = await undo(models, journal, { ...how, at });
          expect(report).toMatchObject({ totals: { failed: 0, conflicts: 0, skipped: 0 } });
          expect(viewsIn(models, keys)).toEqual(before);
        },
      ),
      runs(),
    );
  });

  it('also where its journal has no ids, or not all answers: the server, or the network, kept them', async () => {
    const withheld = fc.record({
      ids: fc.boolean(),
      answers: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }).map((some) => new Set(some)),
      because: fc.constantFrom('died' as const, 'timeout' as const),
    });
    await fc.assert(
      fc.asyncProperty(asked, circumstances, withheld, async (one, how, kept) => {
        const models = modelsOf(one);
        fc.pre(isEnabled(models) && one.of.method === 'copy');
        const keys = keysIn(models);
        const before = viewsIn(models, keys);
        const there = entriesIn(models);
        const ran = await start(models, one, how);
        const left = entriesIn(models);
        const { report } = await undo(models, journalOf(ran, kept), { ...how, at: laterThan(one) });
        expect(report).toMatchObject({ totals: { failed: 0, conflicts: 0, skipped: 0 } });
        expect(viewsIn(models, keys)).toEqual(before);
        for (const entry of missing(left, models)) expect(there.has(entry)).toBe(false);
      }),
      runs(),
    );
  });

  it('a dry run changes nothing, and plans what is done then', async () => {
    await fc.assert(
      fc.asyncProperty(asked, circumstances, trouble, async (one, how, faults) => {
        const models = modelsOf(one);
        const ran = await start(models, one, { ...how, fault: faultsOf(faults) });
        const at = laterThan(one);
        const before = new Map(Object.entries(models).map(([name, bucket]) => [name, new Map(bucket.keys)]));
        const dry = await undo(models, journalOf(ran), { ...how, at, dryRun: true });
        expect(dry.port.mutations).toEqual([]);
        for (const [name, keys] of before) expect(get(models, name).keys).toEqual(keys);
        const { plan } = await undo(models, journalOf(ran), { ...how, at });
        expect(plan).toEqual(dry.plan);
      }),
      oneIn(4),
    );
  });

  it('can be undone itself, where it deleted no copy', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, async (of, how) => {
        const models = modelsOf({ of });
        fc.pre(isEnabled(models) && of.method === 'copy');
        const keys = keysIn(models);
        const ran = await start(models, { of }, how);
        const after = viewsIn(models, keys);
        const at = endOf(of.past);
        const first = await undo(models, journalOf(ran), { ...how, at: at + 2000 });
        const second = await undo(models, journalOf(first), { ...how, at: at + 3000 });
        const gone = new Set(
          first.plan.filter(({ steps }) => steps.some((s) => s.do === 'delete-version')).map(({ key }) => key),
        );
        expect(new Set(second.report.failures.map(({ key }) => key))).toEqual(gone);
        const alive = keys.filter((key) => !gone.has(key));
        expect(viewsIn(models, alive)).toEqual(subset(after, alive));
      }),
      oneIn(4),
    );
  });
});

describe('somebody else writes to the same keys', () => {
  const during = fc.record({
    when: fc.constantFrom('before the undo' as const, 'during it' as const),
    writes: intrusions,
  });

  it('nothing that they wrote is lost or covered, before or while the run is undone', async () => {
    await fc.assert(
      fc.asyncProperty(asked, circumstances, trouble, during, async (one, how, faults, { when, writes }) => {
        const models = modelsOf(one);
        fc.pre(isEnabled(models));
        const keys = keysIn(models);
        fc.pre(keys.length > 0);
        const name = one.elsewhere === undefined ? 'bucket' : 'elsewhere';
        const ran = await start(models, one, { ...how, fault: faultsOf(faults) });
        const at = laterThan(one);
        const theirs: { key: string; entry: model.StoredEntry; listed: model.StoredEntry | undefined }[] = [];
        const write = (intrusion: Intrusion) => {
          const key = keys[intrusion.keyIndex % keys.length] ?? '';
          const listed = model.entriesOf(get(models, name), key)[0];
          theirs.push({ key, entry: intrude(get(models, name), key, intrusion, at), listed });
        };
        if (when === 'before the undo') for (const intrusion of writes) write(intrusion);
        const { report } = await undo(models, journalOf(ran), {
          ...how,
          at,
          ...(when === 'during it' && {
            before: (_, n) => {
              for (const intrusion of writes) if (intrusion.n === n) write(intrusion);
            },
          }),
        });
        expect(report.error).toBeUndefined();
        for (const { key, entry, listed } of theirs) {
          const entries = model.entriesOf(get(models, name), key);
          const last = theirs.findLast((other) => other.key === key);
          // Of a killed run, a write that is in all like the one it may have made cannot be told from it.
          const isLikeOurs = ran.journal.some(
            ({ intent, result }) =>
              intent.key === key && result?.versionId === undefined && intent.do !== 'remove-delete-marker',
          );
          const isTold = entry.object?.body === 'INTRUDER' || !isLikeOurs;
          if (isTold) expect(entries).toContain(entry);
          // S3's guard for an added marker knows the version below by its ETag only.
          const isGuarded = entry.object?.body === 'INTRUDER' && listed?.object?.body !== 'INTRUDER';
          if (isGuarded && last?.entry === entry) expect(entries[0]).toBe(entry);
        }
      }),
      runs(),
    );
  });
});

describe('a suspended bucket', () => {
  it('no version is lost that the run did not write; a key either is what it was, or is told', async () => {
    await fc.assert(
      fc.asyncProperty(asked, circumstances, trouble, circumstances, async (one, how, faults, later) => {
        const models = modelsOf(one);
        fc.pre(!isEnabled(models) && one.of.method === 'copy');
        const keys = keysIn(models);
        const before = viewsIn(models, keys);
        const there = entriesIn(models);
        const ran = await start(models, one, { ...how, fault: faultsOf(faults) });
        const left = entriesIn(models);
        const { report } = await undo(models, journalOf(ran), { ...later, at: laterThan(one) });
        for (const entry of missing(left, models)) {
          if (entry.object !== undefined) expect(there.has(entry)).toBe(false);
        }
        const { failed, conflicts, skipped } = report.totals;
        expect(failed).toBe(0);
        if (conflicts + skipped === 0) expect(viewsIn(models, keys)).toEqual(before);
      }),
      runs(),
    );
  });

  it('what somebody wrote in the place of ours stays', async () => {
    await fc.assert(
      fc.asyncProperty(asked, circumstances, intrusions, async (one, how, writes) => {
        const models = modelsOf(one);
        fc.pre(!isEnabled(models) && one.of.method === 'copy');
        const keys = keysIn(models);
        fc.pre(keys.length > 0);
        const ran = await start(models, one, how);
        const at = laterThan(one);
        const name = one.elsewhere === undefined ? 'bucket' : 'elsewhere';
        const theirs = new Map<string, model.StoredEntry>();
        for (const write of writes) {
          const key = keys[write.keyIndex % keys.length] ?? '';
          theirs.set(key, intrude(get(models, name), key, write, at));
        }
        await undo(models, journalOf(ran), { ...how, at });
        for (const [key, entry] of theirs) {
          if (entry.object?.body === 'INTRUDER') expect(model.entriesOf(get(models, name), key)[0]).toBe(entry);
        }
      }),
      runs(),
    );
  });
});

describe('the journal', () => {
  it('has an intent for every request that was sent, and a result for every answer', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, mishaps, async (of, how, faults) => {
        const bucket = bucketAfter(of.past);
        const ran = await run(bucket, of, { ...how, fault: faultsOf(faults) });
        const sent = ran.port.mutations.flatMap((m): string[] => {
          if (m.kind === 'remove') return m.entries.map((e) => JSON.stringify([e.key, e.versionId]));
          return [JSON.stringify([m.key, m.kind === 'copy' ? m.versionId : undefined])];
        });
        const intents = ran.journal.map(({ intent }) => JSON.stringify([intent.key, intent.versionId]));
        expect(intents.sort()).toEqual(sent.sort());
        for (const { result } of ran.journal) expect(result).toBeDefined();
      }),
      oneIn(4),
    );
  });
});

function subset(views: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(views).map(([name, own]) => [
      name,
      Object.fromEntries(keys.map((key) => [key, (own as Record<string, unknown>)[key]])),
    ]),
  );
}

function intrude(bucket: model.Bucket, key: string, write: Intrusion, at: number): model.StoredEntry {
  return write.what === 'put' ? model.put(bucket, key, write.object, at) : model.addMarker(bucket, key, at);
}
