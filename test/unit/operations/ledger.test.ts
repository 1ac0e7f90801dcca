import { describe, expect, it } from 'vitest';
import { openLedger, type Settled } from '../../../src/operations/ledger.ts';

/** What becomes of a message: the strongest claim of any record in it decides. */

/** Messages by their ids, each with what was said of its records; `open`: a record that nothing was said of. */
function answers(messages: Readonly<Record<string, readonly (Settled | 'open')[]>>) {
  const ledger = openLedger();
  for (const [id, records] of Object.entries(messages)) {
    const message = ledger.add(id, records.length);
    for (const record of records) if (record !== 'open') ledger.settle(message, record);
  }
  const { acknowledge, ignored, backOff, unreached, release } = ledger.answers();
  return { acknowledge, ignored: [...ignored], backOff, unreached, release: Object.fromEntries(release) };
}

function answerFor(...records: (Settled | 'open')[]): string {
  const { acknowledge, ignored, backOff, unreached, release } = answers({ m: records });
  const found = [
    ...acknowledge.map(() => (ignored.length > 0 ? 'acknowledge, ignored' : 'acknowledge')),
    ...backOff.map(() => 'back off'),
    ...unreached.map(() => 'unreached'),
    ...Object.keys(release).map((seconds) => `again in ${seconds}`),
  ];
  return found.join(' and ');
}

const again = (seconds: number): Settled => ({ again: seconds });

describe('one message', () => {
  it.each<[records: (Settled | 'open')[], answer: string]>([
    [['ignored'], 'acknowledge, ignored'],
    [['done'], 'acknowledge'],
    [['failed'], 'back off'],
    [['unreached'], 'unreached'],
    [[again(30)], 'again in 30'],
    [[again(0)], 'again in 0'],
    [['open'], 'unreached'],
    [['ignored', 'ignored'], 'acknowledge, ignored'],
    [['ignored', 'done'], 'acknowledge'],
    [['done', 'ignored'], 'acknowledge'],
    [['done', 'open'], 'unreached'],
    [['ignored', 'open'], 'unreached'],
    [['done', again(30)], 'again in 30'],
    [['ignored', again(30), 'done'], 'again in 30'],
    [[again(30), again(5), again(60)], 'again in 5'],
    [[again(30), 'open'], 'unreached'],
    [[again(30), 'unreached'], 'unreached'],
    [['failed', 'done', 'ignored'], 'back off'],
    [['failed', again(0)], 'back off'],
    [['failed', 'unreached'], 'back off'],
    [['failed', 'open'], 'back off'],
  ])('%j: %s', (records, answer) => {
    expect(answerFor(...records)).toBe(answer);
  });
});

describe('many messages', () => {
  it('are each in one list, in the order in which they came', () => {
    expect(
      answers({
        a: ['done'],
        b: ['ignored'],
        c: ['failed'],
        d: [again(9)],
        e: ['open'],
        f: ['done', 'done'],
        g: [again(9), 'done'],
        h: [again(1)],
        i: ['ignored'],
      }),
    ).toEqual({
      acknowledge: ['b', 'i', 'a', 'f'],
      ignored: ['b', 'i'],
      backOff: ['c'],
      unreached: ['e'],
      release: { 9: ['d', 'g'], 1: ['h'] },
    });
  });

  it('that are tied come again together, when the first of them has to; what does not come again is not held back', () => {
    const ledger = openLedger();
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((id) => ledger.add(id, 1));
    if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined) throw new Error();
    ledger.settle(a, again(90));
    ledger.settle(b, again(60));
    ledger.settle(c, again(30));
    ledger.settle(d, 'done');
    ledger.settle(e, again(10));
    ledger.tie([a, b]);
    ledger.tie([c, b]);
    ledger.tie([]);
    const { acknowledge, release } = ledger.answers();
    expect(Object.fromEntries(release)).toEqual({ 30: ['a', 'b', 'c'], 10: ['e'] });
    expect(acknowledge).toEqual(['d']);
  });

  it('that are tied have one fate: the worst of theirs', () => {
    const ledger = openLedger();
    const [a, b] = [ledger.add('a', 2), ledger.add('b', 1)];
    ledger.settle(a, 'failed');
    ledger.settle(a, again(30));
    ledger.settle(b, again(30));
    ledger.tie([a, b]);
    expect(ledger.answers()).toMatchObject({ backOff: ['a', 'b'], release: new Map() });
  });

  it('that are tied to one that comes again come with it, though they are done themselves', () => {
    const ledger = openLedger();
    const [a, b, c] = [ledger.add('a', 1), ledger.add('b', 2), ledger.add('c', 1)];
    // b tells of a key that is done, as a and c do, and of another.
    for (const [message, settled] of [
      [a, 'ignored'],
      [b, 'done'],
      [b, again(30)],
      [c, 'done'],
    ] as const) {
      ledger.settle(message, settled);
    }
    ledger.tie([a, b]);
    const { release, acknowledge } = ledger.answers();
    expect([Object.fromEntries(release), acknowledge]).toEqual([{ 30: ['a', 'b'] }, ['c']]);
  });

  it('that are tied and done are told apart as ever', () => {
    const ledger = openLedger();
    const [a, b] = [ledger.add('a', 1), ledger.add('b', 1)];
    ledger.settle(a, 'ignored');
    ledger.settle(b, 'done');
    ledger.tie([a, b]);
    const { acknowledge, ignored } = ledger.answers();
    expect([acknowledge, [...ignored]]).toEqual([['a', 'b'], ['a']]);
  });

  it('of none there is nothing to say', () => {
    expect(answers({})).toEqual({ acknowledge: [], ignored: [], backOff: [], unreached: [], release: {} });
  });

  it('records are settled in any order, those of one message between those of others', () => {
    const ledger = openLedger();
    const [a, b] = [ledger.add('a', 2), ledger.add('b', 2)];
    ledger.settle(b, 'done');
    ledger.settle(a, 'failed');
    ledger.settle(b, 'ignored');
    ledger.settle(a, 'done');
    expect(ledger.answers()).toMatchObject({ acknowledge: ['b'], backOff: ['a'] });
  });
});
