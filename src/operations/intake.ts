import { RollbackError } from '../core/errors.ts';
import type { BucketEvent } from '../core/event.ts';
import { type Incident, MAX_INVALID, type MessageCounts } from '../core/incident.ts';
import type { Narrator } from '../core/narrator.ts';
import type { Queue } from '../core/queue.ts';
import type { RecoverRequest } from '../core/request.ts';
import { countOf } from '../core/words.ts';
import { parseMessage } from '../events/index.ts';
import type { Sorter } from '../files/sort.ts';
import type { SpooledEvent } from './event-spool.ts';
import type { Ledger } from './ledger.ts';

export interface IntakeDeps {
  /** Where the events come from a queue. */
  readonly queue?: Queue | undefined;
  readonly narrator: Narrator;
  readonly spool: Sorter<SpooledEvent>;
  readonly ledger: Ledger;
  readonly messages: MessageCounts;
  readonly incident: Incident;
  readonly notes: Set<string>;
}

/**
 * Take in what there is: all messages of the queue, up to its limits, or the one payload. Events go to the spool, messages
 * into the ledger. A message is understood whole or not at all; what is not understood is noted, and never deleted.
 * @throws RollbackError `queue-…`, `invalid-event`; CancelledError
 */
export async function takeIn({ intake, scope }: RecoverRequest, deps: IntakeDeps): Promise<void> {
  const { queue, narrator, spool, ledger, messages, incident, notes } = deps;
  if (intake.kind === 'event')
    return spool.add(takePayload(intake.payload).map((event) => ({ event, message: -1, receives: NEVER_AGAIN })));
  if (queue === undefined) throw new RangeError('events come from a queue, and there is none');

  let foreign = 0;
  await queue.drain(intake.limits, async (batch) => {
    const events: SpooledEvent[] = [];
    for (const { id, body, receives } of batch) {
      messages.received += 1;
      const parsed = parseMessage(body);
      if (parsed.kind === 'test') {
        ledger.settle(ledger.add(id, 1), 'ignored');
      } else if (parsed.kind === 'invalid') {
        messages.invalid += 1;
        // Left to the queue's redrive policy.
        ledger.settle(ledger.add(id, 1), 'failed');
        if (incident.invalid.length < MAX_INVALID) incident.invalid.push({ id, problem: parsed.problem });
      } else if (parsed.events.some(({ bucket }) => scope.bucket !== undefined && bucket !== scope.bucket)) {
        foreign += 1;
        ledger.settle(ledger.add(id, 1), { again: 0 });
      } else {
        const message = ledger.add(id, parsed.events.length);
        for (const event of parsed.events) events.push({ event, message, receives });
      }
    }
    await spool.add(events);
    narrator.progress(messages.received, undefined, 'messages received');
  });
  narrator.say(`${countOf(messages.received, 'message')} received.`);
  if (foreign > 0) {
    notes.add(
      `${countOf(foreign, 'message tells', 'messages tell')} of other buckets than the one that the input "bucket" names, and ` +
        'come again, until the queue moves them to its dead-letter queue. Leave out "bucket", or let each bucket have a queue of its own.',
    );
  }
}

/** A payload is not received again: what is not decided now is not decided. */
const NEVER_AGAIN = Number.MAX_SAFE_INTEGER;

function takePayload(payload: string): readonly BucketEvent[] {
  const parsed = parseMessage(payload);
  if (parsed.kind === 'events') return parsed.events;
  if (parsed.kind === 'test') return [];
  throw new RollbackError(
    'invalid-event',
    `input "event": ${parsed.problem}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub's, as it stands in a workflow
    'Give one S3 event as JSON, such as ${{ toJSON(github.event.client_payload) }}: a notification of S3, its SNS envelope, or an event of EventBridge.',
  );
}
