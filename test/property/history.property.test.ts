import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { SILENT } from '../../src/core/narrator.ts';
import type { RunResult } from '../../src/core/report.ts';
import { history } from '../../src/operations/history.ts';
import { BEGIN, chooser, type Past, runs } from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { modelBuckets } from '../support/model-port.ts';
import { engine, viewsOf } from '../support/model-run.ts';

/** The incident finder: an incident whose first second is known, in the ordinary life of a bucket. */

const run = engine();
const folder = mkdtempSync(join(tmpdir(), 's3-rollback-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DAY = 86_400;
const DAYS = 30;
const KEYS = Array.from({ length: 40 }, (_, i) => `${i % 3 === 0 ? 'site/' : 'data/'}${i}`);
const body = (text: string): model.StoredObject => ({ body: text, contentType: 'text/plain' });

/** Something that happens, at a second after the beginning. */
interface Happening {
  readonly at: number;
  readonly what: 'put' | 'delete';
  readonly key: string;
}

/** On some days something happens to a key before 20:00 of that day; losses are a rare thing, one a day at most. */
const ordinary: fc.Arbitrary<Happening[]> = fc
  .uniqueArray(
    fc.record({
      day: fc.integer({ min: 1, max: DAYS - 1 }),
      second: fc.integer({ min: 0, max: 20 * 3600 }),
      what: fc.constantFrom('put', 'delete'),
      key: fc.constantFrom(...KEYS),
    }),
    { selector: ({ day }) => day, maxLength: DAYS },
  )
  .map((some) => some.map(({ day, second, what, key }) => ({ at: day * DAY + second, what, key })));

/** New keys, at any time, any number of them. */
const creations: fc.Arbitrary<Happening[]> = fc
  .uniqueArray(fc.integer({ min: 0, max: DAYS * DAY }), { maxLength: 30 })
  .map((some) => some.map((at, i) => ({ at, what: 'put', key: `new/${i}` })));

interface Incident {
  readonly start: number;
  /** Seconds to its last, about. */
  readonly over: number;
  /** How far from an even pace each comes, in thousandths of the pause between two. */
  readonly uneven: readonly number[];
  readonly what: 'put' | 'delete';
  readonly keys: readonly string[];
}

/** After 21:00 of a day in the second half, so that what happens later cannot undo all of it. */
const incident: fc.Arbitrary<Incident> = fc.record({
  start: fc
    .tuple(fc.integer({ min: DAYS / 2, max: DAYS - 1 }), fc.integer({ min: 21 * 3600, max: 22 * 3600 }))
    .map(([day, second]) => day * DAY + second),
  over: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 61, max: 600 })),
  uneven: fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 40 }),
  what: fc.constantFrom('put', 'delete'),
  keys: fc.shuffledSubarray(KEYS, { minLength: 35 }),
});

interface Lived {
  readonly bucket: model.Bucket;
  /** What readers saw just before the incident. */
  readonly before: Record<string, model.StoredObject | null>;
  /** The first second in which the incident took something away. */
  readonly first: number;
}

function live(all: readonly Happening[], one: Incident | undefined): Lived {
  const bucket = model.emptyBucket('Enabled');
  for (const key of KEYS) model.put(bucket, key, body('first'), BEGIN);
  const span = Math.max(1, (one?.keys.length ?? 1) - 1);
  const unevenAt = (i: number) => (i === 0 ? 0 : (one?.uneven[i % one.uneven.length] ?? 0) / 1000);
  const incidental = (one?.keys ?? []).map((key, i) => ({
    at: (one?.start ?? 0) + Math.floor(((i + unevenAt(i)) * (one?.over ?? 0)) / span),
    what: one?.what ?? 'put',
    key,
    incidental: true,
  }));
  const ordered = [...all.map((happening) => ({ ...happening, incidental: false })), ...incidental].sort(
    (a, b) => a.at - b.at || Number(a.incidental) - Number(b.incidental),
  );
  let first = Number.POSITIVE_INFINITY;
  for (const { at, what, key, incidental: ofIncident } of ordered) {
    if (ofIncident && at < first && model.read(bucket, key) !== undefined) first = at;
    if (what === 'put') model.put(bucket, key, body(`at ${at}`), BEGIN + at * 1000);
    else model.addMarker(bucket, key, BEGIN + at * 1000);
  }
  // The life again, up to the second before.
  const earlier = model.emptyBucket('Enabled');
  for (const key of KEYS) model.put(earlier, key, body('first'), BEGIN);
  for (const { at, what, key } of ordered.filter((happening) => happening.at < first)) {
    if (what === 'put') model.put(earlier, key, body(`at ${at}`), BEGIN + at * 1000);
    else model.addMarker(earlier, key, BEGIN + at * 1000);
  }
  return { bucket, before: viewsOf(earlier, KEYS), first };
}

function lookAt(bucket: model.Bucket, some: readonly number[] = []): Promise<RunResult> {
  const end = BEGIN + DAYS * DAY * 1000;
  return history(
    {
      operation: 'history',
      scope: { bucket: 'bucket', prefix: '', include: [], exclude: [] },
      target: { kind: 'none' },
      dryRun: false,
      failOn: 'failures',
      planFile: join(folder, 'plan'),
      journalFile: join(folder, 'journal'),
      reportFile: join(folder, 'report'),
    },
    {
      buckets: modelBuckets({ bucket }, { at: end, choose: chooser(some) }),
      narrator: SILENT,
      now: () => end,
      stop: new AbortController().signal,
      concurrency: 4,
    },
  );
}

const few = { ...runs(), numRuns: Math.max(100, runs().numRuns / 10) };
const picks = fc.array(fc.nat(), { maxLength: 30 });

describe('an incident', () => {
  it('the time suggested is the last whole second before its first loss', async () => {
    await fc.assert(
      fc.asyncProperty(ordinary, creations, incident, picks, async (days, made, one, some) => {
        const { bucket, first } = live([...days, ...made], one);
        const { suggestedTime } = await lookAt(bucket, some);
        expect(suggestedTime).toBe(new Date(BEGIN + (first - 1) * 1000).toISOString().replace('.000Z', 'Z'));
      }),
      few,
    );
  });

  it('a rollback to that time gives back what readers saw before it', async () => {
    await fc.assert(
      fc.asyncProperty(ordinary, creations, incident, async (days, made, one) => {
        const { bucket, before } = live([...days, ...made], one);
        const { suggestedTime = '' } = await lookAt(bucket);
        const past: Past = { keys: KEYS, start: 'Enabled', happenings: [{ later: DAYS * DAY, what: 'enable' }] };
        const target = { kind: 'time', at: Date.parse(suggestedTime) } as const;
        const { report } = await run(bucket, { past, operation: 'rollback', target, method: 'copy' });
        expect(report.totals).toMatchObject({ failed: 0, conflicts: 0, skipped: 0 });
        expect(viewsOf(bucket, KEYS)).toEqual(before);
        // And is no incident of its own. (What it deleted again, because it was not there then, may be taken for one.)
        expect((await lookAt(bucket)).report.history?.incident?.overwritten ?? 0).toBe(0);
      }),
      few,
    );
  });
});

describe('no incident', () => {
  it('in the ordinary life of a bucket there is none, and no time is suggested', async () => {
    await fc.assert(
      fc.asyncProperty(ordinary, creations, async (days, made) => {
        const { report, suggestedTime } = await lookAt(live([...days, ...made], undefined).bucket);
        expect(report.history).toMatchObject({ bursts: [] });
        expect(suggestedTime).toBeUndefined();
      }),
      few,
    );
  });
});
