import { describe, expect, it } from 'vitest';
import { outputsOf, refusedOutputs, setOutputs } from '../../../src/action/outputs.ts';
import { OUTPUTS } from '../../../src/action/registry.ts';
import { failure, key, requestOf, resultOf } from './support.ts';

describe('outputs', () => {
  it('are strings, one for each of the registry', () => {
    const result = resultOf(requestOf(), (tally) => {
      key(tally, 'a', { kind: 'restored' });
      key(tally, 'b', failure('x', 'y'));
    });
    expect(outputsOf(result, result)).toEqual({
      status: 'partial',
      planned: '2',
      restored: '1',
      unchanged: '0',
      skipped: '0',
      conflicts: '0',
      failed: '1',
      'plan-file': '/tmp/run/plan.jsonl',
      'plan-digest': `sha256:${'0123456789abcdef'.repeat(4)}`,
      'report-file': '/tmp/run/report.json',
      checkpoint: '',
      'suggested-time': '',
      'journal-file': '/tmp/run/journal.jsonl',
    });
  });

  it('are empty where there is no file', () => {
    const { plan: _, ...result } = resultOf(requestOf({ dryRun: true }), () => {});
    expect(outputsOf(result, {})).toMatchObject({
      'plan-file': '',
      'plan-digest': '',
      'report-file': '',
      'journal-file': '',
    });
  });

  it('are all set when a run is refused for its inputs', () => {
    const set: Record<string, string> = {};
    setOutputs(refusedOutputs(), (name, value) => {
      set[name] = value;
    });
    expect(Object.keys(set)).toEqual(OUTPUTS.map(({ name }) => name));
    expect(set).toMatchObject({ status: 'failed', planned: '0' });
  });

  it('that cannot be written are a warning, not an error', () => {
    const problem = setOutputs(refusedOutputs(), () => {
      throw new Error('disk full');
    });
    expect(problem).toBe('The outputs could not be written: disk full');
  });
});
