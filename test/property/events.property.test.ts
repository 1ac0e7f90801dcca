import { isDeepStrictEqual } from 'node:util';
import { Event } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { BucketEvent } from '../../src/core/event.ts';
import { parseMessage } from '../../src/events/index.ts';
import { runs } from '../support/arbitraries.ts';
import { fromSns, fromSqs, inSns, type Json, SAMPLES } from '../support/event-samples.ts';

/**
 * Messages that were damaged in every way. The parser never throws, and understands exactly what a second reader does, to
 * the last field. That one is written as schemas, from the same pages, and shares no code with the first.
 */

/** A run of fast-check, with a seed, is so many messages: 100,000 in CI. */
const PER_RUN = 1000;

describe('any damaged message', () => {
  it('is one of three things, and is understood only where a second reader agrees', () => {
    const seen = { events: 0, test: 0, invalid: 0 };
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const chance = chances(seed);
        for (let i = 0; i < PER_RUN; i++) seen[judged(damaged(chance))]++;
      }),
      // The seed of a failure is no better for being small.
      { ...runs(), numRuns: Math.max(100, runs().numRuns / 10), endOnFailure: true },
    );
    const all = seen.events + seen.test + seen.invalid;
    expect(all).toBeGreaterThanOrEqual(100_000);
    // Damage that always or never hurts would prove nothing.
    expect(seen.events / all).toBeGreaterThan(0.1);
    expect(seen.test / all).toBeGreaterThan(0.005);
    expect(seen.invalid / all).toBeGreaterThan(0.3);
  });
});

/** Throws an error that shows the message where something about it is wrong. */
function judged(body: string): 'events' | 'test' | 'invalid' {
  const wrong = (what: string) => new Error(`${what}: ${JSON.stringify(body.slice(0, 5000))}`);
  let parsed: ReturnType<typeof parseMessage>;
  try {
    parsed = parseMessage(body);
  } catch (error) {
    throw wrong(`threw ${error}`);
  }
  const second = secondReading(body);
  switch (parsed.kind) {
    case 'events':
      if (parsed.events.length === 0 || !parsed.events.every(isSane)) throw wrong('events that cannot be');
      if (!isDeepStrictEqual(parsed.events, second)) throw wrong('events that the second reader does not see');
      break;
    case 'test':
      if (second?.length !== 0) throw wrong('a test event that the second reader does not see');
      break;
    case 'invalid':
      if (!/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,1500}$/u.test(parsed.problem))
        throw wrong(`a problem that cannot be shown: ${parsed.problem}`);
      if (second !== undefined) throw wrong(`only the second reader understands (${parsed.problem})`);
      break;
    default:
      throw wrong('none of the three');
  }
  return parsed.kind;
}

function isSane({ bucket, key, at, sequencer, versionId, who }: BucketEvent): boolean {
  return (
    bucket.length > 0 &&
    bucket.length <= 255 &&
    key.length > 0 &&
    Buffer.byteLength(key) <= 1024 &&
    Number.isFinite(at) &&
    (sequencer === undefined || BigInt(`0x${sequencer}`) >= 0n) &&
    (versionId === undefined || (versionId.length > 0 && versionId.length <= 1024)) &&
    Object.values(who).every((text) => text.length > 0 && text.length <= 256)
  );
}

// The second reader.

const version = (major: string, bare: boolean) =>
  z.string().refine((text) => {
    const [first, minor, ...more] = text.split('.');
    const known =
      minor === undefined ? bare : minor.length <= 9 && minor !== '' && [...minor].every((c) => DIGITS.has(c));
    return first === major && known && more.length === 0;
  });

const DIGITS = new Set('0123456789');
const ALPHANUMERIC = new Set([...DIGITS, ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ']);
const ALPHABET = new Set([...ALPHANUMERIC, '.', '-', '_']);

const bucketName = z
  .string()
  .min(3)
  .max(255)
  .refine((name) => [...name].every((c) => ALPHABET.has(c)))
  .refine((name) => ALPHANUMERIC.has(name.at(0) ?? '') && ALPHANUMERIC.has(name.at(-1) ?? ''))
  .refine((name) => !name.includes('..') && !looksLikeAnAddress(name));

function looksLikeAnAddress(name: string): boolean {
  const parts = name.split('.');
  return parts.length === 4 && parts.every((part) => [...part].every((c) => DIGITS.has(c)));
}

/** With seconds, and no more digits than nanoseconds have. */
const time = z.iso
  .datetime()
  .min('1970-01-01T00:00:00Z'.length)
  .max('1970-01-01T00:00:00.123456789Z'.length)
  .refine((text) => text >= '1970')
  .transform((text) => new Date(text).getTime());

const sequencer = z.hex().min(1).max(64).nullish();
const printable = (text: string) => [...Buffer.from(text)].every((byte) => byte > 0x20 && byte < 0x7f);
const versionId = z.string().max(1024).refine(printable).nullish();

const key = z
  .string()
  .min(1)
  .refine((text) => Buffer.from(text).toString() === text && Buffer.from(text).length <= 1024);

const urlEncodedKey = z.string().transform(unescaped).pipe(key);

const HEX_PAIR = /^[\dA-Fa-f]{2}$/;

/** Byte by byte; empty, and so no key, where the bytes are no UTF-8. */
function unescaped(encoded: string): string {
  const bytes: Buffer[] = [];
  for (let i = 0; i < encoded.length; ) {
    const c = String.fromCodePoint(encoded.codePointAt(i) ?? 0);
    const hex = encoded.slice(i + 1, i + 3);
    if (c === '%' && !HEX_PAIR.test(hex)) return '';
    bytes.push(c === '%' ? Buffer.from(hex, 'hex') : Buffer.from(c === '+' ? ' ' : c));
    i += c === '%' ? 3 : c.length;
  }
  const text = Buffer.concat(bytes).toString();
  return encoded.isWellFormed() && Buffer.from(text).equals(Buffer.concat(bytes)) ? text : '';
}

const NAMES = Object.values(Event).filter((name) => !name.endsWith('*'));
const eventName = z.enum([...NAMES, ...NAMES.map((name) => name.slice('s3:'.length))]);

const anything = z.unknown().optional();

const Native = z.object({
  eventSource: z
    .string()
    .min(4)
    .endsWith(':s3')
    .refine((text) => [...text.slice(0, -3)].every((c) => ALPHABET.has(c))),
  eventVersion: version('2', false),
  eventName,
  eventTime: time,
  s3: z.object({
    s3SchemaVersion: version('1', false).optional(),
    bucket: z.object({ name: bucketName }),
    object: z.object({ key: urlEncodedKey, versionId, sequencer }),
  }),
  userIdentity: z.object({ principalId: anything }).optional().catch(undefined),
  requestParameters: z.object({ sourceIPAddress: anything }).optional().catch(undefined),
  responseElements: z.object({ 'x-amz-request-id': anything }).optional().catch(undefined),
});

const WHAT_HAPPENED = z.enum([
  ...(['Created', 'Deleted', 'ACL Updated', 'Tags Added', 'Tags Deleted'] as const),
  ...(['Restore Initiated', 'Restore Completed', 'Restore Expired'] as const),
  ...(['Storage Class Changed', 'Access Tier Changed'] as const),
]);

const Bridge = z.object({
  source: z.literal('aws.s3'),
  version: version('0', true),
  'detail-type': z.templateLiteral(['Object ', WHAT_HAPPENED]),
  time,
  detail: z.object({
    version: version('0', true),
    'event-version': version('1', true).optional(),
    bucket: z.object({ name: bucketName }),
    object: z.object({ key, 'version-id': versionId, sequencer }),
    'deletion-type': anything,
    reason: anything,
    requester: anything,
    'source-ip-address': anything,
    'request-id': anything,
  }),
});

const Test = z.object({ Event: z.literal('s3:TestEvent') });
const Notification = z.object({ Type: z.literal('Notification'), Message: z.string() });
const FromSqs = z.object({ eventSource: z.literal('aws:sqs'), body: z.string() });
const FromSns = z.object({
  eventSource: z.undefined().optional(),
  EventSource: z.literal('aws:sns'),
  Sns: Notification,
});
const Wrapped = z.union([FromSqs, FromSns]);
const List = z.object({ Records: z.array(z.unknown()).min(1) });

const DELETIONS = ['Delete Marker Created', 'Permanently Deleted'];
const CREATIONS = ['PutObject', 'POST Object', 'PostObject', 'CopyObject', 'CompleteMultipartUpload'];

type Reading = readonly BucketEvent[] | undefined;

/** undefined: not understood. Empty: a test event. */
function secondReading(body: string, mayBe: 'anything' | 'unlisted' | 'bare' = 'anything'): Reading {
  const json = parsedJson(body);
  if (!isTree(json) || Array.isArray(json)) return undefined;
  const marks = Object.keys(json).filter((name) => ['Records', 'Type', 'Event', 'detail-type'].includes(name));
  switch (marks.join()) {
    case 'Records': {
      const list = List.safeParse(json).data?.Records ?? [undefined];
      const all = list.map((record) => recordReading(record, mayBe === 'anything'));
      return all.every((one) => one !== undefined) ? all.flat() : undefined;
    }
    case 'Type': {
      const inner = Notification.safeParse(json).data;
      return inner !== undefined && mayBe !== 'bare' ? secondReading(inner.Message, 'bare') : undefined;
    }
    case 'Event':
      return Test.safeParse(json).success ? [] : undefined;
    default: {
      const event = Bridge.safeParse(json).data;
      return event === undefined || marks.length > 1 ? undefined : bridgeReading(event);
    }
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function recordReading(record: unknown, mayWrap: boolean): Reading {
  const wrapped = Wrapped.safeParse(record).data;
  if (wrapped !== undefined && 'body' in wrapped) return mayWrap ? secondReading(wrapped.body, 'unlisted') : undefined;
  if (wrapped !== undefined) return mayWrap ? secondReading(wrapped.Sns.Message, 'bare') : undefined;
  const native = Native.safeParse(record).data;
  if (native === undefined) return undefined;
  const { bucket, object } = native.s3;
  const name = native.eventName.replace('s3:', '');
  const kinds = {
    'ObjectRemoved:DeleteMarkerCreated': 'delete-marker',
    'LifecycleExpiration:DeleteMarkerCreated': 'lifecycle-delete-marker',
  } as const;
  const marker = Object.entries(kinds).find(([of]) => of === name)?.[1];
  const written = name.startsWith('ObjectCreated:');
  return [
    without({
      kind: marker ?? (written ? 'overwrite' : 'other'),
      name,
      bucket: bucket.name,
      key: object.key,
      versionId: object.versionId || undefined,
      sequencer: object.sequencer ?? undefined,
      at: native.eventTime,
      copied: written && !/:P(u|os)t$/.test(name) ? true : undefined,
      who: without({
        principal: told(native.userIdentity?.principalId),
        sourceIp: told(native.requestParameters?.sourceIPAddress),
        requestId: told(native.responseElements?.['x-amz-request-id']),
      }),
    }),
  ];
}

function bridgeReading({ 'detail-type': type, detail, time: at }: z.infer<typeof Bridge>): Reading {
  const deletion = DELETIONS.find((one) => one === detail['deletion-type']);
  if (type === 'Object Deleted' && deletion === undefined) return undefined;
  const how = CREATIONS.find((one) => one === detail.reason);
  const marker = detail.reason === 'Lifecycle Expiration' ? 'lifecycle-delete-marker' : 'delete-marker';
  const deleted = deletion === 'Delete Marker Created' ? marker : 'other';
  const what = type === 'Object Deleted' ? deletion : type === 'Object Created' ? how : undefined;
  return [
    without({
      kind: type === 'Object Deleted' ? deleted : type === 'Object Created' ? 'overwrite' : 'other',
      name: what === undefined ? type : `${type}: ${what}`,
      bucket: detail.bucket.name,
      key: detail.object.key,
      versionId: detail.object['version-id'] || undefined,
      sequencer: detail.object.sequencer ?? undefined,
      at,
      copied: type === 'Object Created' && how?.startsWith('Co') ? true : undefined,
      who: without({
        principal: told(detail.requester),
        sourceIp: told(detail['source-ip-address']),
        requestId: told(detail['request-id']),
      }),
    }),
  ];
}

function told(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/\S/.test(value)) return undefined;
  // Half a character is told as U+FFFD, as in UTF-8.
  return Buffer.from(value.substring(0, 256)).toString();
}

/** Without the fields that are undefined. */
function without<T extends object>(of: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return JSON.parse(JSON.stringify(of));
}

// The damage.

interface Chance {
  /** From 0 to `below` - 1. */
  int(below: number): number;
  pick<T>(list: readonly T[]): T;
}

/** mulberry32: as good as this needs, and a hundred thousand messages take no time. */
function chances(seed: number): Chance {
  let state = seed | 0;
  const int = (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
  return {
    int,
    pick: (list) => {
      const found = list[int(list.length)];
      if (found === undefined) throw new Error('picked from nothing');
      return found;
    },
  };
}

const TEXTS = SAMPLES.map(({ message }) => JSON.stringify(message));

/** Setting `__proto__` by assignment would do something else; it is put into the text at the end. */
const PROTO = '__prot0__';

const FIELDS = [
  ...[
    'Records',
    'detail-type',
    'detail',
    'Event',
    'Type',
    'Message',
    'Sns',
    'body',
    'eventSource',
    'EventSource',
    's3',
  ],
  ...['eventName', 'eventVersion', 'eventTime', 'time', 'bucket', 'object', 'name', 'key', 'versionId', 'version-id'],
  ...[
    'sequencer',
    'version',
    'event-version',
    'deletion-type',
    'reason',
    'principalId',
    'source',
    PROTO,
    'constructor',
  ],
];

const VALUES: readonly unknown[] = [
  ...[null, true, 0, -1, 2.1, 1e308, '', ' ', 'null', 'a', 'my-site', '\ud800', '\u{1f600}', '\u202e', '\n::error::'],
  ...['%', '%zz', '%E0%A4', '%ED%A0%80', '%C3%A9', 'a+b', '%2B', '%00', '..', 'a..b', '192.168.0.1', 'a/b'],
  ...['a'.repeat(1024), 'a'.repeat(1025), '\u00e9'.repeat(513), '%C3%A9'.repeat(512), 'f'.repeat(64), 'f'.repeat(65)],
  ...[
    'x'.repeat(255),
    'x'.repeat(256),
    `${'x'.repeat(255)}\u{1f600}`,
    '0',
    '1',
    '2',
    '1.0',
    '2.0',
    '2.99',
    '3.0',
    '2.',
  ],
  ...['2026-11-22T14:00:00Z', '2026-02-30T00:00:00Z', '2024-02-29T00:00:00.123456Z', '2026-11-22T14:00Z', 'now'],
  ...['1969-12-31T23:59:59Z', '2026-01-01T24:00:00Z', '0055AED6DCD90281E5', '617f08299329d189', 'xyz', '0x1'],
  ...[
    'aws:s3',
    'ceph:s3',
    ':s3',
    'aws:sqs',
    'aws:sns',
    'aws.s3',
    'Notification',
    's3:TestEvent',
    'SubscriptionConfirmation',
  ],
  ...['Delete Marker Created', 'Permanently Deleted', 'Lifecycle Expiration', 'CopyObject', 'PutObject', 'constructor'],
  ...[
    'Object Deleted',
    'Object Created',
    'Object Tags Added',
    'AWS API Call via CloudTrail',
    '{}',
    '[]',
    '{"Records":[]}',
  ],
  ...NAMES,
  ...NAMES.map((name) => name.slice(3)),
];

/** What is about right, or just not, in these. */
const FITTING: ReadonlyMap<string, readonly unknown[]> = new Map([
  [
    'key',
    ['a+b%2Bc', '\ud800', '%ED%A0%80', 'a'.repeat(1024), 'a'.repeat(1025), '%C3%A9'.repeat(512), '\u00e9'.repeat(513)],
  ],
  [
    'reason',
    ['PutObject', 'POST Object', 'PostObject', 'CopyObject', 'CompleteMultipartUpload', 'Lifecycle Expiration'],
  ],
  ['deletion-type', ['Permanently Deleted', 'Delete Marker Created', 'Deleted']],
  ['eventName', [...NAMES, 'ObjectRemoved:*', 'LifecycleExpiration:deletemarkercreated']],
]);

const PIECES = [
  '%',
  '+',
  '%2',
  '%C3',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\0',
  ' ',
  '.',
  '9',
  'a',
  '\ud83d',
  '\u00e9',
  '1e999',
];

function damaged(chance: Chance): string {
  let text = chance.pick(TEXTS);
  if (chance.int(5) > 0) {
    let tree: unknown = JSON.parse(text);
    for (let n = chance.int(3); n >= 0; n--) tree = hurtTree(tree, chance);
    text = JSON.stringify(tree) ?? '';
  }
  if (chance.int(4) === 0) for (let n = chance.int(2); n >= 0; n--) text = hurtText(text, chance);
  return text.replaceAll(PROTO, '__proto__');
}

type Place = { readonly of: Json; readonly name: string };

/** Somewhere in the tree; lists are objects too. */
function placeIn(tree: unknown, chance: Chance): Place | undefined {
  let at = tree;
  let place: Place | undefined;
  while (isTree(at) && Object.keys(at).length > 0 && (place === undefined || chance.int(5) > 0)) {
    place = { of: at, name: chance.pick(Object.keys(at)) };
    at = at[place.name];
  }
  return place;
}

function isTree(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

function hurtTree(tree: unknown, chance: Chance): unknown {
  const place = placeIn(tree, chance);
  if (place === undefined) return chance.pick(VALUES);
  const { of, name } = place;
  const other = placeIn(tree, chance) ?? place;
  const value = of[name];
  const damage = chance.int(16);
  if (typeof value === 'string' && value.startsWith('{') && damage < 12) {
    // A message in the message.
    of[name] = JSON.stringify(hurtTree(JSON.parse(isJson(value) ? value : '{}'), chance));
  } else if (damage < 5) of[name] = chance.pick((chance.int(2) === 0 && FITTING.get(name)) || VALUES);
  else if (damage < 7) delete of[name];
  else if (damage === 7) {
    delete of[name];
    of[chance.pick(FIELDS)] = value;
  } else if (damage === 8) of[chance.pick(FIELDS)] = chance.pick(VALUES);
  else if (damage === 9) {
    // Not one into itself.
    const copy = JSON.parse(JSON.stringify([value, other.of[other.name]] satisfies unknown[]));
    of[name] = copy[1];
    other.of[other.name] = copy[0];
  } else if (damage === 10) {
    if (Array.isArray(value)) of[name] = [...value, ...value, ...(chance.int(2) ? [chance.pick(VALUES)] : [])];
    else of[name] = chance.pick([[], {}, [value], { [name]: value }]);
  } else if (damage < 14) {
    of[name] = typeof value === 'string' ? hurtText(value, chance) : JSON.stringify(value);
  } else if (damage === 14)
    return chance.pick([inSns, fromSqs, fromSns, (x: unknown) => [x], (x: unknown) => ({ Records: [x] })])(tree);
  else if (isTree(tree)) Object.assign(tree, JSON.parse(chance.pick(TEXTS)));
  return tree;
}

function isJson(text: string): boolean {
  return parsedJson(text) !== undefined;
}

function hurtText(text: string, chance: Chance): string {
  const at = chance.int(text.length + 1);
  const to = at + chance.int(12);
  switch (chance.int(8)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, to) + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(to) + text.slice(at, to);
    case 4: {
      const bytes = Buffer.from(text);
      if (bytes.length > 0) bytes[chance.int(bytes.length)] = chance.int(256);
      return bytes.toString();
    }
    case 5:
      return text.length < 100 ? text.repeat(chance.int(20)) : text + text;
    default:
      return text.slice(0, at) + chance.pick(PIECES) + text.slice(at);
  }
}
