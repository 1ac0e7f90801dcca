import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BEGIN,
  bucketAfter,
  choices,
  chooser,
  endOf,
  type Restoring,
  restoring,
  runs,
} from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { inventoryOf } from '../support/model-inventory.ts';
import { contentsOf, engine } from '../support/model-run.ts';

/** An inventory in place of a listing: it tells which keys to look at, and nothing else. */

const run = engine();

/** Whole buckets only: a manifest takes the place of a key. */
const whole = restoring().filter((of) => of.key === undefined);

describe('an inventory of the bucket as it is', () => {
  it('leads to the same end as a listing, and to the same counts', async () => {
    await fc.assert(
      fc.asyncProperty(whole, choices, async (of, picks) => {
        const bucket = bucketAfter(of.past);
        const listed = model.copyOf(bucket);
        const inventory = inventoryOf(bucket, endOf(of.past), chooser(picks));
        const fromList = await run(listed, of, { maxDeletes: 1000 });
        const fromInventory = await run(bucket, of, { maxDeletes: 1000, choices: picks, inventory });
        expect(fromInventory.report.error).toEqual(fromList.report.error);
        expect(contentsOf(bucket)).toEqual(contentsOf(listed));
        const { entriesExamined: _, ...totals } = fromInventory.report.totals;
        expect(totals).toEqual({ ...fromList.report.totals, entriesExamined: undefined });
        expect(fromInventory.report.skipped).toEqual(fromList.report.skipped);
      }),
      runs(),
    );
  });
});

describe('an inventory that is older than what happened last', () => {
  it('is never acted on: what changes is what a listing would change now', async () => {
    await fc.assert(
      fc.asyncProperty(whole, choices, fc.nat(100), async (of, picks, percent) => {
        const bucket = bucketAfter(of.past);
        const taken = BEGIN + Math.floor(((endOf(of.past) - BEGIN) * percent) / 100);
        const inventory = inventoryOf(bucketAfter(of.past, taken), taken, chooser(picks));
        const listed = model.copyOf(bucket);
        await run(listed, of, { maxDeletes: 1000 });
        const before = model.copyOf(bucket);
        const ran = await run(bucket, of, { maxDeletes: 1000, choices: picks, inventory });
        const tooOld = of.target.kind === 'time' && of.target.at > taken;
        if (tooOld) expect(ran.report.error?.code).toBe('inventory-too-old');
        else expect(ran.report.error).toBeUndefined();
        for (const [key, entries] of before.keys) {
          const now = model.entriesOf(bucket, key);
          const asListed = contentsOf(listed)[key] ?? [];
          const untouched = now.length === entries.length && now.every((e, i) => e === entries[i]);
          if (!untouched) expect(now.map((e) => e.object ?? null)).toEqual(asListed);
        }
      }),
      runs(),
    );
  });
});

describe('an inventory and another bucket', () => {
  it('builds up there what is left of the histories that the inventory lists; the source is not touched', async () => {
    await fc.assert(
      fc.asyncProperty(whole, choices, fc.nat(100), async (of, picks, percent) => {
        const bucket = bucketAfter(of.past);
        const taken = BEGIN + Math.floor(((endOf(of.past) - BEGIN) * percent) / 100);
        const then = bucketAfter(of.past, taken);
        const before = new Map(bucket.keys);
        const other = model.emptyBucket('Enabled');
        const rebuild: Restoring = { past: of.past, operation: 'rollback', target: { kind: 'rows' }, method: 'copy' };
        const how = { choices: picks, others: { other }, destination: { bucket: 'other', prefix: '' } };
        const ran = await run(bucket, rebuild, { ...how, inventory: inventoryOf(then, taken, chooser(picks)) });

        expect(ran.report.error).toBeUndefined();
        expect(ran.report.totals.failed).toBe(0);
        expect(bucket.keys).toEqual(before);
        for (const [key, entries] of then.keys) {
          const listed = new Set(entries.map((e) => e.versionId));
          const left = model.entriesOf(bucket, key).filter((e) => listed.has(e.versionId));
          // A marker over nothing or over a marker is nothing to a reader.
          const useful = left.filter((e, i) => e.object || left[i + 1]?.object);
          expect(contentsOf(other)[key] ?? []).toEqual(useful.map((e) => e.object ?? null));
        }
      }),
      runs(),
    );
  });
});
