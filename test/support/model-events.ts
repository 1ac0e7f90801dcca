import fc from 'fast-check';
import { EVENT_KINDS, type EventKind } from '../../src/core/event.ts';
import { globTest } from '../../src/core/globs.ts';
import { BEGIN, keysOfABucket, object } from './arbitraries.ts';
import * as model from './model.ts';
import type { Choose } from './model-port.ts';

/**
 * What people and machines did to a bucket, and what S3 tells of it. The events are of the form that AWS sends them in:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export interface World {
  readonly bucket: model.Bucket;
  /** One for each change that S3 tells of, in the order in which they happened. */
  readonly events: readonly Told[];
  /** ms. */
  readonly end: number;
}

export const ACTORS = {
  script: { principal: 'AWS:AROASCRIPT:cleanup', sourceIp: '203.0.113.7' },
  job: { principal: 'AWS:AROAJOB:retention-job-7', sourceIp: '203.0.113.8' },
  office: { principal: 'AWS:AIDAOFFICE', sourceIp: '10.1.2.3' },
  bot: { principal: 'AWS:AROABOT:s3-bot', sourceIp: '203.0.113.9' },
  lifecycle: { principal: 's3.amazonaws.com', sourceIp: 's3.amazonaws.com' },
} as const;
export type Actor = keyof typeof ACTORS;
export const BOT = 'AROABOT:s3-bot';

/** An event, and what it is about. */
export interface Told {
  /** Its request id; no two have the same. */
  readonly id: string;
  readonly key: string;
  readonly actor: Actor;
  readonly kind: EventKind | 'other';
  readonly copied: boolean;
  /** ms. */
  readonly at: number;
  /** What the change made; absent where it removed something. */
  readonly entry?: model.StoredEntry;
  /** The record, as JSON. */
  readonly record: object;
  /** What becomes of it on its way. */
  readonly fate: Fate;
}

export interface Fate {
  /** `late`: only after the first run. */
  readonly comes: 'now' | 'late' | 'never';
  readonly times: number;
}

export type Change = { readonly key: string; readonly later: number; readonly fate: Fate } & (
  | { readonly what: 'put'; readonly actor: Actor; readonly object: model.StoredObject }
  /** The n-th version from the top (counted around) is copied on top. */
  | { readonly what: 'copy'; readonly actor: Actor; readonly nth: number }
  | { readonly what: 'delete'; readonly actor: Actor }
  /** A lifecycle rule expires the key, if it is live. Its marker is stamped midnight. */
  | { readonly what: 'expire' }
  /** Somebody removes the marker on top, if there is one. */
  | { readonly what: 'undelete'; readonly actor: Actor }
);

export interface Past {
  readonly versioning: model.Bucket['versioning'];
  readonly changes: readonly Change[];
}

const DAY = 86_400_000;

export function pastOf(versionings: readonly model.Bucket['versioning'][] = ['Enabled']): fc.Arbitrary<Past> {
  return keysOfABucket.chain((keys) => {
    const fate = fc.record({
      comes: fc.oneof({ weight: 6, arbitrary: fc.constant('now' as const) }, fc.constantFrom('late', 'never')),
      times: fc.constantFrom(1, 1, 2),
    });
    const common = {
      key: fc.constantFrom(...keys),
      fate,
      later: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(0, 1, 2) },
        { weight: 1, arbitrary: fc.constantFrom(300, 1200, 43_200) },
      ),
    };
    const actor = fc.constantFrom<Actor>('script', 'script', 'script', 'job', 'office', 'bot');
    const change: fc.Arbitrary<Change> = fc.oneof(
      { weight: 5, arbitrary: fc.record({ ...common, what: fc.constant('put' as const), actor, object }) },
      { weight: 6, arbitrary: fc.record({ ...common, what: fc.constant('delete' as const), actor }) },
      { weight: 1, arbitrary: fc.record({ ...common, what: fc.constant('copy' as const), actor, nth: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ ...common, what: fc.constant('expire' as const) }) },
      { weight: 1, arbitrary: fc.record({ ...common, what: fc.constant('undelete' as const), actor }) },
    );
    return fc.record({
      versioning: fc.constantFrom(...versionings),
      changes: fc.array(change, { minLength: 1, maxLength: 6 * keys.length, size: 'max' }),
    });
  });
}

/** Live through the past. */
export function worldOf({ versioning, changes }: Past): World {
  const bucket = model.emptyBucket(versioning);
  const events: Told[] = [];
  let now = BEGIN;
  for (const change of changes) {
    now += change.later * 1000;
    const told = happen(bucket, change, now);
    if (told === undefined) continue;
    events.push(toldOf({ ...told, key: change.key, at: now + 402 }, events.length, change.fate));
  }
  return { bucket, events, end: now };
}

type Happened = Pick<Told, 'actor' | 'kind'> & { readonly name: string; readonly entry?: model.StoredEntry };

function happen(bucket: model.Bucket, change: Change, now: number): Happened | undefined {
  const { key } = change;
  const entries = model.entriesOf(bucket, key);
  switch (change.what) {
    case 'put':
      return { ...WRITE, actor: change.actor, entry: model.put(bucket, key, change.object, now) };
    case 'copy': {
      const versions = entries.filter((e) => e.object !== undefined);
      const version = versions[change.nth % Math.max(1, versions.length)];
      const entry = version && model.copyVersion(bucket, key, version.versionId, now);
      return entry && { ...COPY, actor: change.actor, entry };
    }
    case 'delete':
      return { ...DELETE, actor: change.actor, entry: model.addMarker(bucket, key, now) };
    case 'expire':
      if (entries[0]?.object === undefined) return undefined;
      return { ...EXPIRE, actor: 'lifecycle', entry: model.addMarker(bucket, key, now - (now % DAY)) };
    case 'undelete': {
      const [top] = entries;
      if (top === undefined || top.object !== undefined) return undefined;
      model.remove(bucket, key, top.versionId);
      return { ...REMOVE, actor: change.actor };
    }
  }
}

const WRITE = { kind: 'overwrite', name: 'ObjectCreated:Put' } as const;
const COPY = { kind: 'overwrite', name: 'ObjectCreated:Copy' } as const;
const DELETE = { kind: 'delete-marker', name: 'ObjectRemoved:DeleteMarkerCreated' } as const;
const EXPIRE = { kind: 'lifecycle-delete-marker', name: 'LifecycleExpiration:DeleteMarkerCreated' } as const;
const REMOVE = { kind: 'other', name: 'ObjectRemoved:Delete' } as const;

function toldOf(what: Happened & { key: string; at: number }, number: number, fate: Fate): Told {
  const { key, actor, kind, name, at, entry } = what;
  const { principal, sourceIp } = ACTORS[actor];
  const id = `REQUEST${number}`;
  const record = {
    eventVersion: '2.6',
    eventSource: 'aws:s3',
    awsRegion: 'eu-central-1',
    eventTime: new Date(at).toISOString(),
    eventName: name,
    userIdentity: { principalId: principal },
    requestParameters: { sourceIPAddress: sourceIp },
    responseElements: { 'x-amz-request-id': id },
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: 'bucket', arn: 'arn:aws:s3:::bucket' },
      object: {
        key: encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
        ...(entry !== undefined && entry.versionId !== 'null' && { versionId: entry.versionId }),
        sequencer: `0067902B67${number.toString(16).toUpperCase().padStart(8, '0')}`,
      },
    },
  };
  const copied = name === COPY.name;
  return { id, key, actor, kind, copied, at, record, fate, ...(entry !== undefined && { entry }) };
}

/** What S3 tells of what the bot did: `before` and `after` are the same bucket before and after its run. */
export function toldOfTheBot(before: model.Bucket, after: model.Bucket, number: number, at: number): Told[] {
  const keys = new Set([...before.keys.keys(), ...after.keys.keys()]);
  const happened = [...keys].flatMap((key): (Happened & { key: string })[] => {
    const [old, now] = [model.entriesOf(before, key), model.entriesOf(after, key)];
    return [
      ...old.filter((e) => !now.includes(e)).map(() => ({ ...REMOVE, actor: 'bot' as const, key })),
      ...now.filter((e) => !old.includes(e)).map((entry) => ({ ...COPY, actor: 'bot' as const, key, entry })),
    ];
  });
  return happened.map((one, i) => toldOf({ ...one, at }, number + i, { comes: 'now', times: 1 }));
}

/** Messages that tell of events, each as often as it comes, in any order; some with several records, some by way of SNS. */
export function messagesOf(events: readonly Told[], choose: Choose): string[] {
  const records = events.flatMap(({ record, fate }) => Array.from({ length: fate.times }, () => record));
  const bodies: string[] = [];
  while (records.length > 0) {
    const some: object[] = [];
    for (let left = 1 + (choose(4) === 3 ? choose(3) : 0); left > 0; left--) {
      some.push(...records.splice(choose(records.length), 1));
    }
    const body = JSON.stringify({ Records: some });
    bodies.push(choose(5) === 4 ? JSON.stringify({ Type: 'Notification', Message: body }) : body);
  }
  return bodies;
}

/** The ids of the events in a message. */
export function idsIn(body: string): string[] {
  return [...body.matchAll(/REQUEST\d+/g)].map(([id]) => id);
}

/** Nobody knows what these say. */
export const POISON = ['', 'null', '{', '{"Records":[]}', '{"Records":[{"eventVersion":"3.0"}]}', '{"hello":"world"}'];
export const TEST_EVENT = JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'bucket' });

/** A rule of a policy, as it is written, and what it says in the model. */
export interface ModelRule {
  readonly keys: string;
  readonly exceptKeys: string;
  readonly on: readonly EventKind[];
  readonly wantedBy: 'nobody' | 'job' | 'office' | 'both';
  /** Seconds. */
  readonly onlyIf?: { readonly atLeast: number; readonly within: number };
  readonly holdOff: number;
  /** `then` in the file. */
  readonly action: 'restore' | 'report';
  readonly most?: number;
}

/** `undefined`: there is no policy file. */
export type ModelPolicy = readonly ModelRule[] | undefined;

/** `simple`: what it says of an event does not depend on time, nor on other events. */
export function policies({ simple = false } = {}): fc.Arbitrary<ModelPolicy> {
  const rule = fc.record(
    {
      keys: fc.constantFrom('**', '**', 'a*', 'x*'),
      exceptKeys: fc.constantFrom('', '', 'a/**', 'zz'),
      on: fc.constantFrom<readonly EventKind[]>(
        ['delete-marker'],
        ['delete-marker'],
        ['delete-marker', 'overwrite'],
        ['overwrite'],
        EVENT_KINDS,
      ),
      wantedBy: fc.constantFrom('nobody' as const, 'job' as const, 'office' as const, 'both' as const),
      holdOff: simple ? fc.constant(0) : fc.constantFrom(0, 0, 2, 600),
      action: fc.constantFrom('restore' as const, 'restore' as const, 'restore' as const, 'report' as const),
      ...(!simple && {
        onlyIf: fc.record({ atLeast: fc.integer({ min: 1, max: 4 }), within: fc.constantFrom(1, 60, 86_400) }),
        most: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { requiredKeys: ['keys', 'exceptKeys', 'on', 'wantedBy', 'holdOff', 'action'] },
  );
  return fc.option(fc.array(rule, { minLength: 1, maxLength: 3 }), { nil: undefined, freq: 4 });
}

/** As a policy file. JSON is YAML. */
export function policyText(rules: readonly ModelRule[]): string {
  return JSON.stringify({
    version: 1,
    rules: rules.map(({ keys, exceptKeys, on, wantedBy, onlyIf, holdOff, action, most }, i) => ({
      name: `rule ${i}`,
      bucket: 'b*',
      keys,
      ...(exceptKeys !== '' && { 'except-keys': exceptKeys }),
      on,
      'wanted-by': {
        ...((wantedBy === 'job' || wantedBy === 'both') && { principals: ['*:retention-job*'] }),
        ...((wantedBy === 'office' || wantedBy === 'both') && { 'source-ips': ['10.0.0.0/8'] }),
      },
      ...(onlyIf !== undefined && { 'only-if': { 'at-least': onlyIf.atLeast, within: `${onlyIf.within}s` } }),
      'hold-off': `${holdOff}s`,
      // biome-ignore lint/suspicious/noThenProperty: the field's name in the file.
      then: action,
      ...(most !== undefined && { 'max-restores-per-key': most }),
    })),
  });
}

const NO_FILE: ModelRule = {
  keys: '**',
  exceptKeys: '',
  on: ['delete-marker'],
  wantedBy: 'nobody',
  holdOff: 0,
  action: 'restore',
};

export type Said = 'unwanted' | 'too young' | 'left' | 'nothing';

/** What a policy says of events, of which `known` are in the queue. In the most obvious way, not the fastest. */
export function sayer(policy: ModelPolicy, known: readonly Told[], { now, self }: { now: number; self: boolean }) {
  const rules = (policy ?? [NO_FILE]).map((rule) => ({
    rule,
    keys: globTest([rule.keys]),
    not: rule.exceptKeys === '' ? () => false : globTest([rule.exceptKeys]),
  }));
  const ruleOf = ({ kind, key }: Told) =>
    rules.find(({ rule, keys, not }) => kind !== 'other' && rule.on.includes(kind) && keys(key) && !not(key))?.rule;
  const isWanted = ({ actor }: Told, { wantedBy }: ModelRule) =>
    actor === wantedBy || (wantedBy === 'both' && (actor === 'job' || actor === 'office')) || (actor === 'bot' && self);

  const says = (event: Told): Said => {
    const rule = ruleOf(event);
    if (rule === undefined) return event.kind.endsWith('delete-marker') ? 'left' : 'nothing';
    if (isWanted(event, rule)) return 'left';
    if (event.at > now - rule.holdOff * 1000) return 'too young';
    if (rule.action === 'report') return 'left';
    const { onlyIf } = rule;
    if (onlyIf === undefined) return 'unwanted';
    const times = known.filter((e) => ruleOf(e) === rule && !isWanted(e, rule)).map(({ at }) => at);
    // Is there a window, beginning with one of them, that holds this one and enough others?
    const inBurst = times.some((from) => {
      const within = times.filter((at) => at >= from && at <= from + onlyIf.within * 1000);
      return within.includes(event.at) && within.length >= onlyIf.atLeast;
    });
    return inBurst ? 'unwanted' : 'left';
  };
  return { says, mostOf: (event: Told) => ruleOf(event)?.most ?? Number.POSITIVE_INFINITY };
}
