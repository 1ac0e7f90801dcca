import { describe, expect, it } from 'vitest';
import { renderSummary } from '../../../src/action/summary.ts';
import { MAX_SUMMARY_BYTES } from '../../../src/action/summary-file.ts';
import type { ApplyRequest } from '../../../src/core/request.ts';
import { expectTamed, html, render, text } from './summary-support.ts';
import { key, NASTY_KEYS, requestOf, resultOf } from './support.ts';

/** The summary of a run that goes by what an earlier one left: what that one was asked is told in words. */

const APPLY = {
  ...requestOf(),
  operation: 'apply',
  target: { kind: 'as-planned' },
  reviewed: { file: '/w/plan.jsonl', maxAge: 86_400_000 },
} as ApplyRequest;

type Asked = Record<string, unknown>;

function summaryOf(scope: Asked, target: Asked = { kind: 'undelete', method: 'copy' }): string {
  const result = resultOf(APPLY, (tally) => {
    key(tally, 'site/a', { kind: 'restored' });
    key(tally, 'site/b', { kind: 'conflict', found: 'the key was written after the plan was made' });
  });
  return render(APPLY, { ...result, report: { ...result.report, scope, target } });
}

describe('a plan that is carried out', () => {
  it.each<[scope: Asked, words: string]>([
    [{ bucket: 'b', prefix: 'site/' }, 'Bucket b Keys all that begin with site/ Back to'],
    [{ bucket: 'b', prefix: '' }, 'Bucket b Keys the whole bucket Back to'],
    [{ bucket: 'b', key: 'site/a' }, 'Bucket b Keys the key site/a Back to'],
    [
      { bucket: 'b', prefix: '', include: ['*.html'], exclude: ['tmp/**', 7] },
      'Bucket b Keys the whole bucket Only *.html Except tmp/** Back to',
    ],
    [{ manifest: 'keys.csv', prefix: '' }, 'Scope manifest keys.csv Back to'],
    [
      { bucket: 'b', prefix: 'a/', destination: { bucket: 'c', prefix: '' } },
      'Keys all that begin with a/ Scope destination {"bucket":"c","prefix":""} Back to',
    ],
    [{ bucket: 7, prefix: {} }, 'Plan /w/plan.jsonl Back to'],
  ])('%j: its keys', (scope, words) => {
    expect(text(summaryOf(scope))).toContain(words);
  });

  it.each<[target: Asked, words: string]>([
    [{ kind: 'time', toTime: '2026-11-22T13:07:20Z' }, 'Back to the state at 2026-11-22 13:07:20 UTC'],
    [{ kind: 'time', toTime: 'yesterday', method: 'delete' }, 'Back to time, toTime yesterday Method delete'],
    [{ kind: 'undelete' }, 'Back to undelete'],
    [{ kind: 'versions-back', versionsBack: 2 }, 'Back to versions-back, versionsBack 2'],
  ])('%j: what they go back to', (target, words) => {
    expect(text(summaryOf({}, target))).toContain(words);
  });

  it('of a run that was taken back names no keys: they are those of its journal', () => {
    expect(text(summaryOf({ prefix: '' }, { kind: 'before-run' }))).not.toContain('the whole bucket');
  });

  it('keys in conflict are not what the plan saw', () => {
    expect(text(summaryOf({}))).toContain('These keys are not what the plan saw, so they were left alone.');
  });

  it.each(NASTY_KEYS)('what its header says is text from outside: %j', (word) => {
    expectTamed(
      (one) => html(summaryOf({ bucket: one, prefix: one, include: [one], other: one }, { kind: one })),
      word,
    );
  });
});

describe('what the second half of a guard took back', () => {
  const request = requestOf({ operation: 'rollback', target: { kind: 'time', at: 0 } });
  const result = resultOf(request, (tally) => key(tally, 'site/a', { kind: 'restored' }));

  it('has no journal that anybody could keep: a time leads back to the deployment', () => {
    const told = text(renderSummary(result, { request, maxBytes: MAX_SUMMARY_BYTES, guarded: true }));
    expect(told).toContain('operation: rollback of the same keys with to-time: 2026-11-22T13:59:59Z');
    expect(told).not.toContain('operation: undo');
  });

  it('and any other run its journal', () => {
    expect(text(render(request, result))).toContain('operation: undo');
  });
});
