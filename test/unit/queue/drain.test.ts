import { describe, expect, test } from 'vitest';
import type { QueueMessage } from '../../../src/core/queue.ts';
import {
  answers,
  backlog,
  FakeClock,
  idsOf,
  LIMITS,
  message,
  NEVER,
  scene,
  settle,
  sqsError,
  URL_OF_QUEUE,
} from './fake-sqs.ts';

const hangs = () => new Promise<never>(() => {});
const ids = (from: number, count: number) => Array.from({ length: count }, (_, n) => message(`m${from + n}`));

test('asks by long polls for ten messages, hidden from others while they are held', async () => {
  const { sqs, fill } = scene(answers(ids(0, 2)));
  expect(await fill()).toEqual([
    { id: 'm0', body: 'body of m0', receives: 1 },
    { id: 'm1', body: 'body of m1', receives: 1 },
  ]);
  expect(sqs.receives[0]).toEqual({
    QueueUrl: URL_OF_QUEUE,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 5,
    VisibilityTimeout: 120,
    MessageSystemAttributeNames: ['ApproximateReceiveCount'],
  });
});

test('waits and hides as long as told', async () => {
  const { sqs, fill } = scene(answers(), { waitSeconds: 20, visibilitySeconds: 33 });
  await fill();
  expect(sqs.receives[0]).toMatchObject({ WaitTimeSeconds: 20, VisibilityTimeout: 33 });
});

describe('empty polls', () => {
  test.each([1, 2, 5])('%i of them end it', async (idlePolls) => {
    const { sqs, fill } = scene(answers());
    expect(await fill({ idlePolls })).toEqual([]);
    expect(sqs.receives).toHaveLength(idlePolls);
  });

  test('only those in a row count', async () => {
    const { sqs, fill } = scene(answers([], ids(0, 1), [], ids(1, 1), [], []));
    expect(await fill({ idlePolls: 2 })).toHaveLength(2);
    expect(sqs.receives).toHaveLength(6);
  });
});

describe('lanes', () => {
  test.each([
    [1, 1],
    [3, 3],
    [8, 8],
    [32, 8],
  ])('with a concurrency of %i a long queue is read by %i', async (concurrency, lanes) => {
    const { sqs, fill } = scene(backlog(400), { concurrency });
    expect(new Set(idsOf(await fill())).size).toBe(400);
    expect(sqs.flying.most).toBe(lanes);
  });

  test('one is enough while none is full', async () => {
    const { sqs, fill } = scene(answers(ids(0, 9), ids(9, 9), ids(18, 9)));
    expect(await fill()).toHaveLength(27);
    expect(sqs.flying.most).toBe(1);
  });

  test('all but the last end with their first empty poll, and only the last one counts', async () => {
    const { sqs, fill } = scene(backlog(200), { concurrency: 4 });
    const all = sqs.receive;
    const beside: number[] = [];
    sqs.receive = async (input, n) => {
      beside.push(sqs.flying.now);
      return all(input, n);
    };
    await fill({ idlePolls: 3 });
    expect(beside).toHaveLength(20 + 3 + 3);
    expect(beside.slice(-2)).toEqual([1, 1]);
  });

  test('one that is taking messages keeps another from calling the queue empty', async () => {
    let release = () => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { sqs, queue } = scene(answers(ids(0, 10), [], ids(10, 1)), { concurrency: 2 });
    const taken: string[] = [];
    const drained = queue.drain({ ...LIMITS, idlePolls: 1 }, async (messages) => {
      taken.push(...idsOf(messages));
      if (taken.length === 10) await slow;
    });
    await settle();
    // The second lane is gone. The first goes on when its messages are taken.
    expect(sqs.receives).toHaveLength(2);
    release();
    await drained;
    expect(taken).toHaveLength(11);
  });
});

describe('the most messages', () => {
  test.each([
    [1, [1]],
    [10, [10]],
    [25, [10, 10, 5]],
  ])('%i: never asks for more', async (maxMessages, asked) => {
    const { sqs, fill } = scene(backlog(400), { concurrency: 1 });
    expect(await fill({ maxMessages })).toHaveLength(maxMessages);
    expect(sqs.receives.map((input) => input.MaxNumberOfMessages)).toEqual(asked);
  });

  test.each([25, 100, 133])('%i, by lanes side by side', async (maxMessages) => {
    const { fill } = scene(backlog(400));
    expect(await fill({ maxMessages })).toHaveLength(maxMessages);
  });

  test('what was asked for and did not come can be asked for again', async () => {
    const { sqs, fill } = scene(answers(ids(0, 3), ids(3, 4), ids(7, 5)));
    expect(await fill({ maxMessages: 12 })).toHaveLength(12);
    expect(sqs.receives.map((input) => input.MaxNumberOfMessages)).toEqual([10, 9, 5]);
  });

  test('counts deliveries, not messages', async () => {
    const { sqs, fill } = scene(answers([message('a')], [message('a', 2)], [message('a', 3)]));
    expect(idsOf(await fill({ maxMessages: 2 }))).toEqual(['a']);
    expect(sqs.receives).toHaveLength(2);
  });
});

describe('the time limit', () => {
  /** Each poll takes so many milliseconds. */
  function slowly(ms: number, clock: { time: number }) {
    return () => {
      clock.time += ms;
      return [message(`at ${clock.time}`)];
    };
  }

  test.each([
    ['a poll waits no longer than what is left', 12, 5_000, [5, 5, 2]],
    ['in whole seconds', 7, 1_500, [5, 5, 4, 2, 1]],
    ['not at all in the last second', 2, 1_500, [2, 0]],
    ['no poll begins after it', 3, 9_000, [3]],
    ['nor with none at all', 0, 1_000, []],
  ])('%s', async (_, seconds, ms, waits) => {
    const clock = new FakeClock();
    const { sqs, fill } = scene(slowly(ms, clock), { now: clock.now });
    expect(await fill({ seconds })).toHaveLength(waits.length);
    expect(sqs.receives.map((input) => input.WaitTimeSeconds)).toEqual(waits);
  });

  test('does not cut the poll in flight: what comes late is taken', async () => {
    const clock = new FakeClock();
    let land = () => {};
    const late = new Promise<void>((resolve) => {
      land = resolve;
    });
    const receive = async () => {
      await late;
      return [message('late')];
    };
    const { fill } = scene(receive, { now: clock.now });
    const drained = fill({ seconds: 5 });
    await settle();
    clock.time += 60_000;
    land();
    expect(idsOf(await drained)).toEqual(['late']);
  });
});

describe('a message that is delivered twice', () => {
  const handles = (sqs: ReturnType<typeof scene>['sqs']) =>
    sqs.deletes.flatMap((input) => input.Entries?.map((e) => e.ReceiptHandle));

  test.each([
    ['in two polls', answers([message('a', 1)], [message('a', 2)]), ['a/2']],
    ['in one poll', answers([message('a', 1), message('a', 2)]), ['a/2']],
    ['and the older delivery arrives last', answers([message('a', 2)], [message('a', 1)]), ['a/2']],
    ['and both say the same count', answers([message('a', 1, 'x')], [message('a', 1, 'y')]), ['y']],
  ])('%s: taken once, deleted by the newest handle', async (_, receive, expected) => {
    const { sqs, queue, fill } = scene(receive);
    expect(idsOf(await fill())).toEqual(['a']);
    expect(await queue.acknowledge(['a'])).toEqual(new Set(['a']));
    expect(handles(sqs)).toEqual(expected);
  });

  test('after it was answered for: it is not held again', async () => {
    const { queue } = scene(answers([message('a', 1)], [message('a', 2)]));
    const taken: string[] = [];
    await queue.drain(LIMITS, async (messages) => {
      taken.push(...idsOf(messages));
      await queue.acknowledge(idsOf(messages));
    });
    expect(taken).toEqual(['a']);
    await expect(queue.acknowledge(['a'])).rejects.toThrow('message a is not held');
  });

  test('in two drains: taken in each', async () => {
    const { fill } = scene(answers([message('a', 1)], [], [], [message('a', 2)]));
    expect(idsOf(await fill())).toEqual(['a']);
    expect(idsOf(await fill())).toEqual(['a']);
  });
});

describe('taking', () => {
  test('one poll at a time, however many lanes there are', async () => {
    const { queue } = scene(backlog(200));
    let busy = 0;
    let most = 0;
    await queue.drain(LIMITS, async () => {
      most = Math.max(most, ++busy);
      await new Promise((resolve) => setImmediate(resolve));
      busy -= 1;
    });
    expect(most).toBe(1);
  });

  test('an error of it ends the drain, when the other polls have landed', async () => {
    const { sqs, queue } = scene(backlog(1000));
    let calls = 0;
    const failed = queue.drain(LIMITS, async () => {
      calls += 1;
      if (calls === 5) throw new Error('no space left');
    });
    await expect(failed).rejects.toThrow('no space left');
    expect(calls).toBe(5);
    expect(sqs.flying.now).toBe(0);
  });

  test('what a server leaves out of a message', async () => {
    const bare = { MessageId: 'bare', ReceiptHandle: 'r' };
    const { fill } = scene(answers([bare, { Body: 'cannot be answered for' }]));
    expect(await fill()).toEqual([{ id: 'bare', body: '', receives: 1 }]);
  });
});

describe('stopping', () => {
  test('before the first poll: nothing is sent', async () => {
    const { sqs, fill } = scene(answers(ids(0, 1)), { stop: AbortSignal.abort() });
    await expect(fill()).rejects.toMatchObject({ name: 'CancelledError' });
    expect(sqs.receives).toEqual([]);
  });

  test.each(['stop', 'abort'] as const)('%s cuts the polls in flight', async (which) => {
    const signal = new AbortController();
    const { sqs, fill } = scene(hangs, { stop: NEVER, abort: NEVER, [which]: signal.signal });
    const drained = fill();
    await settle();
    expect(sqs.flying.now).toBe(1);
    expect(sqs.signals()[0]?.aborted).toBe(false);
    signal.abort();
    await expect(drained).rejects.toMatchObject({ name: 'CancelledError' });
    expect(sqs.signals()[0]?.aborted).toBe(true);
  });

  test('while messages are taken: that is waited for, and no more are asked for', async () => {
    const stop = new AbortController();
    const { sqs, queue } = scene(answers(ids(0, 1), ids(1, 1)), { stop: stop.signal });
    const taken: QueueMessage[] = [];
    const drained = queue.drain(LIMITS, async (messages) => {
      stop.abort();
      await settle();
      taken.push(...messages);
    });
    await expect(drained).rejects.toMatchObject({ name: 'CancelledError' });
    expect(idsOf(taken)).toEqual(['m0']);
    expect(sqs.receives).toHaveLength(1);
  });
});

describe('when a poll fails', () => {
  test('and nothing was received: that is the end', async () => {
    const { queue, fill } = scene(answers([], sqsError('QueueDoesNotExist')));
    await expect(fill()).rejects.toMatchObject({ name: 'RollbackError', code: 'queue-not-found' });
    expect(queue.problems).toEqual([]);
  });

  test('and some messages were received: they are worked on, and it is told beside', async () => {
    const { sqs, queue, fill } = scene(answers(ids(0, 3), sqsError('ExpiredToken', 'The token is expired')));
    expect(await fill()).toHaveLength(3);
    expect(sqs.receives).toHaveLength(2);
    expect(queue.problems).toEqual([expect.objectContaining({ code: 'ExpiredToken' })]);
  });

  test('in one of several lanes: the others land, and ask for no more', async () => {
    let fail = () => {};
    const broken = new Promise<Error>((resolve) => {
      fail = () => resolve(sqsError('ExpiredToken'));
    });
    let land = () => {};
    const late = new Promise<readonly ReturnType<typeof message>[]>((resolve) => {
      land = () => resolve(ids(10, 10));
    });
    const { sqs, queue, fill } = scene(
      answers(
        ids(0, 10),
        () => broken,
        () => late,
        ids(20, 10),
      ),
      { concurrency: 2 },
    );
    const drained = fill();
    await settle();
    fail();
    await settle();
    land();
    expect(await drained).toHaveLength(20);
    expect(sqs.receives).toHaveLength(3);
    expect(queue.problems).toHaveLength(1);
  });

  test('because too many messages are in flight: as if the queue were empty, and told once', async () => {
    const overLimit = sqsError('OverLimit', 'Too many messages in flight');
    const { queue, fill } = scene(answers(overLimit, ids(0, 1), overLimit, overLimit));
    expect(await fill()).toHaveLength(1);
    expect(queue.problems).toEqual([
      {
        code: 'queue-over-limit',
        message:
          'queue "deletions" (account 123456789012, region eu-west-1) has as many messages in flight as SQS allows: Too many messages in flight',
        hint: expect.stringContaining('wait until their visibility ends'),
      },
    ]);
  });
});
