import { describe, expect, it } from 'vitest';
import { CancelledError, RollbackError } from '../../../src/core/errors.ts';
import { chooser } from '../../support/arbitraries.ts';
import * as model from '../../support/model.ts';
import { type BotRan, type BotRun, bot } from '../../support/model-bot.ts';
import {
  type Actor,
  type Change,
  type ModelRule,
  messagesOf,
  POISON,
  policyText,
  type Told,
  worldOf,
} from '../../support/model-events.ts';
import { modelQueue } from '../../support/model-queue.ts';

/** The bot as a whole: what happened to a bucket, what the queue tells of it, and what comes of both. */

const run = bot();

const RULE: ModelRule = {
  keys: '**',
  exceptKeys: '',
  on: ['delete-marker'],
  wantedBy: 'job',
  holdOff: 0,
  action: 'restore',
};

/** `after`: seconds after what came before. */
interface How {
  readonly after?: number;
  readonly by?: Actor;
  readonly comes?: Told['fate']['comes'];
}

function put(key: string, body: string, { after = 0, by = 'office', comes = 'now' }: How = {}): Change {
  const object = { body, contentType: 'text/plain' };
  return { what: 'put', key, object, actor: by, later: after, fate: { comes, times: 1 } };
}

function del(key: string, { after = 0, by = 'script', comes = 'now' }: How = {}): Change {
  return { what: 'delete', key, actor: by, later: after, fate: { comes, times: 1 } };
}

/** A bucket to which this happened, and the queue that tells of it. */
class Story {
  readonly bucket: model.Bucket;
  readonly events: readonly Told[];
  now: number;
  readonly queue = modelQueue({ now: () => this.now, maxReceiveCount: 10 });

  constructor(...changes: readonly Change[]) {
    const { bucket, events, end } = worldOf({ versioning: 'Enabled', changes });
    this.bucket = bucket;
    this.events = events;
    this.now = end + 1000;
    this.send('now');
  }

  send(comes: Told['fate']['comes']): void {
    for (const body of messagesOf(
      this.events.filter(({ fate }) => fate.comes === comes),
      chooser([]),
    )) {
      this.queue.send(body);
    }
  }

  async run(how: Partial<BotRun> & { readonly rules?: readonly Partial<ModelRule>[] } = {}): Promise<BotRan> {
    const { rules, ...more } = how;
    const policy = rules && policyText(rules.map((rule) => ({ ...RULE, ...rule })));
    return run({ bucket: this.bucket, queue: this.queue, now: this.now, policy, ...more });
  }

  /** What a reader of the key gets. */
  read(key: string): string | undefined {
    return model.read(this.bucket, key)?.body;
  }
}

const outcomes = ({ report }: BotRan) =>
  Object.fromEntries((report.events ?? []).map(({ key, decision, outcome }) => [key, `${decision}: ${outcome}`]));

describe('a run', () => {
  it('undoes what was not wanted, leaves the rest, acknowledges both, and tells of all of it', async () => {
    const story = new Story(
      put('a', 'one'),
      put('b', 'one'),
      put('c', 'one'),
      del('a', { after: 60, by: 'script' }),
      del('b', { by: 'job' }),
      del('c', { by: 'script' }),
      put('c', 'two'),
    );
    const ran = await story.run({ rules: [{}] });
    expect(['a', 'b', 'c'].map((key) => story.read(key))).toEqual(['one', undefined, 'two']);
    expect(ran.report).toMatchObject({
      operation: 'recover',
      status: 'success',
      target: { kind: 'before-events' },
      totals: { keysExamined: 3, planned: 1, restored: 1, unchanged: 0, skipped: 2, failed: 0 },
      skipped: { wanted: 1, superseded: 1 },
      steps: { 'remove-delete-marker': 1 },
      messages: { received: 7, acknowledged: 7, deferred: 0, invalid: 0 },
    });
    expect(outcomes(ran)).toEqual({ a: 'restore: restored', b: 'wanted: wanted', c: 'restore: superseded' });
    expect(ran.result.highlights.incident?.policy).toBe('.github/s3-rollback.yml');
    expect(story.queue.waiting.size).toBe(0);
    expect(ran.leftOver).toEqual([]);
    // What is done is done.
    const again = await story.run({ rules: [{}] });
    expect(again.report).toMatchObject({ status: 'no-change', messages: { received: 0 } });
  });

  it('without a policy file undoes every deletion, and says so', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60, by: 'job' }));
    const { report, result } = await story.run();
    expect(story.read('a')).toBe('one');
    expect(report.notes).toEqual([expect.stringMatching(/no policy file.*every deletion/)]);
    expect(result.highlights.incident?.policy).toBeUndefined();
  });

  it.each<[what: string, how: Partial<BotRun>, code: string]>([
    ['is asked for and not there', { policyRequired: true }, 'policy-not-found'],
    ['has a mistake', { policy: 'version: 1\nrules:\n  - nme: x\n' }, 'invalid-policy'],
  ])('receives nothing where the policy file %s', async (_, how, code) => {
    const story = new Story(put('a', 'one'), del('a', { after: 60 }));
    const { report } = await story.run(how);
    expect(report).toMatchObject({ status: 'failed', error: { code }, messages: { received: 0 } });
    expect([...story.queue.waiting.values()].map(({ receives }) => receives)).toEqual([0, 0]);
    expect(story.read('a')).toBeUndefined();
  });

  it('of one payload asks no queue', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60 }));
    const payload = JSON.stringify({ Records: [story.events[1]?.record] });
    const { report } = await story.run({ rules: [{}], payload });
    expect(story.read('a')).toBe('one');
    expect(report).toMatchObject({ status: 'success', messages: { received: 0, acknowledged: 0 } });
    expect(story.queue.waiting.size).toBe(2);
  });

  it('of a payload that nobody understands is refused', async () => {
    const { report } = await new Story().run({ rules: [{}], payload: '{"a":1}' });
    expect(report).toMatchObject({ status: 'failed', error: { code: 'invalid-event' } });
  });

  it('never acknowledges what it does not understand: it comes later each time, then goes to the dead letters', async () => {
    const story = new Story();
    const [id = ''] = POISON.slice(1, 2).map((body) => story.queue.send(body));
    const delays: number[] = [];
    for (let n = 0; n < 10; n++) {
      const { report } = await story.run();
      expect(report.messages).toMatchObject({ received: 1, acknowledged: 0, invalid: 1, deferred: 0 });
      const visibleAt = story.queue.waiting.get(id)?.visibleAt ?? 0;
      delays.push((visibleAt - story.now) / 1000);
      story.now = visibleAt;
    }
    expect(delays).toEqual([30, 60, 120, 240, 480, 900, 900, 900, 900, 900]);
    expect((await story.run()).report.messages).toMatchObject({ received: 0 });
    expect([...story.queue.deadLetters]).toEqual([id]);
  });

  it('changes nothing where it would change more than max-changes, and backs all of it off', async () => {
    const story = new Story(put('a', 'one'), put('b', 'one'), del('a', { after: 60 }), del('b'));
    const { report, port } = await story.run({ maxChanges: 1, rules: [{ on: ['delete-marker'] }] });
    expect(port.mutations).toEqual([]);
    expect(report).toMatchObject({
      status: 'failed',
      error: { code: 'max-changes-exceeded' },
      totals: { planned: 2, skipped: 2 },
      skipped: { 'not-attempted': 2 },
      messages: { received: 4, acknowledged: 2, deferred: 2 },
    });
    for (const { visibleAt } of story.queue.waiting.values()) expect(visibleAt).toBe(story.now + 30_000);
  });

  it('leaves failed keys to the queue, and acknowledges the others', async () => {
    const story = new Story(put('a', 'one'), put('b', 'one'), del('a', { after: 60 }), del('b'));
    const how = { rules: [{}], batchSize: 1, concurrency: 1 };
    const first = await story.run({ ...how, fault: (_, mutation) => (mutation === 0 ? 'refused' : 'none') });
    expect(first.report.totals).toMatchObject({ planned: 2, restored: 1, failed: 1 });
    expect(first.report.messages).toMatchObject({ received: 4, acknowledged: 3, deferred: 1 });
    story.now += 30_000;
    const second = await story.run(how);
    expect(second.report.totals).toMatchObject({ keysExamined: 1, restored: 1 });
    expect([story.read('a'), story.read('b')]).toEqual(['one', 'one']);
    expect(story.queue.waiting.size).toBe(0);
  });

  it('that is cancelled acknowledges nothing more, and says so', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60 }));
    const { report, port } = await story.run({ rules: [{}], stopAt: { of: 'bucket', n: 0 } });
    expect(port.mutations).toEqual([]);
    expect(report).toMatchObject({ status: 'failed', error: { code: 'cancelled' }, messages: { acknowledged: 0 } });
    expect(story.queue.acknowledged.size).toBe(0);
    expect(story.queue.waiting.size).toBe(2);
  });

  it('does not throw where the queue cannot be received from', async () => {
    const error = new RollbackError('queue-not-found', 'there is no such queue', 'Check "queue-url".');
    const drain = () => Promise.reject(error);
    const { report } = await new Story().run({ queueAs: (queue) => ({ ...queue, drain }) });
    expect(report).toMatchObject({ status: 'failed', error: { code: 'queue-not-found', hint: 'Check "queue-url".' } });
  });

  it('is not green where messages could not be deleted, although all is restored', async () => {
    const problems = ['queue-access-denied', 'queue-key'].map((code) => ({
      code,
      message: `of ${code}`,
      hint: 'Mend.',
    }));
    const story = new Story(put('a', 'one'), del('a', { after: 60 }));
    const { report } = await story.run({ queueAs: (queue) => ({ ...queue, problems }), refuses: () => true });
    expect(story.read('a')).toBe('one');
    expect(report).toMatchObject({
      status: 'partial',
      error: { code: 'queue-access-denied', message: 'of queue-access-denied', hint: 'Mend.' },
      totals: { restored: 1 },
      messages: { received: 2, acknowledged: 0, deferred: 2 },
    });
    expect(report.notes).toContain('of queue-key. Mend.');
  });

  it('closes the queue, whatever happened', async () => {
    const closed: string[] = [];
    const watched = (name: string, more: object = {}) => ({
      queueAs: (queue: NonNullable<Parameters<NonNullable<BotRun['queueAs']>>[0]>) => ({
        ...queue,
        ...more,
        close: () => {
          closed.push(name);
          queue.close();
        },
      }),
    });
    const broken = () => Promise.reject(new TypeError('x'));
    await new Story().run(watched('end'));
    await new Story().run({ ...watched('policy'), policyRequired: true });
    await new Story().run(watched('drain', { drain: () => Promise.reject(new CancelledError()) }));
    await new Story(put('a', 'one')).run(watched('acknowledge', { acknowledge: broken }));
    expect(closed).toEqual(['end', 'policy', 'drain', 'acknowledge']);
  });

  it('of a bucket that may not be read fails the keys of that one only', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60 }));
    const foreign = JSON.stringify({ Records: [story.events[1]?.record] }).replaceAll('"bucket"}', '"other"}');
    story.queue.send(foreign.replace('"name":"bucket"', '"name":"other"'));
    const denied = new RollbackError('access-denied', 'not allowed', 'Allow it.');
    const { report } = await story.run({
      others: { other: model.emptyBucket('Enabled') },
      bucketsAs: (buckets) => ({
        ...buckets,
        open: (name) => {
          const port = buckets.open(name);
          return name === 'other' ? { ...port, preflight: () => Promise.reject(denied) } : port;
        },
      }),
    });
    expect(story.read('a')).toBe('one');
    expect(report).toMatchObject({
      status: 'partial',
      totals: { keysExamined: 2, restored: 1, failed: 1 },
      failures: [{ bucket: 'other', key: 'a', code: 'access-denied' }],
      messages: { received: 3, acknowledged: 2, deferred: 1 },
    });
  });
});

describe('over several runs', () => {
  it('hold-off: what is too young comes again when it is ripe', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60 }));
    const how = { rules: [{ holdOff: 30 }] };
    const first = await story.run(how);
    expect(outcomes(first)).toEqual({ a: 'hold-off: held-off' });
    expect(first.report.messages).toMatchObject({ received: 2, acknowledged: 1, deferred: 1 });
    expect(story.read('a')).toBeUndefined();
    story.now = story.queue.nextVisible() ?? 0;
    await story.run(how);
    expect(story.read('a')).toBe('one');
    expect(story.queue.waiting.size).toBe(0);
  });

  it('a burst that goes on: its first events are counted again for the last ones', async () => {
    const keys = ['a', 'b', 'c', 'd'];
    const story = new Story(
      ...keys.map((key) => put(key, 'one')),
      del('a', { after: 100 }),
      del('b'),
      del('c', { after: 40 }),
      del('d', { after: 20, comes: 'late' }),
    );
    const how = { rules: [{ holdOff: 30, onlyIf: { atLeast: 3, within: 60 } }] };
    // a and b are old enough, and with c they are three; c is too young.
    const first = await story.run(how);
    expect(outcomes(first)).toEqual({ a: 'restore: restored', b: 'restore: restored', c: 'hold-off: held-off' });
    expect(first.report.messages).toMatchObject({ acknowledged: 4, deferred: 3 });
    // Alone, c and d were no burst.
    story.send('late');
    story.now += 60_000;
    const second = await story.run(how);
    expect(outcomes(second)).toEqual({
      a: 'restore: unchanged',
      b: 'restore: unchanged',
      c: 'restore: restored',
      d: 'restore: restored',
    });
    expect(story.queue.waiting.size).toBe(0);
  });

  it('a late event of the marker below is settled when it comes', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60, comes: 'late' }), del('a', { after: 60 }));
    await story.run({ rules: [{}] });
    expect(story.read('a')).toBe('one');
    story.send('late');
    expect(outcomes(await story.run({ rules: [{}] }))).toEqual({ a: 'restore: unchanged' });
    expect(story.queue.waiting.size).toBe(0);
  });
  it('an event that comes late does not undo a wanted deletion of an hour after it', async () => {
    const story = new Story(
      put('a', 'one'),
      del('a', { after: 60, comes: 'late' }),
      del('a', { after: 3600, by: 'job' }),
    );
    await story.run({ rules: [{}] });
    story.send('late');
    // What deleted it again may still be told; when it was not for a while, people are.
    for (let times = 1; times < 4; times++) {
      expect(outcomes(await story.run({ rules: [{}] }))).toEqual({ a: 'restore: held-off' });
      story.now += 60_000;
    }
    expect(outcomes(await story.run({ rules: [{}] }))).toEqual({ a: 'restore: unexplained' });
    expect(story.read('a')).toBeUndefined();
  });

  it('two unwanted deletions whose events come in different runs meet, in whatever order', async () => {
    for (const late of [0, 1]) {
      const deletions = [0, 1].map((i) => del('a', { after: 3600, ...(i === late && { comes: 'late' as const }) }));
      const story = new Story(put('a', 'one'), ...deletions);
      expect(outcomes(await story.run({ rules: [{}] }))).toEqual({ a: 'restore: held-off' });
      story.send('late');
      story.now += 60_000;
      await story.run({ rules: [{}] });
      expect(story.read('a')).toBe('one');
    }
  });

  it('a wanted deletion is known of as long as the unwanted one below it could not be dealt with', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60 }), del('a', { after: 1, by: 'job' }));
    const first = await story.run({ rules: [{}], fault: () => 'refused' });
    expect(first.report.messages).toMatchObject({ received: 3, acknowledged: 1, deferred: 2 });
    story.now += 30_000;
    expect((await story.run({ rules: [{}] })).report.skipped).toEqual({ wanted: 1 });
    expect(story.read('a')).toBeUndefined();
  });
});

/** Each of these was a fault. */
describe('what went wrong once', () => {
  it('1. before the unwanted write lay only an unwanted marker: not-an-overwrite, and no failure', async () => {
    const story = new Story(del('a'), put('a', 'one', { after: 60, by: 'script' }));
    const { report } = await story.run({ rules: [{ on: ['delete-marker', 'overwrite'] }] });
    // It goes back to the marker: `version-not-found`, again and again, until the messages are dead letters.
    expect(report.failures).toEqual([]);
    expect(report.skipped).toEqual({ 'not-an-overwrite': 1 });
  });

  it('1. … and deleted again, it comes back as it was written', async () => {
    const story = new Story(del('a'), put('a', 'one', { after: 60, by: 'script' }), del('a', { after: 60 }));
    await story.run({ rules: [{ on: ['delete-marker', 'overwrite'] }] });
    expect(story.read('a')).toBe('one');
  });

  it('2. the marker that an event names went, one below it did not: the next run goes on', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60, comes: 'never' }), del('a', { after: 1 }));
    const how = { rules: [{}], batchSize: 1, concurrency: 1 };
    // S3 answers for each entry of a request alone, and the run may die between two requests.
    const first = await story.run({ ...how, fault: (_, mutation) => (mutation === 1 ? 'refused' : 'none') });
    expect(first.report.totals.failed).toBe(1);
    story.now += 30_000;
    await story.run(how);
    // The marker that is left is named by nothing: `superseded`, acknowledged, and the key stays deleted.
    expect(story.read('a')).toBe('one');
  });

  it('3. hold-off: a wanted deletion on top of an unwanted one, in the queue together, stays', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60, by: 'script' }), del('a', { after: 10, by: 'job' }));
    const how = { rules: [{ holdOff: 600 }] };
    // The wanted one is acknowledged at once, the other held off; when it is ripe, nothing knows of the wanted one.
    await story.run(how);
    story.now = story.queue.nextVisible() ?? story.now;
    await story.run(how);
    expect(story.read('a')).toBeUndefined();
  });

  it('3. hold-off: a wanted deletion below a young unwanted one, in the queue together, stays', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60, by: 'job' }), del('a', { after: 10, by: 'script' }));
    const how = { rules: [{ holdOff: 600 }] };
    await story.run(how);
    story.now = story.queue.nextVisible() ?? story.now;
    await story.run(how);
    expect(story.read('a')).toBeUndefined();
  });

  it('4. hold-off: the events of one key ripen at different times, and are decided on together', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60 }), put('a', 'two', { after: 10, by: 'script' }));
    const how = { rules: [{ holdOff: 600, on: ['delete-marker', 'overwrite'] as const }] };
    await story.run(how);
    // Ripe is the deletion alone: `superseded` by a write that nothing is known of.
    story.now = story.queue.nextVisible() ?? story.now;
    await story.run(how);
    story.now += 60_000;
    await story.run(how);
    expect(story.read('a')).toBe('one');
  });

  it('5. a wanted deletion that was acknowledged minutes ago is not undone for an unwanted one on top of it', async () => {
    const story = new Story(
      put('a', 'one'),
      del('a', { after: 60, by: 'job' }),
      del('a', { after: 300, comes: 'late' }),
    );
    await story.run({ rules: [{}] });
    story.send('late');
    // The marker below, 5 minutes older and named by nothing, is taken for one whose event is late.
    await story.run({ rules: [{}] });
    expect(story.read('a')).toBeUndefined();
  });

  it('6. an event that comes late does not undo a wanted deletion that came minutes after it', async () => {
    const story = new Story(
      put('a', 'one'),
      del('a', { after: 60, comes: 'late' }),
      del('a', { after: 300, by: 'job' }),
    );
    await story.run({ rules: [{}] });
    story.send('late');
    // Its marker is not current any more; the one on top is named by nothing, for its event is acknowledged.
    await story.run({ rules: [{}] });
    expect(story.read('a')).toBeUndefined();
  });

  it('7. a run that is cancelled after a change tells of the event that asked for it', async () => {
    const story = new Story(put('a', 'one'), del('a', { after: 60 }));
    // The change is made, and the job is cancelled before it is verified.
    const ran = await story.run({ rules: [{}], batchSize: 1, verify: true, stopAt: { of: 'bucket', n: 2 } });
    expect(story.read('a')).toBe('one');
    expect(ran.report.error?.code).toBe('cancelled');
    expect(Object.keys(outcomes(ran))).toEqual(['a']);
  });
});
