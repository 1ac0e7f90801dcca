import { describe, expect, it } from 'vitest';
import { conclusion } from '../../../src/action/conclusion.ts';
import { countPlanned, type Tally } from '../../../src/core/report.ts';
import { downloadOf, failure, key, requestOf, resultOf } from './support.ts';

describe('the conclusion in the log', () => {
  it('counts everything once, and names the files', () => {
    const lines = conclusion(
      resultOf(requestOf(), (tally) => {
        key(tally, 'site/a', { kind: 'restored' });
        key(tally, 'site/b', failure('AccessDenied', 'Access Denied'));
      }),
    );
    expect(lines).toEqual([
      '1 of 2 planned keys restored; 0 unchanged, 0 skipped, 0 in conflict, 1 failed (status partial, 3 requests, 12 s).',
      'Files: plan /tmp/run/plan.jsonl, journal /tmp/run/journal.jsonl, report /tmp/run/report.json',
    ]);
  });

  it('says what was done: copied, fetched', () => {
    const copies = requestOf({ operation: 'rollback', destination: { bucket: 'quarantine', prefix: '' } });
    const one = (tally: Tally) => key(tally, 'site/a', { kind: 'restored' });
    expect(conclusion(resultOf(copies, one))[0]).toMatch(/^1 of 1 planned key copied;/);
    expect(conclusion(resultOf(downloadOf(), one))[0]).toMatch(/^1 of 1 planned key fetched;/);
    expect(conclusion(resultOf(downloadOf({ dryRun: true }), one))[0]).toMatch(/^Dry run: 1 key to fetch;/);
  });

  it('says of a dry run what would be changed', () => {
    const [line] = conclusion(resultOf(requestOf({ dryRun: true }), (tally) => key(tally, 'site/a')));
    expect(line).toMatch(/^Dry run: 1 key to change; .*status planned/);
  });

  it('says that a refused run changed nothing', () => {
    const refused = resultOf(requestOf(), () => {}, { code: 'versioning-off', message: 'off', hint: '' });
    expect(conclusion(refused)[0]).toMatch(/^Refused: nothing was changed; .*status failed/);
  });

  it('tells what is worth knowing first, and how many keys go back to not being there', () => {
    const request = requestOf({ operation: 'rollback', target: { kind: 'time', at: 0 }, dryRun: true });
    const lines = conclusion(
      resultOf(request, (tally) => {
        tally.notes.add('Is the time right?');
        key(tally, 'site/a');
        countPlanned(tally, { key: 'site/b', to: { versionId: null } }, 'site/');
      }),
    );
    expect(lines[0]).toBe('Note: Is the time right?');
    expect(lines[1]).toMatch(/^Dry run: 2 keys to change \(1 of them to be deleted again\);/);
  });

  it('counts what a history read, and says what it found', () => {
    const request = { ...downloadOf(), operation: 'history' } as never;
    const { report, ...rest } = resultOf(request, (tally) => {
      tally.totals.keysExamined = 40;
      tally.totals.entriesExamined = 1;
    });
    const found = { entries: {}, bursts: [], midnights: [] };
    const incident = {
      began: 'B',
      ended: 'E',
      deleted: 30,
      overwritten: 0,
      still: 30,
      midnight: 0,
      within: '',
      prefixes: [],
    };
    const line = (history: object, over: object = {}) =>
      conclusion({ ...rest, report: { ...report, history, ...over } } as never)[0];
    expect(line(found)).toMatch(/^1 entry of 40 keys read; no incident found \(status /);
    expect(line({ ...found, incident, suggestedTime: 'S' })).toMatch(
      /^1 entry of 40 keys read; incident: 30 keys deleted from B to E, suggested-time S \(status /,
    );
    expect(line({ ...found, timeline: [], suggestedTime: 'S' })).toMatch(
      /^1 entry of 40 keys read, suggested-time S \(/,
    );
    expect(line(found, { error: { code: 'cancelled', message: '', hint: '' } })).toMatch(
      /^Not read to the end: 1 entry of/,
    );
  });
});
