import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CancelledError, RollbackError } from '../../../src/core/errors.ts';
import type { BucketEvent } from '../../../src/core/event.ts';
import { type Judge, openJudge } from '../../../src/core/judge.ts';
import { SILENT } from '../../../src/core/narrator.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy.ts';
import { type BucketFacts, type Buckets, S3Failure } from '../../../src/core/ports.ts';
import { countEvents, planEvents } from '../../../src/operations/event-keys.ts';
import { openEventSpool } from '../../../src/operations/event-spool.ts';
import type { Candidate } from '../../../src/operations/planner.ts';
import * as model from '../../support/model.ts';
import { modelBuckets } from '../../support/model-port.ts';

/** From events to keys: which histories are read, and what is decided on each key. */

const folder = mkdtempSync(join(tmpdir(), 's3-rollback-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const T = Date.parse('2026-11-22T12:00:00Z');

let sequence = 0;
function deletion(bucket: string, key: string, versionId: string, more: Partial<BucketEvent> = {}): BucketEvent {
  sequence += 1;
  const sequencer = sequence.toString(16);
  return { kind: 'delete-marker', name: 'x', bucket, key, versionId, sequencer, at: T, who: {}, ...more };
}

async function spoolOf(events: readonly BucketEvent[]) {
  const spool = openEventSpool(folder);
  await spool.add(events.map((event, message) => ({ event, message, receives: 9 })));
  return spool;
}

/** Buckets of which some cannot be read. */
function bucketsOf(models: Record<string, model.Bucket>, broken: Record<string, { look?: Error; read?: Error }> = {}) {
  const buckets = modelBuckets(models, { at: T });
  const asked: string[] = [];
  const wrapped: Buckets = {
    ...buckets,
    open(name) {
      const port = buckets.open(name);
      return {
        ...port,
        async preflight() {
          asked.push(`${name}: facts`);
          const error = broken[name]?.look;
          if (error !== undefined) throw error;
          return port.preflight();
        },
        async readHistories(keys, how) {
          asked.push(`${name}: ${keys.join(' ')}`);
          const error = broken[name]?.read;
          if (error !== undefined) throw error;
          return port.readHistories(keys, how);
        },
      };
    },
  };
  return { buckets: wrapped, asked };
}

async function planned(events: readonly BucketEvent[], buckets: Buckets, judge: Judge = JUDGE()) {
  const spool = await spoolOf(events);
  const facts = new Map<string, BucketFacts>();
  const candidates: Candidate[] = [];
  const segments: string[] = [];
  await planEvents(
    spool,
    async (batch) => {
      candidates.push(...batch);
      return [];
    },
    {
      segment(start) {
        segments.push(start);
        return { write: async () => {}, end: async () => {} };
      },
      finish: async () => ({ digest: '' }),
      cleanUp: async () => {},
    },
    { buckets, narrator: SILENT, judge, facts, now: T + 30 * 86_400_000, stop: new AbortController().signal },
  );
  const decided = candidates
    .map(({ bucket, history, target, settled }) => {
      const what =
        target?.kind === 'version'
          ? `back to ${target.versionId}`
          : settled?.kind === 'skipped'
            ? settled.reason
            : settled?.kind === 'failed'
              ? `failed ${settled.failure.code}`
              : settled?.kind;
      return `${bucket}:${history.key} ${what}`;
    })
    .sort();
  return { decided, facts: [...facts.keys()], segments };
}

const JUDGE = () => openJudge(DEFAULT_POLICY, { now: T });

/** A bucket in which every one of these keys has a version and a marker, `v1` and `v2`, `v3` and `v4`, … */
function deleted(...keys: string[]): model.Bucket {
  const bucket = model.emptyBucket('Enabled');
  for (const key of keys) {
    model.put(bucket, key, { body: 'one', contentType: 'text/plain' }, T);
    model.addMarker(bucket, key, T);
  }
  return bucket;
}

describe('the keys that events tell of', () => {
  it('are decided on by their histories; those of one bucket are read together', async () => {
    const { buckets, asked } = bucketsOf({ a: deleted('x', 'y'), b: deleted('x') });
    const events = [
      deletion('a', 'y', 'v4'),
      deletion('b', 'x', 'v2'),
      deletion('a', 'x', 'v2'),
      deletion('a', 'z', 'v9'),
    ];
    const { decided, facts } = await planned(events, buckets);
    expect(decided).toEqual(['a:x back to v1', 'a:y back to v3', 'a:z nothing-to-restore', 'b:x back to v1']);
    expect(asked.toSorted()).toEqual(['a: facts', 'a: x y z', 'b: facts', 'b: x']);
    expect(facts.toSorted()).toEqual(['a', 'b']);
  });

  it('are not read where nothing asks for it, and no bucket is then looked at', async () => {
    const { buckets, asked } = bucketsOf({ a: deleted('x') });
    const events = [
      deletion('a', 'x', 'v2', { kind: 'lifecycle-delete-marker' }),
      deletion('a', 'y', 'v2', { kind: 'other' }),
    ];
    expect((await planned(events, buckets)).decided).toEqual(['a:x no-rule']);
    expect(asked).toEqual([]);
  });

  it('are not even counted where no event of theirs means anything', async () => {
    const { buckets } = bucketsOf({ a: deleted('x') });
    expect((await planned([deletion('a', 'x', 'v2', { kind: 'overwrite' })], buckets)).decided).toEqual([]);
  });

  it('a bucket is looked at once, however many groups its keys make', async () => {
    const keys = Array.from({ length: 2500 }, (_, i) => `k${String(i).padStart(4, '0')}`);
    const { buckets, asked } = bucketsOf({ a: deleted(...keys) });
    const { decided, segments } = await planned(
      keys.map((key, i) => deletion('a', key, `v${2 * i + 2}`)),
      buckets,
    );
    expect(decided).toEqual(keys.map((key, i) => `a:${key} back to v${2 * i + 1}`));
    expect(asked.filter((what) => what === 'a: facts')).toHaveLength(1);
    // Sorted by these, the lines of the plan are sorted by key.
    expect(segments.length).toBeGreaterThan(1);
    expect(segments).toEqual(segments.toSorted());
  });
});

describe('a bucket that cannot be read fails its own keys, and no others', () => {
  const denied = new RollbackError('access-denied', 'not allowed', 'Allow it.');
  const events = [deletion('a', 'x', 'v2'), deletion('b', 'x', 'v2'), deletion('b', 'y', 'v2')];

  it.each<[what: string, broken: { look?: Error; read?: Error }, code: string]>([
    ['its versioning may not be read', { look: denied }, 'access-denied'],
    ['it does not exist any more', { look: new RollbackError('bucket-not-found', '') }, 'bucket-not-found'],
    ['it has no versioning', { look: new RollbackError('versioning-off', '') }, 'versioning-off'],
    ['it may not be listed', { read: new S3Failure({ code: 'AccessDenied', message: '', hint: '' }) }, 'AccessDenied'],
    ['its listing cannot be trusted', { read: new RollbackError('incomplete-listing', '') }, 'incomplete-listing'],
  ])('%s', async (_, broken, code) => {
    const { buckets } = bucketsOf({ a: deleted('x'), b: deleted('x') }, { b: broken });
    expect((await planned(events, buckets)).decided).toEqual([
      'a:x back to v1',
      `b:x failed ${code}`,
      `b:y failed ${code}`,
    ]);
  });

  it.each<[what: string, error: Error]>([
    ['credentials are missing', new RollbackError('no-credentials', '')],
    ['nothing answers', new RollbackError('endpoint-unreachable', '')],
    ['credentials ran out', new S3Failure({ code: 'ExpiredToken', message: '', hint: '' })],
    ['S3 lets nothing through', new S3Failure({ code: 'throttled', message: '', hint: '' })],
    ['the job is cancelled', new CancelledError()],
    ['we are wrong', new TypeError('x is not a function')],
  ])('the run ends where nothing else can succeed: %s', async (_, error) => {
    const { buckets } = bucketsOf({ a: deleted('x'), b: deleted('x') }, { b: { look: error } });
    await expect(planned(events, buckets)).rejects.toBe(error);
    const reading = bucketsOf({ a: deleted('x'), b: deleted('x') }, { b: { read: error } });
    await expect(planned(events, reading.buckets)).rejects.toBe(error);
  });
});

describe('counting for bursts', () => {
  it('takes every event once, whatever the number of its deliveries', async () => {
    const counted: string[] = [];
    const judge: Judge = {
      count: ({ key, versionId }) => counted.push(`${key} ${versionId}`),
      judge: () => ({ kind: 'irrelevant' }),
    };
    const one = deletion('a', 'x', 'v1');
    const other = deletion('a', 'x', 'v2');
    const elsewhere = { ...one, key: 'y' };
    const { sequencer: _, ...timed } = one;
    await countEvents(
      await spoolOf([one, other, one, elsewhere, { ...one, sequencer: `00${one.sequencer}` }, other]),
      judge,
      new AbortController().signal,
    );
    expect(counted).toEqual(['x v1', 'x v2', 'y v1']);
    counted.length = 0;
    // Without a sequencer the time tells.
    await countEvents(await spoolOf([timed, timed, { ...timed, at: T + 1 }]), judge, new AbortController().signal);
    expect(counted).toEqual(['x v1', 'x v1']);
  });
});
