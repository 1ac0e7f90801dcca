import type { ParsedMessage } from '../core/event.ts';
import { readMessage } from './envelope.ts';
import { NotUnderstood } from './fields.ts';

/**
 * Take the body of a message apart: S3's own notification, alone, in SNS, or in a list as Lambda gets it; an event of
 * EventBridge; the test event. Understood whole or not at all: one record that is not makes the message `invalid`. Fields
 * that are not known are ignored. Never throws; the work grows with the length of the body, and with nothing else.
 */
export function parseMessage(body: string): ParsedMessage {
  try {
    const events = readMessage(body);
    return events.length === 0 ? { kind: 'test' } : { kind: 'events', events };
  } catch (error) {
    if (error instanceof NotUnderstood) return { kind: 'invalid', problem: error.message };
    throw error;
  }
}
