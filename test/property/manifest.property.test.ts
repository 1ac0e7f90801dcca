import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketAfter,
  choices,
  endOf,
  faultsOf,
  grief,
  intrusions,
  mishaps,
  oneIn,
  type Past,
  past,
  type Restoring,
  runs,
} from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { type Circumstances, engine, type Ran } from '../support/model-run.ts';

/** Manifests that name versions, in any order: in place, and into another bucket. */

const run = engine();

const circumstances = fc.record({
  choices,
  batchSize: fc.constantFrom(1, 2, 1000),
  concurrency: fc.constantFrom(1, 4),
  verify: fc.boolean(),
});

interface Listed {
  readonly past: Past;
  /** Shuffled; some twice. */
  readonly rows: readonly { readonly bucket: string; readonly key: string; readonly versionId: string }[];
}

/** A past, and rows that name some of its versions. `markers`: markers as well. */
function listed({ all = false, markers = false } = {}): fc.Arbitrary<Listed> {
  return past().chain((of) => {
    const bucket = bucketAfter(of);
    const rows = [...bucket.keys].flatMap(([key, entries]) =>
      entries.filter((e) => markers || e.object).map(({ versionId }) => ({ bucket: 'bucket', key, versionId })),
    );
    const some = all ? fc.constant(rows) : fc.subarray(rows, { minLength: Math.min(1, rows.length) });
    return some.chain((chosen) =>
      fc
        .tuple(fc.shuffledSubarray(chosen, { minLength: chosen.length }), fc.subarray(chosen))
        .map(([shuffled, twice]) => ({ past: of, rows: [...shuffled, ...twice] })),
    );
  });
}

const asked = (of: Listed): Restoring => ({
  past: of.past,
  operation: 'rollback',
  target: { kind: 'rows' },
  method: 'copy',
});

/** Contents that have to lie on top of each key in the end, newest first. */
function wantedOf(before: model.Bucket, { rows }: Listed): Map<string, (model.StoredObject | null)[]> {
  const wanted = new Map<string, (model.StoredObject | null)[]>();
  for (const [key, entries] of before.keys) {
    const named = entries.filter((e) => rows.some((r) => r.key === key && r.versionId === e.versionId));
    // A marker over nothing or over a marker is nothing to a reader.
    const useful = named.filter((e, i) => e.object || named[i + 1]?.object);
    if (useful.length > 0)
      wanted.set(
        key,
        useful.map((e) => e.object ?? null),
      );
  }
  return wanted;
}

function topOf(bucket: model.Bucket, key: string, depth: number): (model.StoredObject | null)[] {
  return model
    .entriesOf(bucket, key)
    .slice(0, depth)
    .map((e) => e.object ?? null);
}

function expectOnTop(bucket: model.Bucket, wanted: ReadonlyMap<string, (model.StoredObject | null)[]>, prefix = '') {
  for (const [key, contents] of wanted) {
    expect({ key, top: topOf(bucket, prefix + key, contents.length) }).toEqual({ key, top: contents });
  }
}

function honest({ report }: Ran) {
  const { restored, unchanged, skipped, conflicts, failed, keysExamined } = report.totals;
  expect(restored + unchanged + skipped + conflicts + failed).toBe(keysExamined);
}

describe('any manifest of versions of a bucket', () => {
  it('brings each key to its version, or puts all its versions on top in their old order; again, nothing is sent', async () => {
    await fc.assert(
      fc.asyncProperty(listed(), circumstances, async (of, how) => {
        const bucket = bucketAfter(of.past);
        fc.pre(bucket.versioning === 'Enabled' && of.rows.length > 0);
        const before = model.copyOf(bucket);
        const wanted = wantedOf(before, of);
        const ran = await run(bucket, asked(of), { ...how, manifest: of.rows });

        expectOnTop(bucket, wanted);
        honest(ran);
        expect(ran.report.error).toBeUndefined();
        expect(ran.report.totals.keysExamined).toBe(wanted.size);
        expect(ran.report.totals.restored).toBe(ran.plan.length);
        for (const [key, entries] of before.keys) {
          const left = model.entriesOf(bucket, key);
          for (const entry of entries.filter((e) => e.object)) expect(left).toContain(entry);
          if (!wanted.has(key)) expect(left).toEqual(entries);
        }

        const again = await run(bucket, asked(of), { ...how, manifest: of.rows });
        expect(again.port.mutations).toEqual([]);
        expect(again.report.status).toBe('no-change');
      }),
      runs(),
    );
  });

  it('copies every noncurrent version, of all keys, before the newest of any', async () => {
    await fc.assert(
      fc.asyncProperty(listed(), circumstances, async (of, how) => {
        const bucket = bucketAfter(of.past);
        fc.pre(bucket.versioning === 'Enabled' && of.rows.length > 0);
        const { port, plan } = await run(bucket, asked(of), { ...how, manifest: of.rows });
        const stacks = plan.filter((line) => line.steps.length > 1 && line.steps.every((s) => s.do === 'copy-version'));
        const sent = port.mutations.flatMap((m) => (m.kind === 'copy' ? [`${m.key} ${m.versionId}`] : []));
        const places = stacks.map(({ key, steps }) =>
          steps.map((s) => sent.indexOf(`${key} ${s.do === 'copy-version' ? s.versionId : ''}`)),
        );
        for (const own of places) expect(own).toEqual(own.toSorted((a, b) => a - b));
        const newest = Math.min(...places.map((own) => own.at(-1) ?? 0));
        for (const own of places) for (const place of own.slice(0, -1)) expect(place).toBeLessThan(newest);
      }),
      oneIn(4),
    );
  });

  it('in a suspended bucket no version is destroyed', async () => {
    await fc.assert(
      fc.asyncProperty(listed(), circumstances, async (of, how) => {
        const bucket = bucketAfter(of.past);
        fc.pre(bucket.versioning === 'Suspended' && of.rows.length > 0);
        const before = model.copyOf(bucket);
        honest(await run(bucket, asked(of), { ...how, manifest: of.rows }));
        for (const [key, entries] of before.keys) {
          for (const entry of entries.filter((e) => e.object)) expect(model.entriesOf(bucket, key)).toContain(entry);
        }
      }),
      oneIn(4),
    );
  });
});

describe('copying whole histories into another bucket', () => {
  const elsewhere = (other: model.Bucket, prefix: string): Circumstances => ({
    others: { other },
    destination: { bucket: 'other', prefix },
  });
  const prefixes = fc.constantFrom('', 'p/', 'a');

  it('gives the same sequence of contents for each key, on top of what was there; the source is not touched', async () => {
    await fc.assert(
      fc.asyncProperty(
        listed({ all: true, markers: true }),
        past(),
        prefixes,
        circumstances,
        async (of, there, prefix, how) => {
          const bucket = bucketAfter(of.past);
          const other = bucketAfter(there);
          fc.pre(other.versioning === 'Enabled' && of.rows.length > 0);
          const before = model.copyOf(bucket);
          const otherBefore = model.copyOf(other);
          const circumstances = { ...how, ...elsewhere(other, prefix), manifest: of.rows };
          const ran = await run(bucket, asked(of), circumstances);

          expect(bucket.keys).toEqual(before.keys);
          expectOnTop(other, wantedOf(before, of), prefix);
          honest(ran);
          expect(ran.report.totals.keysExamined).toBe(before.keys.size);
          for (const [key, entries] of otherBefore.keys) {
            expect(model.entriesOf(other, key)).toEqual(expect.arrayContaining([...entries]));
          }
          for (const m of ran.port.mutations) {
            expect(m.bucket).toBe('other');
            if (m.kind !== 'remove') expect(m.key.startsWith(prefix)).toBe(true);
          }

          const again = await run(bucket, asked(of), circumstances);
          expect(again.port.mutations).toEqual([]);
        },
      ),
      runs(),
    );
  });

  it('killed at any request, or refused some, and run again: the same contents on top', async () => {
    await fc.assert(
      fc.asyncProperty(
        listed({ all: true, markers: true }),
        circumstances,
        grief,
        mishaps,
        async (of, how, one, more) => {
          const bucket = bucketAfter(of.past);
          const other = model.emptyBucket('Enabled');
          fc.pre(of.rows.length > 0);
          const circumstances = { ...how, ...elsewhere(other, ''), manifest: of.rows };
          honest(await run(bucket, asked(of), { ...circumstances, fault: faultsOf([one, ...more]) }));
          await run(bucket, asked(of), circumstances);
          expectOnTop(other, wantedOf(bucket, of));
          expect((await run(bucket, asked(of), circumstances)).port.mutations).toEqual([]);
        },
      ),
      runs(),
    );
  });

  it('a write to the destination in between stays on top', async () => {
    await fc.assert(
      fc.asyncProperty(listed({ all: true }), circumstances, intrusions, async (of, how, writes) => {
        const bucket = bucketAfter(of.past);
        const other = model.emptyBucket('Enabled');
        const keys = [...bucket.keys.keys()];
        fc.pre(of.rows.length > 0);
        const looked = new Set<string>();
        const wrote = new Map<string, model.StoredEntry>();
        await run(bucket, asked(of), {
          ...how,
          ...elsewhere(other, ''),
          manifest: of.rows,
          before: (request, n) => {
            for (const write of writes.filter((w) => w.n === n)) {
              const key = keys[write.keyIndex % keys.length] ?? '';
              // What was written before the plan looked is in the plan.
              if (!looked.has(key) || write.what !== 'put') continue;
              const object = { ...write.object, body: 'INTRUDER' };
              wrote.set(key, model.put(other, key, object, endOf(of.past)));
            }
            if (request.kind === 'list' && request.bucket === 'other') for (const key of request.keys) looked.add(key);
          },
        });
        for (const [key, entry] of wrote) expect(model.entriesOf(other, key)[0]).toBe(entry);
      }),
      oneIn(4),
    );
  });
});
