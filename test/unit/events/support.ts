import { expect } from 'vitest';
import type { BucketEvent, ParsedMessage } from '../../../src/core/event.ts';
import { parseMessage } from '../../../src/events/index.ts';
import { EVENTBRIDGE_MARKER, type Json, MARKER } from '../../support/event-samples.ts';

/** What the tests ask of the parser, and samples with one field changed. */

export const parse = (message: unknown): ParsedMessage => parseMessage(JSON.stringify(message));

export function eventsOf(message: unknown): readonly BucketEvent[] {
  const parsed = parse(message);
  return parsed.kind === 'events' ? parsed.events : expect.unreachable(JSON.stringify(parsed));
}

export function eventOf(message: unknown): BucketEvent {
  const [event, ...more] = eventsOf(message);
  expect(more).toEqual([]);
  return event ?? expect.unreachable();
}

export function problemOf(message: unknown): string {
  const parsed = parse(message);
  return parsed.kind === 'invalid' ? parsed.problem : expect.unreachable(JSON.stringify(parsed));
}

/** A copy with one field, given by its path, set; `undefined` takes it away. */
export function changed(message: Json, path: string, value: unknown): Json {
  const [name = '', ...rest] = path.split('/');
  const inner = message[name] as Json;
  return { ...message, [name]: rest.length === 0 ? value : changed(inner, rest.join('/'), value) };
}

export const native = (path: string, value: unknown) => ({ Records: [changed(MARKER, path, value)] });
export const bridge = (path: string, value: unknown) => changed(EVENTBRIDGE_MARKER, path, value);
