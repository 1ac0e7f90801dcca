import { describe, expect, it } from 'vitest';
import { conclusion } from '../../../src/action/conclusion.ts';
import { failure, key, requestOf, resultOf } from './support.ts';

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

  it('says of a dry run what would be changed', () => {
    const [line] = conclusion(resultOf(requestOf({ dryRun: true }), (tally) => key(tally, 'site/a')));
    expect(line).toMatch(/^Dry run: 1 key to change; .*status planned/);
  });
});
