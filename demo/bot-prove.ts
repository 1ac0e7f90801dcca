import type { Bucket } from '../sandbox/index.ts';
import type { FakeIssue } from '../test/support/fake-github.ts';
import type { TestQueue } from '../test/support/queue-server.ts';
import type { Doing } from './bot-site.ts';
import { renderMarkdown } from './page.ts';
import type { Check, Photograph } from './prove.ts';
import { isSame } from './prove.ts';
import type { StepRun } from './runner.ts';
import type { Published } from './site.ts';
import { plain } from './summary-text.ts';
import { count, grouped } from './terminal.ts';

/** The bot demo's own judgement: of the queue, the issue, and what people are told. */

/** Live again, byte for byte and with the content type that was published. */
export function checkAsBefore(bucket: Bucket, keys: readonly string[], good: ReadonlyMap<string, Published>): Check {
  const right = keys.filter((key) => {
    const [current, published] = [bucket.current(key), good.get(key)];
    return current?.deleteMarker === false && published !== undefined && isSame(current, published);
  });
  const all = count(keys.length, 'deleted object');
  return right.length === keys.length
    ? { ok: true, says: `the ${all} are back, byte for byte what they were` }
    : { ok: false, says: `only ${grouped(right.length)} of ${all} are back as they were` };
}

/** What nobody should have touched: nothing added, nothing removed. */
export function checkLeft(before: Photograph, after: Photograph, keys: readonly string[]): Check {
  const touched = keys.filter((key) => before.histories.get(key) !== after.histories.get(key));
  return touched.length === 0
    ? { ok: true, says: `the ${count(keys.length, 'object')} that others deleted or replaced on purpose are untouched` }
    : { ok: false, says: `${touched.length} objects were touched that should not be, first ${touched[0]}` };
}

/** Messages in the queue, all else being empty. */
export function checkQueue(
  queue: TestQueue,
  expected: { readonly visible?: number; readonly inFlight?: number; readonly deadLetters: number },
): Check {
  const found = queue.count();
  const { visible = 0, inFlight = 0, deadLetters } = expected;
  const ok = found.visible === visible && found.inFlight === inFlight && found.deadLetters === deadLetters;
  const words = (counts: typeof found) =>
    `${counts.visible === 0 && counts.inFlight === 0 ? 'empty' : count(counts.visible + counts.inFlight, 'message')}` +
    `${counts.inFlight > 0 ? ` (${grouped(counts.inFlight)} hidden)` : ''}, ` +
    `dead-letter queue: ${counts.deadLetters === 0 ? 'empty' : count(counts.deadLetters, 'message')}`;
  const right = words({ visible, inFlight, deadLetters });
  return { ok, says: ok ? `queue: ${right}` : `queue: ${words(found)}, expected ${right}` };
}

/** Does the summary say who it was, from where, in which requests, how much of it, and what was done about it? */
export function checkTold({ summary }: StepRun, doing: Doing, done: string): Check {
  return checkRow('the summary', summary, doing, done);
}

/** One issue, open, that says the same of each. */
export function checkIssue(issues: readonly FakeIssue[], doing: Doing, done: string): Check {
  const [issue, ...others] = issues;
  if (issue?.state !== 'open' || others.length > 0)
    return { ok: false, says: `${issues.length} issues, expected an open one` };
  return checkRow(`issue #${issue.number}`, issue.body ?? '', doing, done);
}

function checkRow(where: string, markdown: string, { who, keys, requestIds }: Doing, done: string): Check {
  const told = [who.principal, who.sourceIp, `${grouped(keys.length)} ×`, ...requestIds, done];
  const rows = Array.from(renderMarkdown(markdown).matchAll(/<tr>([\s\S]*?)<\/tr>/g), ([, row = '']) => plain(row));
  const ok = rows.some((row) => told.every((part) => row.includes(part)));
  return {
    ok,
    says: ok ? `${where} says: ${told.join(', ')}` : `${where} does not say in one row: ${told.join(', ')}`,
  };
}
