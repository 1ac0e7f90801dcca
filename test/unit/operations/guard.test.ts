import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { RollbackError } from '../../../src/core/errors.ts';
import { SILENT } from '../../../src/core/narrator.ts';
import { type BucketPort, type Buckets, S3Failure } from '../../../src/core/ports.ts';
import type { RunResult } from '../../../src/core/report.ts';
import type { GuardRequest, RestoreRequest } from '../../../src/core/request.ts';
import { guard, type Sleep } from '../../../src/operations/guard.ts';
import { restore } from '../../../src/operations/restore.ts';
import { addMarker, type Bucket, emptyBucket, put, read } from '../../support/model.ts';
import { modelBuckets } from '../../support/model-port.ts';

const folder = mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOON = Date.parse('2026-03-04T12:00:00Z');
const request: GuardRequest = {
  operation: 'guard',
  scope: { bucket: 'bucket', prefix: 'site/', include: [], exclude: [] },
  target: { kind: 'none' },
  dryRun: false,
  failOn: 'failures',
  verify: true,
  planFile: join(folder, 'plan'),
  journalFile: join(folder, 'journal'),
  reportFile: join(folder, 'report.json'),
};

/** What the clock of the server says when it is asked: the answers in turn, of which the last stands for all that follow. */
type Clock = readonly (number | Error)[];

interface Guarding {
  readonly clock: Clock;
  readonly versioning?: Bucket['versioning'];
  readonly sleep?: (stop: AbortController) => ReturnType<Sleep>;
  readonly port?: Partial<BucketPort>;
}

let looks = 0;
let sleeps: number[] = [];
beforeEach(() => {
  looks = 0;
  sleeps = [];
});

async function guardWith({ clock, versioning = 'Enabled', sleep, port = {} }: Guarding): Promise<RunResult> {
  const models = modelBuckets({ bucket: emptyBucket(versioning) }, { at: NOON });
  const serverTime = async () => {
    const answer = clock[Math.min(looks++, clock.length - 1)] ?? Number.NaN;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const buckets: Buckets = { ...models, open: (name) => ({ ...models.open(name), serverTime, ...port }) };
  const stop = new AbortController();
  const deps = { buckets, narrator: SILENT, now: () => NOON - 600_000, stop: stop.signal, concurrency: 4 };
  const result = await guard(request, deps, async (ms) => {
    sleeps.push(ms);
    await sleep?.(stop);
  });
  expect(models.mutations, 'a guard changes nothing').toEqual([]);
  return result;
}

test('looks at what is guarded, so that a missing permission shows before the deployment', async () => {
  const asked: string[] = [];
  const readTop = async (key: string) => {
    asked.push(key);
    return [];
  };
  expect((await guardWith({ clock: [NOON, NOON + 1000], port: { readTop } })).checkpoint).toBeDefined();
  expect(asked).toEqual(['site/']);
  const denied = async () => {
    throw new S3Failure({ code: 'AccessDenied', message: 'no', hint: 's3:ListBucketVersions' });
  };
  expectNotGuarded(await guardWith({ clock: [NOON, NOON + 1000], port: { readTop: denied } }), 'AccessDenied');
});

function expectNotGuarded(result: RunResult, code: string): void {
  expect(result.checkpoint).toBeUndefined();
  expect(result.report).toMatchObject({ status: 'failed', error: { code } });
}

describe('the moment before the deployment', () => {
  test.each<[string, Clock, looks: number]>([
    ['the second that has begun, once it is over', [NOON, NOON + 1000], 2],
    ['not the one in which the guard ends', [NOON, NOON + 5000], 2],
    ['looked at until the second is over', [NOON, NOON, NOON, NOON + 1000], 4],
    // Behind one address there are many servers, and their clocks differ.
    ['a clock that goes back has not gone on', [NOON, NOON - 1000, NOON, NOON + 1000], 4],
  ])('%s', async (_, clock, times) => {
    const result = await guardWith({ clock });
    expect(result).toMatchObject({
      checkpoint: '2026-03-04T12:00:00Z',
      report: { status: 'no-change', operation: 'guard' },
    });
    expect(result.report.error).toBeUndefined();
    expect(looks).toBe(times);
    expect(sleeps).toHaveLength(times - 1);
    for (const ms of sleeps) expect(ms, 'longer than a second').toBeGreaterThan(1000);
  });

  test('is that of the server, whatever the runner takes for the time', async () => {
    const { checkpoint, report } = await guardWith({ clock: [NOON, NOON + 1000] });
    expect(checkpoint).toBe('2026-03-04T12:00:00Z');
    expect(report.startedAt).toMatch(/^2026-03-04T11:50:00/);
  });

  test('a report is written, as of every run', async () => {
    const { report, reportFile = '' } = await guardWith({ clock: [NOON, NOON + 1000] });
    expect(JSON.parse(readFileSync(reportFile, 'utf8'))).toEqual(JSON.parse(JSON.stringify(report)));
    expect(report.totals).toMatchObject({ keysExamined: 0, planned: 0, restored: 0, failed: 0 });
  });

  test('with versioning suspended it says what cannot come back', async () => {
    const { checkpoint, report } = await guardWith({ clock: [NOON, NOON + 1000], versioning: 'Suspended' });
    expect(checkpoint).toBeDefined();
    expect([...report.notes].join()).toMatch(/suspended: what the deployment overwrites is gone/);
  });
});

describe('there is no checkpoint', () => {
  test('when the clock of the server stands still: it is not waited for for ever', async () => {
    const result = await guardWith({ clock: [NOON] });
    expectNotGuarded(result, 'no-server-clock');
    expect(result.report.error?.message).toContain('stands still at 2026-03-04T12:00:00Z');
    expect(looks).toBeLessThan(20);
  });

  test.each([
    ['at once', [new RollbackError('no-server-clock', 'no header Date')]],
    ['later', [NOON, new RollbackError('no-server-clock', 'no header Date')]],
  ])('when the server does not say the time, %s', async (_, clock) => {
    const result = await guardWith({ clock });
    expectNotGuarded(result, 'no-server-clock');
  });

  test('when the bucket keeps no versions: the clock is not even asked', async () => {
    const preflight = () => Promise.reject(new RollbackError('versioning-off', 'versioning is off'));
    const result = await guardWith({ clock: [NOON, NOON + 1000], port: { preflight } });
    expectNotGuarded(result, 'versioning-off');
    expect(looks).toBe(0);
  });

  test('when the job is cancelled while the second is waited out', async () => {
    const result = await guardWith({
      clock: [NOON, NOON + 1000],
      sleep: (stop) => {
        stop.abort();
        return Promise.reject(stop.signal.reason);
      },
    });
    expectNotGuarded(result, 'cancelled');
    expect(looks).toBe(1);
  });

  test('when the wait breaks for a reason of its own, which is told', async () => {
    const result = await guardWith({ clock: [NOON, NOON + 1000], sleep: () => Promise.reject(new Error('no timer')) });
    expectNotGuarded(result, 'unexpected');
    expect(result.report.error?.message).toBe('no timer');
  });
});

test('without another sleep it is cut by the signal', async () => {
  const models = modelBuckets({ bucket: emptyBucket('Enabled') }, { at: NOON });
  const stop = new AbortController();
  const serverTime = async () => {
    stop.abort();
    return NOON;
  };
  const buckets: Buckets = { ...models, open: (name) => ({ ...models.open(name), serverTime }) };
  const deps = { buckets, narrator: SILENT, now: () => NOON, stop: stop.signal, concurrency: 4 };
  expectNotGuarded(await guard(request, deps), 'cancelled');
});

/** What the second half runs: a rollback, by somebody who may have no time left. */
describe('going back in a hurry', () => {
  // More keys than are carried out at a time, and those that only lose a marker are the last in the order of the keys.
  const overwritten = Array.from({ length: 10_001 }, (_, i) => `site/a${i}`);
  const deleted = Array.from({ length: 12 }, (_, i) => `site/z${i}`);

  async function goBack(markersFirst: boolean) {
    const bucket = emptyBucket('Enabled');
    const object = (body: string) => ({ body, contentType: 'text/plain' });
    for (const key of [...overwritten, ...deleted]) put(bucket, key, object('A'), NOON);
    for (const key of overwritten) put(bucket, key, object('B'), NOON + 5000);
    for (const key of deleted) addMarker(bucket, key, NOON + 5000);
    const stop = new AbortController();
    const buckets = modelBuckets(
      { bucket },
      {
        at: NOON + 9000,
        choose: (below) => below - 1,
        stop: stop.signal,
        before: ({ kind }) => kind === 'copy' && stop.abort(),
      },
    );
    const asked: RestoreRequest = {
      ...request,
      operation: 'rollback',
      target: { kind: 'time', at: NOON },
      method: 'copy',
      preserve: { objectLock: false, annotations: false },
    };
    const deps = { buckets, narrator: SILENT, now: () => NOON + 9000, stop: stop.signal, concurrency: 4 };
    const { report } = await restore(asked, { ...deps, markersFirst });
    return { report, back: deleted.filter((key) => read(bucket, key)?.body === 'A'), mutations: buckets.mutations };
  }

  test('deleted keys are back before the first copy is made', async () => {
    const { report, back, mutations } = await goBack(true);
    expect(report).toMatchObject({ status: 'partial', error: { code: 'cancelled' } });
    expect(back).toEqual(deleted);
    expect(mutations.map(({ kind }) => kind).indexOf('copy')).toBeGreaterThan(0);
    const { keysExamined, restored, skipped, failed } = report.totals;
    expect(keysExamined).toBe(overwritten.length + deleted.length);
    expect(restored + skipped + failed, 'each key counted once').toBe(keysExamined);
  });

  test('of a run that has time the order is that of the keys', async () => {
    expect((await goBack(false)).back).toEqual([]);
  });
});
