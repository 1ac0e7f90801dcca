import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RollbackError } from '../../../src/core/errors.ts';
import { MAX_INVALID, newIncident } from '../../../src/core/incident.ts';
import { SILENT } from '../../../src/core/narrator.ts';
import type { Intake, RecoverRequest } from '../../../src/core/request.ts';
import { keyGroups, openEventSpool } from '../../../src/operations/event-spool.ts';
import { takeIn } from '../../../src/operations/intake.ts';
import { openLedger } from '../../../src/operations/ledger.ts';
import { nativeRecord, TEST_EVENT } from '../../support/event-samples.ts';
import { modelQueue } from '../../support/model-queue.ts';

/** What comes out of the queue: events go on, messages are accounted for, and nothing is lost on the way. */

const folder = mkdtempSync(join(tmpdir(), 's3-rollback-intake-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A record of a deletion, `bucket:key`. */
function record(name: string): object {
  const [bucket, key] = name.split(':');
  const s3 = { s3SchemaVersion: '1.0', bucket: { name: bucket }, object: { key, versionId: 'DM1', sequencer: '1' } };
  return nativeRecord('ObjectRemoved:DeleteMarkerCreated', {}, { s3 });
}

const message = (...names: string[]) => JSON.stringify({ Records: names.map(record) });

async function taken(intake: Intake, bodies: readonly string[], bucket?: string) {
  const queue = modelQueue({ now: () => 0, maxReceiveCount: 9 });
  for (const body of bodies) queue.send(body);
  const spool = openEventSpool(folder);
  const ledger = openLedger();
  const messages = { received: 0, acknowledged: 0, ignored: 0, deferred: 0, invalid: 0 };
  const incident = newIncident();
  const notes = new Set<string>();
  const request: RecoverRequest = {
    operation: 'recover',
    scope: { ...(bucket !== undefined && { bucket }), prefix: '', include: [], exclude: [] },
    target: { kind: 'before-events' },
    method: 'copy',
    dryRun: false,
    verify: true,
    failOn: 'failures',
    preserve: { objectLock: false, annotations: false },
    intake,
    policyFile: { path: '', given: '', required: false },
    planFile: '',
    journalFile: '',
    reportFile: '',
  };
  await takeIn(request, {
    queue: intake.kind === 'queue' ? queue.open() : undefined,
    narrator: SILENT,
    spool,
    ledger,
    messages,
    incident,
    notes,
  });
  const events: string[] = [];
  for await (const group of keyGroups(spool)) {
    for (const { bucket, key, events: own } of group) {
      events.push(`${bucket}:${key} of ${own.map(({ message }) => message).join(' and ')}`);
    }
  }
  const { acknowledge, backOff, unreached, release } = ledger.answers();
  return { events, messages, incident, notes, acknowledge, backOff, unreached, release: Object.fromEntries(release) };
}

const QUEUE: Intake = {
  kind: 'queue',
  url: 'https://sqs.eu-central-1.amazonaws.com/111122223333/events',
  limits: { maxMessages: 1000, seconds: 240, idlePolls: 2 },
};

describe('a queue', () => {
  it('each event goes on with the number of its message, which waits for all of them', async () => {
    const { events, messages, unreached } = await taken(QUEUE, [message('site:a', 'site:b'), message('site:a')]);
    expect(events).toEqual(['site:a of 0 and 1', 'site:b of 0']);
    expect(messages).toMatchObject({ received: 2, invalid: 0 });
    expect(unreached).toEqual(['m1', 'm2']);
  });

  it("S3's test event is settled at once", async () => {
    const { events, acknowledge, messages } = await taken(QUEUE, [JSON.stringify(TEST_EVENT)]);
    expect(events).toEqual([]);
    expect(acknowledge).toEqual(['m1']);
    expect(messages.received).toBe(1);
  });

  it('what is not understood is left to the redrive policy, counted, and told', async () => {
    const { events, backOff, messages, incident } = await taken(QUEUE, ['{', message('site:a')]);
    expect(events).toEqual(['site:a of 1']);
    expect(backOff).toEqual(['m1']);
    expect(messages).toMatchObject({ received: 2, invalid: 1 });
    expect(incident.invalid).toEqual([{ id: 'm1', problem: expect.stringContaining('not JSON') }]);
  });

  it('one record that is not understood holds back the whole message', async () => {
    const body = JSON.stringify({ Records: [record('site:a'), { eventName: 'ObjectRemoved:New' }] });
    const { events, backOff } = await taken(QUEUE, [body]);
    expect(events).toEqual([]);
    expect(backOff).toEqual(['m1']);
  });

  it('of many that are not understood some are told, and all are counted', async () => {
    const { incident, messages, backOff } = await taken(QUEUE, Array(MAX_INVALID + 5).fill('?'));
    expect(incident.invalid).toHaveLength(MAX_INVALID);
    expect(messages.invalid).toBe(MAX_INVALID + 5);
    expect(backOff).toHaveLength(MAX_INVALID + 5);
  });

  it('with the input "bucket", messages of others go back at once, and that is told once', async () => {
    const bodies = [message('site:a'), message('other:a'), message('site:b', 'other:b'), message('sit:a')];
    const { events, release, notes, unreached } = await taken(QUEUE, bodies, 'site');
    expect(events).toEqual(['site:a of 0']);
    expect(unreached).toEqual(['m1']);
    expect(release).toEqual({ 0: ['m2', 'm3', 'm4'] });
    expect([...notes]).toEqual([expect.stringMatching(/^3 messages tell of other buckets/)]);
  });

  it('without that input all buckets are taken, and nothing is told', async () => {
    const { events, notes } = await taken(QUEUE, [message('site:a'), message('other:a')]);
    expect(events).toEqual(['other:a of 1', 'site:a of 0']);
    expect([...notes]).toEqual([]);
  });

  it('its limit of messages holds', async () => {
    const limited: Intake = { ...QUEUE, limits: { ...QUEUE.limits, maxMessages: 2 } };
    const { messages } = await taken(limited, [message('site:a'), message('site:b'), message('site:c')]);
    expect(messages.received).toBe(2);
  });

  it('an empty one', async () => {
    const { events, messages } = await taken(QUEUE, []);
    expect(events).toEqual([]);
    expect(messages.received).toBe(0);
  });
});

describe('one payload', () => {
  const payload = (text: string) => taken({ kind: 'event', payload: text }, []);

  it('is of no message', async () => {
    const { events, messages } = await payload(message('site:a', 'site:b'));
    expect(events).toEqual(['site:a of -1', 'site:b of -1']);
    expect(messages.received).toBe(0);
  });

  it('may be the test event, which asks for nothing', async () => {
    expect((await payload(JSON.stringify(TEST_EVENT))).events).toEqual([]);
  });

  it('that is not understood is refused, with the input and the mend', async () => {
    const refused = payload('{"hello":1}');
    await expect(refused).rejects.toThrow(RollbackError);
    await expect(refused).rejects.toMatchObject({
      code: 'invalid-event',
      message: expect.stringMatching(/^input "event": /),
      hint: expect.stringContaining('toJSON(github.event.client_payload)'),
    });
  });
});
