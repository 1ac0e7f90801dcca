import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { outputsOf } from '../../../src/action/outputs.ts';
import { SILENT } from '../../../src/core/narrator.ts';
import type { HistoryRequest } from '../../../src/core/request.ts';
import { history } from '../../../src/operations/history.ts';
import { type FakeBucket, type FakeEntry, fakeBuckets, NOW, requestIn, useTemp } from './download-support.ts';

const temp = useTemp();

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const T = NOW - 5 * HOUR;

const version = (lastModified: number, body = 'x'): FakeEntry => ({ body, lastModified });
const marker = (lastModified: number): FakeEntry => ({ lastModified });

function requestOf(over: Partial<HistoryRequest['scope']> = {}): HistoryRequest {
  const { planFile, journalFile, reportFile } = requestIn(temp.in('run'));
  return {
    operation: 'history',
    scope: { bucket: 'bucket', prefix: '', include: [], exclude: [], ...over },
    target: { kind: 'none' },
    dryRun: false,
    failOn: 'failures',
    planFile,
    journalFile,
    reportFile,
  };
}

async function look(bucket: FakeBucket, over: Partial<HistoryRequest['scope']> = {}, stop = new AbortController()) {
  const request = requestOf(over);
  const buckets = fakeBuckets({ ...bucket, stop: stop.signal });
  const deps = { buckets, narrator: SILENT, now: () => NOW, stop: stop.signal, concurrency: 4 };
  const result = await history(request, deps);
  return { ...result, buckets, found: result.report.history };
}

/** Keys that were all made long ago, and deleted one after the other. */
function wiped(n: number, { at = T, over = 40, prefix = 'site/' } = {}): Record<string, FakeEntry[]> {
  return Object.fromEntries(
    Array.from({ length: n }, (_, i) => [
      `${prefix}${i % 4 === 0 ? 'img' : 'css'}/${i}`,
      [marker(at + Math.floor((i * over) / n) * SECOND), version(T - 90 * DAY)],
    ]),
  );
}

/** Keys that somebody overwrites now and then. */
const CALM = Object.fromEntries(
  Array.from({ length: 60 }, (_, i) => [
    `data/${i}`,
    [version(T - i * DAY - (i % 7) * HOUR, 'y'), version(T - 90 * DAY)],
  ]),
);

describe('a prefix', () => {
  it('the incident: when, how many, where, and the last whole second before it', async () => {
    const { report, suggestedTime, found } = await look({ keys: { ...CALM, ...wiped(3000) } });
    const began = new Date(T).toISOString().replace('.000Z', 'Z');
    expect(found?.incident).toEqual({
      began,
      ended: new Date(T + 39 * SECOND).toISOString().replace('.000Z', 'Z'),
      deleted: 3000,
      overwritten: 0,
      still: 3000,
      midnight: 0,
      within: 'site/',
      prefixes: [
        { prefix: 'site/css/', keys: 2250 },
        { prefix: 'site/img/', keys: 750 },
      ],
    });
    expect(suggestedTime).toBe(new Date(T - SECOND).toISOString().replace('.000Z', 'Z'));
    expect(found?.suggestedTime).toBe(suggestedTime);
    expect(
      outputsOf(
        { report, highlights: { prefixes: [], samples: [], toAbsent: 0 }, suggestedTime: suggestedTime ?? '' },
        {},
      ),
    ).toMatchObject({
      'suggested-time': suggestedTime,
      status: 'no-change',
      unchanged: '3060',
      skipped: '0',
    });
    expect(found?.entries).toMatchObject({ created: 3060, overwritten: 60, deleted: 3000 });
    const sum = found?.chart?.bars.reduce((n, bar) => n + bar.deleted + bar.overwritten + bar.created, 0);
    expect(sum).toBe(6120);
  });

  it('two incidents: the bigger one is proposed, both are named', async () => {
    const { found, suggestedTime } = await look({
      keys: { ...wiped(300), ...wiped(700, { at: T - 9 * DAY, prefix: 'old/' }) },
    });
    expect(found?.bursts.map(({ keys, judged }) => [keys, judged])).toEqual([
      [700, 'incident'],
      [300, 'unusual'],
    ]);
    expect(suggestedTime).toBe(found?.bursts[0]?.before);
  });

  it('a rollback by copy is not the next incident: what it put back is no loss', async () => {
    const keys = (back: boolean) =>
      Object.fromEntries(
        Array.from({ length: 300 }, (_, i) => [
          `site/${i}`,
          [...(back ? [version(T + HOUR, `${i}`)] : []), version(T, `bad ${i}`), version(T - 90 * DAY, `${i}`)],
        ]),
      );
    expect((await look({ keys: keys(false) })).found?.incident).toMatchObject({ overwritten: 300, still: 300 });
    const { found, suggestedTime } = await look({ keys: keys(true) });
    expect(found?.bursts).toMatchObject([{ keys: 300, still: 0, judged: 'over' }]);
    expect(found?.entries).toMatchObject({ overwritten: 300, 'put-back': 300 });
    expect(suggestedTime).toBeUndefined();
  });

  it('one key of two, deleted', async () => {
    const keys = { a: [marker(T), version(T - 90 * DAY)], b: [version(T - 90 * DAY)] };
    const { found, suggestedTime } = await look({ keys });
    expect(found?.incident).toMatchObject({ deleted: 1, still: 1 });
    expect(suggestedTime).toBe(new Date(T - SECOND).toISOString().replace('.000Z', 'Z'));
  });

  it('a wipe over midnight: with what is stamped midnight, and a window that holds all of it', async () => {
    const midnight = Math.floor(T / DAY) * DAY;
    const { found, suggestedTime } = await look({ keys: wiped(400, { at: midnight - 20 * SECOND }) });
    expect(found?.incident).toMatchObject({ deleted: 400, still: 400, midnight: 10 });
    expect(suggestedTime).toBe(new Date(midnight - 21 * SECOND).toISOString().replace('.000Z', 'Z'));
    const ended = await look({ keys: wiped(400, { at: midnight - 39 * SECOND }) });
    expect(ended.found?.incident).toMatchObject({
      deleted: 400,
      ended: new Date(midnight).toISOString().replace('.000Z', 'Z'),
    });
  });

  it('a time that lies in the future for this machine: says that its clock is behind', async () => {
    const ahead = await look({ keys: wiped(100, { at: NOW + HOUR }) });
    expect(ahead.suggestedTime).toBe(new Date(NOW + HOUR - SECOND).toISOString().replace('.000Z', 'Z'));
    expect(ahead.report.notes.join()).toContain('it is behind that of S3');
    expect((await look({ keys: wiped(100) })).report.notes.join()).not.toContain('clock');
  });

  it('none in a calm bucket, and no time', async () => {
    const { found, suggestedTime, report } = await look({ keys: CALM });
    expect(found).toMatchObject({ bursts: [] });
    expect(found?.incident).toBeUndefined();
    expect(suggestedTime).toBeUndefined();
    expect(report.status).toBe('no-change');
  });

  it('keeps apart what is stamped midnight', async () => {
    const midnight = Math.floor(T / DAY) * DAY;
    const expired = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`old/${i}`, [marker(midnight), version(T - 90 * DAY)]]),
    );
    const { found, suggestedTime } = await look({ keys: { ...CALM, ...expired } });
    expect(found?.midnights).toEqual([
      { at: new Date(midnight).toISOString().replace('.000Z', 'Z'), keys: 50, still: 50 },
    ]);
    expect(suggestedTime).toBeUndefined();
  });

  it('with more losses than memory holds, sorted on disk, and nothing left behind', async () => {
    const { found } = await look({ keys: wiped(60_000, { over: 600 }) });
    expect(found?.incident).toMatchObject({ deleted: 60_000 });
    expect(readdirSync(temp.in('run', 'run', 'spool'))).toEqual([]);
  });

  it('heeds globs', async () => {
    const { found } = await look({ keys: wiped(400) }, { include: ['site/img/*'] });
    expect(found?.incident).toMatchObject({ deleted: 100, within: 'site/img/' });
  });

  it('says that the server does not tell the order', async () => {
    const keys = { k: [version(T), marker(T)], l: [version(T)] };
    const { report } = await look({ keys, otherOrders: { k: [marker(T), version(T)] }, order: 'grouped' });
    expect(report.notes.join()).toContain('Of 1 key the server does not tell which of two entries is newer');
  });

  it('changes nothing, and reads no object', async () => {
    const { buckets } = await look({ keys: wiped(100) });
    expect(buckets.sent).toEqual([]);
    expect(buckets.requests).toMatchObject({ list: 1, get: 0, head: 0, copy: 0, delete: 0, put: 0 });
  });

  it('nothing in scope is said, and is no error', async () => {
    const { report, found } = await look({ keys: {} }, { prefix: 'nowhere/' });
    expect(report).toMatchObject({ status: 'no-change', totals: { keysExamined: 0 } });
    expect(report.notes.join()).toContain('nowhere/');
    expect(found?.chart).toBeUndefined();
  });

  it('cancelled: nothing is said to be found', async () => {
    const stop = new AbortController();
    stop.abort();
    const { report, suggestedTime } = await look({ keys: wiped(100) }, {}, stop);
    expect(report).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
    expect(report.history).toBeUndefined();
    expect(suggestedTime).toBeUndefined();
  });
});

describe('one key', () => {
  const timed = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
  const entries = [marker(T + 60 * SECOND), marker(T), version(T - DAY, 'longer'), version(T - 2 * DAY)];

  it('its timeline, newest first', async () => {
    const { found } = await look({ keys: { k: entries } }, { key: 'k' });
    expect(
      found?.timeline?.map(({ at, deed, size, versionId, current }) => [at, deed, size, versionId, current]),
    ).toEqual([
      [timed(T + 60 * SECOND), 'deleted-again', undefined, 'v4', true],
      [timed(T), 'deleted', undefined, 'v3', false],
      [timed(T - DAY), 'overwritten', 6, 'v2', false],
      [timed(T - 2 * DAY), 'created', 1, 'v1', false],
    ]);
    expect(found?.bursts).toEqual([]);
  });

  it('deleted: the last second before its deletion, which is that of the oldest marker on top', async () => {
    expect((await look({ keys: { k: entries } }, { key: 'k' })).suggestedTime).toBe(timed(T - SECOND));
  });

  it.each([
    ['live', [version(T), version(T - DAY)]],
    ['created again', [version(T), marker(T - HOUR), version(T - DAY)]],
    ['with markers only', [marker(T)]],
    ['deleted in the second in which it was written', [marker(T), version(T), version(T - DAY)]],
    ['with a marker stamped earlier than what it covers', [marker(Math.floor(T / DAY) * DAY), version(T)]],
  ])('%s: no time', async (_, its) => {
    expect((await look({ keys: { k: its } }, { key: 'k' })).suggestedTime).toBeUndefined();
  });

  it('deleted a second after it was written: that second', async () => {
    const { suggestedTime } = await look({ keys: { k: [marker(T), version(T - SECOND)] } }, { key: 'k' });
    expect(suggestedTime).toBe(timed(T - SECOND));
  });

  it('a marker that is stamped earlier than what it covers says both times', async () => {
    const midnight = Math.floor(T / DAY) * DAY;
    const { found } = await look({ keys: { k: [marker(midnight), version(T)] } }, { key: 'k' });
    expect(found?.timeline?.[0]).toMatchObject({ at: timed(T), stamped: timed(midnight), midnight: true });
  });

  it('of a hundred thousand entries the first thousand', async () => {
    const many = Array.from({ length: 100_000 }, (_, i) => version(T - i * SECOND));
    const { found, report } = await look({ keys: { k: many } }, { key: 'k' });
    expect(found?.timeline).toHaveLength(1000);
    expect(report.totals.entriesExamined).toBe(100_000);
  });
});

it('the report file holds what was found', async () => {
  await look({ keys: wiped(100) });
  const { reportFile } = requestOf();
  expect(existsSync(reportFile)).toBe(true);
  expect(JSON.parse(readFileSync(reportFile, 'utf8')).history.incident.deleted).toBe(100);
});
