import { describe, expect, test } from 'vitest';
import type { QueueOptions } from '../../../src/queue/index.ts';
import { answers, backlog, idsOf, LIMITS, message, type Scene, scene, settle, sqsError } from './fake-sqs.ts';

/** Visibility is two minutes here: a beat is 15 seconds. */
const SECOND = 1000;

async function holding(
  count: number,
  options: Partial<QueueOptions> = {},
): Promise<Scene & { readonly held: string[] }> {
  const it = scene(backlog(count), options);
  return { ...it, held: idsOf(await it.fill()) };
}

const handles = (sqs: Scene['sqs']) =>
  sqs.changes.flatMap(({ Entries = [] }) => Entries.map((entry) => entry.ReceiptHandle));

test('a message is extended when less than half of its visibility is left, to all of it', async () => {
  const { sqs, clock } = await holding(1);
  await clock.advance(60 * SECOND);
  expect(sqs.changes).toEqual([]);
  await clock.advance(15 * SECOND);
  expect(sqs.changes).toEqual([
    expect.objectContaining({ Entries: [{ Id: '0', ReceiptHandle: 'm0/1', VisibilityTimeout: 120 }] }),
  ]);
});

test('and again and again, always before its visibility ends', async () => {
  const { sqs, clock } = await holding(1);
  const times: number[] = [clock.time];
  sqs.onChange = () => {
    times.push(clock.time);
    return [];
  };
  await clock.advance(3600 * SECOND);
  const gaps = times.slice(1).map((time, n) => time - (times[n] ?? 0));
  expect(gaps.length).toBeGreaterThan(40);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(75 * SECOND);
});

test.each([
  [25, 32, 3, 3],
  [400, 32, 40, 8],
  [400, 2, 40, 2],
])('%i messages with a concurrency of %i: %i requests, %i at a time', async (count, concurrency, requests, most) => {
  const { sqs, clock } = await holding(count, { concurrency });
  sqs.flying.most = 0;
  sqs.onChange = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return [];
  };
  await clock.advance(75 * SECOND);
  // Time stood still for the fakes' answers.
  for (let n = 0; n < 10; n++) await settle();
  expect(sqs.changes).toHaveLength(requests);
  expect(sqs.flying.most).toBe(most);
});

test('it begins while messages still come in', async () => {
  const { sqs, clock, queue } = scene(answers([message('a')], () => new Promise<never>(() => {})));
  const drained = queue.drain(LIMITS, async () => {});
  drained.catch(() => {});
  await settle();
  await clock.advance(75 * SECOND);
  expect(handles(sqs)).toEqual(['a/1']);
});

describe('is not extended', () => {
  test.each<[string, (queue: Scene['queue']) => Promise<unknown>, string[]]>([
    ['what was acknowledged', (queue) => queue.acknowledge(['m0']), ['m1/1']],
    ['what was released', (queue) => queue.release(['m0'], 300), ['m1/1']],
    ['what was backed off', (queue) => queue.backOff(['m0']), ['m1/1']],
  ])('%s', async (_, answer, expected) => {
    const { sqs, clock, queue } = await holding(2);
    await answer(queue);
    sqs.changes.length = 0;
    await clock.advance(75 * SECOND);
    expect(handles(sqs)).toEqual(expected);
  });

  test('what could not be deleted: it is to come again', async () => {
    const { sqs, clock, queue } = await holding(2);
    sqs.onDelete = () => [{ Id: '0', SenderFault: true, Code: 'ReceiptHandleIsInvalid' }];
    await queue.acknowledge(['m0']);
    await clock.advance(75 * SECOND);
    expect(handles(sqs)).toEqual(['m1/1']);
  });

  test('anything, when nothing is held: no timer is left', async () => {
    const { clock, queue, held } = await holding(3);
    await queue.acknowledge(held);
    await clock.advance(15 * SECOND);
    expect(clock.waiting).toBe(0);
  });

  test.each([
    'ReceiptHandleIsInvalid',
    'MessageNotInflight',
    'AWS.SimpleQueueService.MessageNotInflight',
    'InvalidParameterValue',
  ])('what the queue refuses with %s; that is no error', async (Code) => {
    const { sqs, clock, queue, held } = await holding(2);
    sqs.onChange = (_, n) => (n === 0 ? [{ Id: '0', SenderFault: true, Code }] : []);
    await clock.advance(150 * SECOND);
    expect(handles(sqs)).toEqual(['m0/1', 'm1/1', 'm1/1']);
    expect(queue.problems).toEqual([]);
    expect(await queue.acknowledge(held)).toEqual(new Set(held));
  });
});

test.each<[string, () => ReturnType<Scene['sqs']['onChange']>]>([
  ['a fault of the queue', () => [{ Id: '0', SenderFault: false, Code: 'InternalError' }]],
  ['a request that got no answer', () => Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
])('%s is made good at the next beat', async (_, failure) => {
  const { sqs, clock, queue } = await holding(1);
  sqs.onChange = (_input, n) => (n === 0 ? failure() : []);
  await clock.advance(90 * SECOND);
  expect(handles(sqs)).toEqual(['m0/1', 'm0/1']);
  await clock.advance(60 * SECOND);
  expect(sqs.changes).toHaveLength(2);
  expect(queue.problems).toEqual([]);
});

test('without permission: told once, with the IAM action, and not tried again', async () => {
  const { sqs, clock, queue } = await holding(30, { concurrency: 1 });
  sqs.onChange = () => sqsError('AccessDenied');
  await clock.advance(600 * SECOND);
  expect(sqs.changes).toHaveLength(1);
  expect(queue.problems).toEqual([
    expect.objectContaining({
      code: 'queue-access-denied',
      hint: expect.stringContaining('sqs:ChangeMessageVisibility'),
    }),
  ]);
});

test('there are never two at once: the next beat waits for a slow one', async () => {
  const { sqs, clock } = await holding(1);
  let land = () => {};
  sqs.onChange = (_, n) =>
    n > 0
      ? []
      : new Promise((resolve) => {
          land = () => resolve([]);
        });
  await clock.advance(600 * SECOND);
  expect(sqs.changes).toHaveLength(1);
  land();
  await settle();
  await clock.advance(15 * SECOND);
  expect(sqs.changes).toHaveLength(2);
});

test('nor with messages that come in during a slow one', async () => {
  const { sqs, clock, queue } = scene(answers([message('a')], [], [], [message('b')]));
  await queue.drain(LIMITS, async () => {});
  sqs.onChange = () => new Promise<never>(() => {});
  await clock.advance(75 * SECOND);
  await queue.drain(LIMITS, async () => {});
  await clock.advance(600 * SECOND);
  expect(handles(sqs)).toEqual(['a/1']);
});

test('an extension under way cannot undo a release: that is sent after it', async () => {
  const { sqs, clock, queue, held } = await holding(1);
  let land = () => {};
  sqs.onChange = (_, n) =>
    n > 0
      ? []
      : new Promise((resolve) => {
          land = () => resolve([]);
        });
  await clock.advance(75 * SECOND);
  const released = queue.release(held, 0);
  await settle();
  expect(sqs.changes).toHaveLength(1);
  land();
  await released;
  expect(sqs.changes.map(({ Entries }) => Entries?.[0]?.VisibilityTimeout)).toEqual([120, 0]);
});

test('a message that is delivered again while it is extended is extended by its new handle', async () => {
  let deliver = () => {};
  const again = new Promise<void>((resolve) => {
    deliver = resolve;
  });
  const late = async () => {
    await again;
    return [message('a', 2)];
  };
  const { sqs, clock, queue } = scene(answers([message('a', 1)], late));
  sqs.onChange = async (_, n) => {
    if (n > 0) return [];
    deliver();
    await settle();
    return [{ Id: '0', SenderFault: true, Code: 'ReceiptHandleIsInvalid' }];
  };
  const drained = queue.drain(LIMITS, async () => {});
  await settle();
  await clock.advance(75 * SECOND);
  await drained;
  await clock.advance(75 * SECOND);
  expect(handles(sqs)).toEqual(['a/1', 'a/2']);
});

describe('it ends', () => {
  test('when the queue is closed', async () => {
    const { sqs, clock, queue } = await holding(3);
    queue.close();
    expect(clock.waiting).toBe(0);
    await clock.advance(600 * SECOND);
    expect(sqs.changes).toEqual([]);
  });

  test('when the run is stopped', async () => {
    const stop = new AbortController();
    const { sqs, clock } = await holding(3, { stop: stop.signal });
    stop.abort();
    await clock.advance(600 * SECOND);
    expect(sqs.changes).toEqual([]);
  });

  test('in the middle of a beat: nothing new is sent', async () => {
    const { sqs, clock, queue } = await holding(100, { concurrency: 1 });
    sqs.onChange = (_, n) => {
      if (n === 2) queue.close();
      return [];
    };
    await clock.advance(600 * SECOND);
    expect(sqs.changes).toHaveLength(3);
    expect(clock.waiting).toBe(0);
  });

  test('and does not begin in a run that is stopped already', async () => {
    const { queue, clock } = scene(answers(), { stop: AbortSignal.abort() });
    await expect(queue.drain(LIMITS, async () => {})).rejects.toMatchObject({ code: 'cancelled' });
    expect(clock.waiting).toBe(0);
  });
});
