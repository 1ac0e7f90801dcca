import { describe, expect, test } from 'vitest';
import { RateGate, RateState, Room } from '../../../src/s3/rate.ts';
import { noWaiting } from './pager.ts';

describe('the window', () => {
  test('is halved once for all that was in flight, and again for what was sent after', () => {
    const rate = new RateState(32, 1000);
    const tickets = [rate.start(0), rate.start(0), rate.start(0)] as const;
    expect(rate.end(tickets[0], 'throttled')).toBe(true);
    expect(rate.end(tickets[1], 'throttled')).toBe(false);
    expect(rate.end(tickets[2], 'failed')).toBe(false);
    expect(rate.window).toBe(16);
    expect(rate.end(rate.start(0), 'throttled')).toBe(true);
    expect(rate.window).toBe(8);
  });

  test('grows by one per round of successes, up to the concurrency', () => {
    const rate = new RateState(8, 1000);
    rate.end(rate.start(0), 'throttled');
    for (let i = 0; i < 5; i++) rate.end(rate.start(0), 'ok');
    expect(rate.window).toBeGreaterThan(5);
    expect(rate.window).toBeLessThan(5.2);
    for (let i = 0; i < 100; i++) rate.end(rate.start(0), 'ok');
    expect(rate.window).toBe(8);
  });

  test('does not grow by what was sent before it was cut', () => {
    const rate = new RateState(8, 1000);
    const [before, complaint] = [rate.start(0), rate.start(0)];
    rate.end(complaint, 'throttled');
    rate.end(before, 'ok');
    expect([rate.window, rate.streak]).toEqual([4, 1]);
  });

  test('gives up hope when nothing gets through for long, and takes it back with the first success', () => {
    const rate = new RateState(32, 1000);
    for (let i = 0; i < 14; i++) rate.end(rate.start(0), 'throttled');
    expect(rate.hopeless).toBe(false);
    rate.end(rate.start(0), 'throttled');
    expect(rate.hopeless).toBe(true);
    rate.end(rate.start(0), 'ok');
    expect(rate.hopeless).toBe(false);
  });

  test('an answer that did some of what was asked is slow, not hopeless', () => {
    const rate = new RateState(32, 1000);
    for (let i = 0; i < 50; i++) rate.end(rate.start(1000), 'slowed');
    expect(rate.hopeless).toBe(false);
    expect(rate.window).toBe(1);
  });

  test('never closes', () => {
    const rate = new RateState(4, 1000);
    for (let i = 0; i < 20; i++) rate.end(rate.start(0), 'throttled');
    expect(rate.window).toBe(1);
    expect(rate.fits(0)).toBe(true);
    rate.start(0);
    expect(rate.fits(0)).toBe(false);
  });
});

describe('keys of a DeleteObjects', () => {
  test('have a budget of four batches, which shrinks with the window', () => {
    const rate = new RateState(32, 1000);
    for (let i = 0; i < 4; i++) {
      expect(rate.fits(1000)).toBe(true);
      rate.start(1000);
    }
    expect(rate.fits(1000)).toBe(false);
    expect(rate.fits(0)).toBe(true);
  });

  test('one alone is always let through', () => {
    const rate = new RateState(32, 1000);
    for (let i = 0; i < 9; i++) rate.end(rate.start(0), 'throttled');
    expect(rate.fits(1000)).toBe(true);
  });

  test.each([
    [1000, 0, 1000],
    [1000, 1, 500],
    [1000, 9, 50],
    [30, 9, 30],
    [1, 9, 1],
  ])('batchSize of %i after throttling %i times: %i', (batchSize, times, expected) => {
    const rate = new RateState(32, batchSize);
    for (let i = 0; i < times; i++) rate.end(rate.start(0), 'throttled');
    expect(rate.batchSize).toBe(expected);
  });
});

describe('the gate', () => {
  const never = new AbortController().signal;
  const gateFor = (concurrency: number, sleep = noWaiting.sleep) =>
    new RateGate(new RateState(concurrency, 1000), { ...noWaiting, sleep, stop: never });

  test('lets in as many as the window is wide, in order of arrival', async () => {
    const gate = gateFor(2);
    const entered: number[] = [];
    const tickets = [1, 2, 3, 4].map((n) =>
      gate.acquire(0, []).then((ticket) => {
        entered.push(n);
        return ticket;
      }),
    );
    gate.release(await (tickets[0] ?? expect.fail()), 'ok');
    await tickets[2];
    expect(entered).toEqual([1, 2, 3]);
  });

  test('of several buckets, all together let in as many as the run may have', async () => {
    const room = new Room(2);
    const gates = [1, 2, 3].map(() => new RateGate(new RateState(2, 1000), { ...noWaiting, stop: never }, room));
    const entered: number[] = [];
    const tickets = gates.flatMap((gate, g) =>
      [1, 2].map(async () => {
        const ticket = await gate.acquire(0, []);
        entered.push(g);
        return { gate, ticket };
      }),
    );
    await tickets[1];
    await new Promise(setImmediate);
    expect(entered).toHaveLength(2);
    for (let left = 3; left <= 6; left++) {
      const { gate, ticket } = await (tickets[entered.length - 2] ?? expect.fail());
      gate.release(ticket, 'ok');
      await new Promise(setImmediate);
      expect(entered).toHaveLength(left);
    }
  });

  test('does not hold up others behind a batch that waits for its budget', async () => {
    const gate = gateFor(8);
    for (let i = 0; i < 4; i++) await gate.acquire(1000, []);
    let batch = false;
    void gate.acquire(1000, []).then(() => {
      batch = true;
    });
    await gate.acquire(0, []);
    expect(batch).toBe(false);
  });

  test('a waiter leaves when its signal is aborted, and takes nothing with it', async () => {
    const gate = gateFor(1);
    const ticket = await gate.acquire(0, []);
    const controller = new AbortController();
    const cut = gate.acquire(0, [controller.signal]);
    const next = gate.acquire(0, []);
    controller.abort(new Error('stop'));
    await expect(cut).rejects.toThrow('stop');
    gate.release(ticket, 'ok');
    await next;
  });

  test('refuses at once when the signal is aborted already', async () => {
    await expect(gateFor(1).acquire(0, [AbortSignal.abort(new Error('stop'))])).rejects.toThrow('stop');
  });

  test('nobody is sent during the pause after throttling', async () => {
    const over: (() => void)[] = [];
    const gate = gateFor(4, () => new Promise((resolve) => over.push(resolve)));
    gate.release(await gate.acquire(0, []), 'throttled');
    let sent = false;
    const next = gate.acquire(0, []).then(() => {
      sent = true;
    });
    await Promise.resolve();
    expect(sent).toBe(false);
    over.forEach((resolve) => void resolve());
    await next;
  });
});
