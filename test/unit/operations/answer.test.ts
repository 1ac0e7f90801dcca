import { describe, expect, it } from 'vitest';
import type { MessageCounts } from '../../../src/core/incident.ts';
import type { Queue } from '../../../src/core/queue.ts';
import { answerQueue } from '../../../src/operations/answer.ts';
import { openLedger, type Settled } from '../../../src/operations/ledger.ts';

/** What the queue is told at the end of a run, and how the messages are counted. */

/** A queue that notes what it is told, and deletes all messages but these. */
function tellTale(stay: readonly string[] = []) {
  const told: string[] = [];
  const note = (what: string, ids: readonly string[]) => {
    if (ids.length > 0) told.push(`${what}: ${ids.join(' ')}`);
  };
  const queue: Queue = {
    url: '',
    problems: [],
    drain: async () => {},
    async acknowledge(ids) {
      note('acknowledge', ids);
      return new Set(ids.filter((id) => !stay.includes(id)));
    },
    release: async (ids, seconds) => note(`in ${seconds}`, ids),
    backOff: async (ids) => note('back off', ids),
    close: () => {},
  };
  return { queue, told };
}

const MESSAGES: Readonly<Record<string, Settled | 'open'>> = {
  done: 'done',
  ignored: 'ignored',
  failed: 'failed',
  poison: 'failed',
  unreached: 'unreached',
  open: 'open',
  young: { again: 30 },
  foreign: { again: 0 },
};

async function answered(how: { dryRun?: boolean; broken?: boolean; stay?: readonly string[] } = {}) {
  const { dryRun = false, broken = false, stay = [] } = how;
  const ledger = openLedger();
  for (const [id, settled] of Object.entries(MESSAGES)) {
    const message = ledger.add(id, 1);
    if (settled !== 'open') ledger.settle(message, settled);
  }
  const messages: MessageCounts = { received: 8, acknowledged: 0, ignored: 0, deferred: 0, invalid: 1 };
  const { queue, told } = tellTale(stay);
  await answerQueue(queue, ledger, messages, { dryRun, broken });
  return { told, messages };
}

describe('a run that went to its end', () => {
  it('deletes what is settled, backs off what failed, and lets the rest come again', async () => {
    expect(await answered()).toEqual({
      told: [
        'acknowledge: ignored done',
        'back off: failed poison',
        'in 0: unreached open',
        'in 30: young',
        'in 0: foreign',
      ],
      messages: { received: 8, acknowledged: 2, ignored: 1, deferred: 5, invalid: 1 },
    });
  });

  it('counts what the queue did not delete as left for later', async () => {
    const { messages } = await answered({ stay: ['done'] });
    expect(messages).toEqual({ received: 8, acknowledged: 1, ignored: 1, deferred: 6, invalid: 1 });
    const other = await answered({ stay: ['ignored', 'done'] });
    expect(other.messages).toEqual({ received: 8, acknowledged: 0, ignored: 0, deferred: 7, invalid: 1 });
  });
});

describe('a run that was broken off', () => {
  it('backs off what it did not reach as well: the next one would break off too', async () => {
    const { told, messages } = await answered({ broken: true });
    expect(told).toEqual([
      'acknowledge: ignored done',
      'back off: failed poison unreached open',
      'in 30: young',
      'in 0: foreign',
    ]);
    expect(messages).toEqual({ received: 8, acknowledged: 2, ignored: 1, deferred: 5, invalid: 1 });
  });
});

describe('a dry run', () => {
  it.each([false, true])('deletes nothing, and lets all come again at once (broken off: %s)', async (broken) => {
    const { told, messages } = await answered({ dryRun: true, broken });
    expect(told).toEqual(['in 0: ignored done failed poison unreached open young foreign']);
    expect(messages).toMatchObject({ received: 8, acknowledged: 0, ignored: 1, invalid: 1 });
  });
});
