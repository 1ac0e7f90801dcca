import { expect } from 'vitest';
import type { Operation, RequestRecord } from '../../../../sandbox/index.ts';
import type { TestQueue } from '../../../support/queue-server.ts';
import type { ActionRun } from '../../../support/runner.ts';
import type { Histories } from '../../../support/server-bucket.ts';

/** What holds for every run of the bot, beside what holds for every run; see ../../support/invariants.ts. */

export interface Contents {
  /** Ids of messages that may come. */
  readonly alive: readonly string[];
  /** Of those in the dead-letter queue. */
  readonly dead: readonly string[];
}

export function contentsOf(queue: TestQueue): Contents {
  const { visible, inFlight, deadLetters } = queue.inspect();
  return { alive: [...visible, ...inFlight].map(({ id }) => id), dead: deadLetters.map(({ id }) => id) };
}

/** Every message that was received has an answer, and what was not acknowledged is in the queue, or beside it. */
export function expectMessages(run: ActionRun, before: Contents, after: Contents, trouble: boolean): void {
  const { messages, dryRun } = (run.outputs['report-file'] ?? '') === '' ? NO_REPORT : run.report();
  if (messages === undefined) throw new Error('a report of the bot without its messages');
  const { received, acknowledged, ignored, deferred, invalid } = messages;
  if (dryRun) expect(acknowledged, 'acknowledged in a dry run').toBe(0);
  else {
    expect(acknowledged + deferred + invalid, 'messages answered for').toBe(received);
    expect(ignored, 'messages with nothing to undo').toBeLessThanOrEqual(acknowledged);
  }
  if (trouble) return;
  const left = new Set([...after.alive, ...after.dead]);
  const gone = [...before.alive, ...before.dead].filter((id) => !left.has(id));
  expect(gone, 'messages that are gone').toHaveLength(acknowledged);
}

const NO_REPORT = {
  dryRun: false,
  messages: { received: 0, acknowledged: 0, ignored: 0, deferred: 0, invalid: 0 },
};

/** The bot only ever takes markers off the top, or puts an old version on it; and a key changes in one way only. */
export function expectUndone(bucket: string, before: Histories, after: Histories): void {
  for (const [key, rows] of before) {
    const was = rows.map(({ versionId }) => versionId);
    const is = (after.get(key) ?? []).map(({ versionId }) => versionId);
    const added = is.filter((id) => !was.includes(id));
    const removed = was.filter((id) => !is.includes(id));
    const what = `key ${JSON.stringify(key)} of ${bucket}`;
    expect(added.length === 0 || removed.length === 0, `${what}: either markers gone, or a copy on top`).toBe(true);
    expect(removed, `${what}: what is gone was on top`).toEqual(was.slice(0, removed.length));
  }
}

export function expectRequests(run: ActionRun, received: readonly RequestRecord[]): void {
  const { requests } = run.report();
  const count = (...operations: Operation[]) => received.filter((one) => operations.includes(one.operation)).length;
  expect(requests, 'requests counted and requests received').toMatchObject({
    list: count('ListObjectVersions'),
    head: count('HeadObject'),
    copy: count('CopyObject'),
    delete: count('DeleteObjects', 'DeleteObject'),
  });
}
