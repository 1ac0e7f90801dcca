import { describe, expect, test } from 'vitest';
import type { QueueOptions } from '../../../src/queue/index.ts';
import { answers, backlog, idsOf, message, type Receive, type Scene, scene, settle, sqsError } from './fake-sqs.ts';

/** A queue with messages m0, m1, … that are held. */
async function holding(
  count: number,
  options: Partial<QueueOptions> = {},
): Promise<Scene & { readonly held: string[] }> {
  return heldOf(backlog(count), options);
}

async function heldOf(
  receive: Receive,
  options: Partial<QueueOptions> = {},
): Promise<Scene & { readonly held: string[] }> {
  const it = scene(receive, options);
  return { ...it, held: idsOf(await it.fill()) };
}

const failed = (Id: string, SenderFault: boolean, Code = SenderFault ? 'ReceiptHandleIsInvalid' : 'InternalError') => ({
  Id,
  SenderFault,
  Code,
  Message: 'no',
});
const denied = (action: string) => sqsError('AccessDenied', `not authorized to perform: ${action}`);
const unreachable = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

describe('acknowledging', () => {
  test('deletes all, ten at a time, and gives their ids', async () => {
    const { sqs, queue, held } = await holding(25);
    expect(await queue.acknowledge(held)).toEqual(new Set(held));
    expect(sqs.deletes.map(({ Entries }) => Entries?.length)).toEqual([10, 10, 5]);
    expect(sqs.deletes[2]?.Entries).toEqual(
      [20, 21, 22, 23, 24].map((n, at) => ({ Id: `${at}`, ReceiptHandle: `m${n}/1` })),
    );
    expect(queue.problems).toEqual([]);
  });

  test('side by side, as many as told', async () => {
    const { sqs, queue, held } = await holding(100, { concurrency: 4 });
    sqs.flying.most = 0;
    sqs.onDelete = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return [];
    };
    await queue.acknowledge(held);
    expect(sqs.flying.most).toBe(4);
  });

  test('nothing: sends nothing', async () => {
    const { sqs, queue } = await holding(3);
    expect(await queue.acknowledge([])).toEqual(new Set());
    expect(sqs.deletes).toEqual([]);
  });

  test('an id given twice is sent once', async () => {
    const { sqs, queue } = await holding(3);
    expect(await queue.acknowledge(['m1', 'm1'])).toEqual(new Set(['m1']));
    expect(sqs.deletes[0]?.Entries).toHaveLength(1);
  });

  test.each<[string, (queue: Scene['queue']) => Promise<unknown>]>([
    ['acknowledge', (queue) => queue.acknowledge(['m0', 'stranger'])],
    ['release', (queue) => queue.release(['m0', 'stranger'], 0)],
    ['backOff', (queue) => queue.backOff(['m0', 'stranger'])],
  ])('%s: an id that is not held is a fault of the caller; nothing is sent', async (_, call) => {
    const { sqs, queue } = await holding(1);
    await expect(call(queue)).rejects.toThrow('message stranger is not held');
    expect([...sqs.deletes, ...sqs.changes]).toEqual([]);
  });
});

describe('a message that is not deleted', () => {
  test('by a fault of the queue is sent again, alone, until it is', async () => {
    const { sqs, clock, queue, held } = await holding(10);
    sqs.onDelete = (_, n) => (n < 2 ? [failed('0', false)] : []);
    expect(await clock.run(queue.acknowledge(held))).toEqual(new Set(held));
    expect(sqs.deletes.map(({ Entries }) => Entries?.map((entry) => entry.ReceiptHandle))).toEqual([
      held.map((id) => `${id}/1`),
      ['m0/1'],
      ['m0/1'],
    ]);
    expect(queue.problems).toEqual([]);
  });

  test('waits longer before each try, and by chance', async () => {
    const { sqs, clock, queue, held } = await holding(1, { random: () => 0.25 });
    const times: number[] = [];
    sqs.onDelete = () => {
      times.push(clock.time);
      return [failed('0', false)];
    };
    await clock.run(queue.acknowledge(held));
    expect(times.slice(1).map((time, n) => time - (times[n] ?? 0))).toEqual([100, 200, 400]);
  });

  test('by a fault of the queue that stays is given up after four tries, and told once', async () => {
    const { sqs, clock, queue, held } = await holding(20);
    sqs.onDelete = () => [failed('0', false), failed('1', false)];
    expect(await clock.run(queue.acknowledge(held))).toEqual(
      new Set(held.filter((id) => !['m0', 'm1', 'm10', 'm11'].includes(id))),
    );
    expect(sqs.deletes).toHaveLength(8);
    expect(queue.problems).toEqual([
      {
        code: 'queue-delete-failed',
        message:
          'SQS did not delete a message of queue "deletions" (account 123456789012, region eu-west-1): InternalError: no',
        hint: expect.stringContaining('comes again'),
      },
    ]);
  });

  test('by our fault is not sent again, and each code is told once', async () => {
    const { sqs, queue, held } = await holding(20);
    sqs.onDelete = () => [failed('0', true), failed('1', true, 'InvalidParameterValue'), failed('2', true)];
    const done = await queue.acknowledge(held);
    expect(sqs.deletes).toHaveLength(2);
    expect(held.filter((id) => !done.has(id))).toEqual(['m0', 'm1', 'm2', 'm10', 'm11', 'm12']);
    expect(queue.problems.map(({ code, message: told }) => [code, told.replace(/.*\): /, '')])).toEqual([
      ['queue-delete-failed', 'ReceiptHandleIsInvalid: no'],
      ['queue-delete-failed', 'InvalidParameterValue: no'],
    ]);
  });

  test('stays known, and can be answered for once more', async () => {
    const { sqs, queue, held } = await holding(1);
    sqs.onDelete = (_, n) => (n === 0 ? [failed('0', true)] : []);
    expect(await queue.acknowledge(held)).toEqual(new Set());
    expect(await queue.acknowledge(held)).toEqual(new Set(held));
    await expect(queue.acknowledge(held)).rejects.toThrow('not held');
  });
});

test('an answer that leaves a message out is no word that it was deleted', async () => {
  const { sqs, clock, queue, held } = await holding(2);
  sqs.mute.add('0');
  expect(await clock.run(queue.acknowledge(held))).toEqual(new Set(['m1']));
  // It may be none of our fault.
  expect(sqs.deletes).toHaveLength(4);
  expect(queue.problems).toEqual([expect.objectContaining({ code: 'queue-delete-failed' })]);
});

describe('a request that fails as a whole', () => {
  test('for want of permission: what was deleted is given, the rest is not sent, the IAM action is named', async () => {
    const { sqs, queue, held } = await holding(100, { concurrency: 1 });
    sqs.onDelete = (_, n) => (n < 2 ? [] : denied('sqs:deletemessage'));
    expect(await queue.acknowledge(held)).toEqual(new Set(held.slice(0, 20)));
    expect(sqs.deletes).toHaveLength(3);
    expect(queue.problems).toEqual([
      {
        code: 'queue-access-denied',
        message:
          'not allowed to delete messages from queue "deletions" (account 123456789012, region eu-west-1): not authorized to perform: sqs:deletemessage',
        hint: expect.stringMatching(/^The role needs sqs:DeleteMessage on the queue\./),
      },
    ]);
  });

  test('by the network: three times, then the rest is not sent', async () => {
    const { sqs, queue, held } = await holding(100, { concurrency: 1 });
    sqs.onDelete = (_, n) => (n === 1 ? [] : unreachable());
    expect(await queue.acknowledge(held)).toEqual(new Set(held.slice(10, 20)));
    expect(sqs.deletes).toHaveLength(4);
    expect(queue.problems).toEqual([expect.objectContaining({ code: 'queue-unreachable' })]);
  });
});

describe('letting go', () => {
  const changed = (sqs: Scene['sqs']) =>
    sqs.changes.flatMap(({ Entries = [] }) => Entries.map((entry) => [entry.ReceiptHandle, entry.VisibilityTimeout]));

  test.each([
    ['at once', 0, 0],
    ['later', 30, 30],
    ['in whole seconds, none too early', 12.1, 13],
    ['not in the past', -5, 0],
    ['within the 12 hours that a message may be held, of which some have passed', 100_000, 12 * 60 * 60 - 60 - 100],
  ])('%s', async (_, seconds, sent) => {
    const { sqs, clock, queue, held } = await holding(12);
    clock.time += 100_000;
    await queue.release(held, seconds);
    expect(changed(sqs)).toEqual(held.map((id) => [`${id}/1`, sent]));
    expect(sqs.changes.map(({ Entries }) => Entries?.length)).toEqual([10, 2]);
  });

  test.each([
    [1, 30],
    [2, 60],
    [3, 120],
    [5, 480],
    [6, 900],
    [1000, 900],
  ])('backing off after receive %i: for %i seconds', async (receives, seconds) => {
    const { sqs, queue, held } = await heldOf(answers([message('a', receives)]));
    await queue.backOff(held);
    expect(changed(sqs)).toEqual([[`a/${receives}`, seconds]]);
  });

  test.each([undefined, {}, { ApproximateReceiveCount: 'many' }])(
    'a server that does not count receives: %j',
    async (Attributes) => {
      const { sqs, queue, held } = await heldOf(
        answers([{ ...message('a'), ...(Attributes ? { Attributes } : { Attributes: {} }) }]),
      );
      await queue.backOff(held);
      expect(changed(sqs)).toEqual([['a/1', 30]]);
    },
  );

  test('each by its own count, in one request', async () => {
    const { sqs, queue, held } = await heldOf(answers([message('a', 1), message('b', 3)]));
    await queue.backOff(held);
    expect(sqs.changes).toHaveLength(1);
    expect(changed(sqs)).toEqual([
      ['a/1', 30],
      ['b/3', 120],
    ]);
  });

  test('what was let go is not held any more, whatever the queue says', async () => {
    const { sqs, queue, held } = await holding(3);
    sqs.onChange = () => [failed('0', true, 'MessageNotInflight'), failed('1', true)];
    await queue.release(held, 0);
    await expect(queue.acknowledge(['m0'])).rejects.toThrow('not held');
    expect(queue.problems).toEqual([]);
  });

  test('a fault of the queue is tried again', async () => {
    const { sqs, clock, queue, held } = await holding(3);
    sqs.onChange = (_, n) => (n === 0 ? [failed('2', false)] : []);
    await clock.run(queue.release(held, 0));
    expect(changed(sqs).map(([handle]) => handle)).toEqual(['m0/1', 'm1/1', 'm2/1', 'm2/1']);
  });

  test.each<[string, (queue: Scene['queue'], held: string[]) => Promise<void>]>([
    ['release', (queue, held) => queue.release(held, 0)],
    ['backOff', (queue, held) => queue.backOff(held)],
  ])('%s without permission: told once, with the IAM action', async (_, call) => {
    const { sqs, queue, held } = await holding(40, { concurrency: 1 });
    sqs.onChange = () => denied('sqs:changemessagevisibility');
    await call(queue, held.slice(0, 20));
    await call(queue, held.slice(20));
    expect(sqs.changes).toHaveLength(2);
    expect(queue.problems).toEqual([
      expect.objectContaining({
        code: 'queue-access-denied',
        message: expect.stringContaining('not allowed to change the visibility of messages in queue "deletions"'),
        hint: expect.stringContaining('sqs:ChangeMessageVisibility'),
      }),
    ]);
  });

  test('is told apart from what else is denied', async () => {
    const { sqs, queue, held } = await holding(2);
    sqs.onDelete = () => denied('sqs:deletemessage');
    sqs.onChange = () => denied('sqs:changemessagevisibility');
    await queue.acknowledge(held);
    await queue.release(held, 0);
    expect(queue.problems.map(({ hint }) => /sqs:\w+/.exec(hint)?.[0])).toEqual([
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
    ]);
  });
});

describe('when the run is stopped', () => {
  test('nothing new is sent, and nothing is said to be done', async () => {
    const stop = new AbortController();
    const { sqs, queue, held } = await holding(30, { stop: stop.signal });
    stop.abort();
    expect(await queue.acknowledge(held)).toEqual(new Set());
    await queue.backOff(held.slice(0, 10));
    await queue.release(held.slice(10), 0);
    expect([...sqs.deletes, ...sqs.changes]).toEqual([]);
    expect(queue.problems).toEqual([]);
  });

  test('in the middle: what is in flight lands and counts, the rest is not sent', async () => {
    const stop = new AbortController();
    const { sqs, queue, held } = await holding(100, { stop: stop.signal, concurrency: 2 });
    sqs.onDelete = async (_, n) => {
      if (n === 3) stop.abort();
      await settle();
      return [];
    };
    const done = await queue.acknowledge(held);
    expect(sqs.deletes).toHaveLength(4);
    expect(done).toEqual(new Set(held.slice(0, 40)));
  });

  test('an extension under way is not waited for', async () => {
    const stop = new AbortController();
    const { sqs, clock, queue, held } = await holding(1, { stop: stop.signal });
    sqs.onChange = () => new Promise<never>(() => {});
    await clock.advance(75_000);
    expect(sqs.changes).toHaveLength(1);
    stop.abort();
    await queue.release(held, 0);
    expect(sqs.changes).toHaveLength(1);
  });

  test('the wait before another try is cut', async () => {
    const stop = new AbortController();
    const { sqs, queue, held } = await holding(1, { stop: stop.signal });
    sqs.onDelete = () => [failed('0', false)];
    const acknowledged = queue.acknowledge(held);
    await settle();
    stop.abort();
    expect(await acknowledged).toEqual(new Set());
    expect(sqs.deletes).toHaveLength(1);
  });

  test('and what is in flight is to be dropped: it is not waited for', async () => {
    const abort = new AbortController();
    const { sqs, queue, held } = await holding(20, { abort: abort.signal, concurrency: 1 });
    sqs.onDelete = (_, n) => (n === 0 ? [] : new Promise<never>(() => {}));
    const acknowledged = queue.acknowledge(held);
    await settle();
    abort.abort();
    expect(await acknowledged).toEqual(new Set(held.slice(0, 10)));
    expect(sqs.signals().at(-1)?.aborted).toBe(true);
    expect(queue.problems).toEqual([]);
  });
});
