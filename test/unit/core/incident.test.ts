import { describe, expect, it } from 'vitest';
import type { BucketEvent } from '../../../src/core/event.ts';
import { countEvent, type DeedRow, MAX_EVENTS, newIncident, outcomeWord } from '../../../src/core/incident.ts';
import type { Verdict } from '../../../src/core/judge.ts';
import type { Rule } from '../../../src/core/policy.ts';

/** The account of what the events told: who did what, which rule decided, what was done. */

const RULE = { name: 'site' } as Rule;
const ACT: Verdict = { kind: 'act', rule: RULE, recount: false };
const T = Date.parse('2026-11-22T12:00:00Z');

const EVENT: BucketEvent = {
  kind: 'delete-marker',
  name: 'ObjectRemoved:DeleteMarkerCreated',
  bucket: 'my-site',
  key: 'index.html',
  versionId: 'DM1',
  at: T,
  who: { principal: 'AWS:AROAX:script', sourceIp: '203.0.113.7', requestId: 'R1' },
};

type Row = readonly [event: Partial<BucketEvent>, verdict: Verdict, outcome: string];

function incidentOf(...rows: readonly Row[]) {
  const incident = newIncident();
  for (const [event, verdict, outcome] of rows) countEvent(incident, { ...EVENT, ...event }, verdict, outcome);
  return incident;
}

const deedsOf = (...rows: readonly Row[]): DeedRow[] => [...incidentOf(...rows).deeds.values()];

describe('an event in the report', () => {
  it('says what, who, which rule, what was decided and what came of it', () => {
    expect(incidentOf([{}, ACT, 'restored']).listed).toEqual([
      {
        bucket: 'my-site',
        key: 'index.html',
        event: 'ObjectRemoved:DeleteMarkerCreated',
        versionId: 'DM1',
        time: '2026-11-22T12:00:00Z',
        principal: 'AWS:AROAX:script',
        sourceIp: '203.0.113.7',
        requestId: 'R1',
        rule: 'site',
        decision: 'restore',
        outcome: 'restored',
      },
    ]);
  });

  it('leaves out what is not known', () => {
    const { versionId: _, ...bare } = EVENT;
    const incident = newIncident();
    countEvent(incident, { ...bare, who: {} }, { kind: 'leave', reason: 'no-rule' }, 'no-rule');
    const [row = {}] = incident.listed;
    expect(Object.keys(row)).toEqual(['bucket', 'key', 'event', 'time', 'decision', 'outcome']);
  });

  it.each<[verdict: Verdict, decision: string]>([
    [ACT, 'restore'],
    [{ kind: 'act', rule: RULE, recount: true }, 'restore'],
    [{ kind: 'wait', rule: RULE, seconds: 3 }, 'hold-off'],
    [{ kind: 'leave', reason: 'wanted', rule: RULE }, 'wanted'],
    [{ kind: 'leave', reason: 'own-change', rule: RULE }, 'own'],
    [{ kind: 'leave', reason: 'no-burst', rule: RULE }, 'no-burst'],
    [{ kind: 'leave', reason: 'report-only', rule: RULE }, 'report'],
    [{ kind: 'leave', reason: 'no-rule' }, 'no-rule'],
  ])('%j is decided as %s', (verdict, decision) => {
    expect(incidentOf([{}, verdict, 'x']).listed[0]?.decision).toBe(decision);
  });

  it('is none where it means nothing to the policy', () => {
    const incident = incidentOf([{ kind: 'other' }, { kind: 'irrelevant' }, 'x']);
    expect(incident).toEqual(newIncident());
  });

  it('is listed among the first so many; all are counted', () => {
    const rows = Array.from({ length: MAX_EVENTS + 5 }, (_, i): Row => [{ key: `k${i}` }, ACT, 'restored']);
    const incident = incidentOf(...rows);
    expect(incident.events).toBe(MAX_EVENTS + 5);
    expect(incident.listed).toHaveLength(MAX_EVENTS);
    expect(incident.listed.at(-1)?.key).toBe(`k${MAX_EVENTS - 1}`);
    expect([...incident.deeds.values()].map(({ events }) => events)).toEqual([MAX_EVENTS + 5]);
  });
});

describe('deeds: what somebody did, in one line', () => {
  it('have the first and the last time, and how many came to what', () => {
    const [deed, ...others] = deedsOf(
      [{ at: T + 5000 }, ACT, 'restored'],
      [{ at: T, key: 'b' }, ACT, 'restored'],
      [{ at: T + 9000, key: 'c' }, ACT, 'failed'],
    );
    expect(others).toEqual([]);
    expect(deed).toMatchObject({ events: 3, first: T, last: T + 9000, bucket: 'my-site', rule: 'site' });
    expect(deed?.who).toEqual({ principal: 'AWS:AROAX:script', sourceIp: '203.0.113.7' });
    expect(Object.fromEntries(deed?.outcomes ?? [])).toEqual({ restored: 2, failed: 1 });
  });

  it.each<[what: string, other: Row]>([
    ['bucket', [{ bucket: 'other' }, ACT, 'restored']],
    ['event', [{ name: 'LifecycleExpiration:DeleteMarkerCreated' }, ACT, 'restored']],
    ['principal', [{ who: { ...EVENT.who, principal: 'AWS:AROAY:x' } }, ACT, 'restored']],
    ['address', [{ who: { ...EVENT.who, sourceIp: '203.0.113.8' } }, ACT, 'restored']],
    ['nobody known', [{ who: {} }, ACT, 'restored']],
    ['rule', [{}, { ...ACT, rule: { name: 'other' } as Rule }, 'restored']],
    ['decision', [{}, { kind: 'leave', reason: 'wanted', rule: RULE }, 'wanted']],
  ])('are others for another %s', (_, other) => {
    expect(deedsOf([{}, ACT, 'restored'], other)).toHaveLength(2);
  });

  it('name the first three requests, each once, and say that there are others', () => {
    const requests = (...ids: (string | undefined)[]) => {
      const [deed] = deedsOf(
        ...ids.map((requestId): Row => [{ who: requestId === undefined ? {} : { requestId } }, ACT, 'restored']),
      );
      return [deed?.requestIds, deed?.moreRequests];
    };
    expect(requests('R1', 'R2', 'R1', 'R3', 'R3')).toEqual([['R1', 'R2', 'R3'], false]);
    expect(requests('R1', 'R2', 'R3', 'R4')).toEqual([['R1', 'R2', 'R3'], true]);
    expect(requests(undefined)).toEqual([[], false]);
  });

  it('are bounded: beyond that there is one line for each bucket and decision, which names nobody', () => {
    const who = (i: number): Row => [{ who: { principal: `P${i}` } }, ACT, 'restored'];
    const wanted: Verdict = { kind: 'leave', reason: 'wanted', rule: RULE };
    const incident = incidentOf(
      ...Array.from({ length: 1000 }, (_, i) => who(i)),
      [{ who: { principal: 'Q' } }, wanted, 'wanted'],
      [{ who: { principal: 'R' } }, wanted, 'wanted'],
      // Known already: counted where it was.
      who(0),
    );
    const deeds = [...incident.deeds.values()];
    expect(deeds).toHaveLength(402);
    expect(deeds[0]?.events).toBe(2);
    expect(deeds.slice(400)).toMatchObject([
      { bucket: 'my-site', event: '', who: {}, decision: 'restore', events: 600 },
      { bucket: 'my-site', event: '', who: {}, decision: 'wanted', events: 2 },
    ]);
    expect(deeds.slice(400).every((deed) => deed.rule === undefined)).toBe(true);
  });

  it('what many did as wanted does not hide what was undone elsewhere', () => {
    const wanted: Verdict = { kind: 'leave', reason: 'wanted', rule: RULE };
    const incident = incidentOf(
      ...Array.from({ length: 300 }, (_, i): Row => [{ who: { principal: `P${i}` } }, wanted, 'wanted']),
      [{ bucket: 'other', who: { principal: 'Q' } }, ACT, 'restored'],
    );
    const undone = [...incident.deeds.values()].filter(({ decision }) => decision === 'restore');
    expect(undone).toMatchObject([{ bucket: 'other', who: { principal: 'Q' }, events: 1 }]);
  });
});

describe('an outcome in a word', () => {
  it('is its kind; of what was skipped the reason', () => {
    expect(outcomeWord({ kind: 'restored' })).toBe('restored');
    expect(outcomeWord({ kind: 'conflict', found: 'x' })).toBe('conflict');
    expect(outcomeWord({ kind: 'skipped', reason: 'superseded' })).toBe('superseded');
  });
});
