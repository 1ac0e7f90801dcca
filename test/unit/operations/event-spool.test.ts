import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { BucketEvent } from '../../../src/core/event.ts';
import { type KeyEvents, keyGroups, openEventSpool } from '../../../src/operations/event-spool.ts';

/** The events of a run, by key: all of one key together, oldest first. */

const folder = mkdtempSync(join(tmpdir(), 's3-rollback-events-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `bucket:key`, and the sequencer; without one the time. */
function event(name: string, sequencer: string | undefined, at = 0): BucketEvent {
  const [bucket = '', key = ''] = name.split(':');
  return {
    kind: 'delete-marker',
    name: 'x',
    bucket,
    key,
    ...(sequencer !== undefined && { sequencer }),
    at,
    who: {},
  };
}

async function groupsOf(events: readonly BucketEvent[]): Promise<KeyEvents[][]> {
  const spool = openEventSpool(folder);
  await spool.add(events.map((one, message) => ({ event: one, message, receives: 1 })));
  const groups: KeyEvents[][] = [];
  for await (const group of keyGroups(spool)) groups.push(group);
  await spool.cleanUp();
  return groups;
}

const inShort = (groups: readonly KeyEvents[][]) =>
  groups.map((group) =>
    group.map(({ bucket, key, events }) => `${bucket}:${key} ${events.map(({ message }) => message).join(',')}`),
  );

describe('groups of keys', () => {
  it('have every key once, in the order of S3, with its events, each group of one bucket', async () => {
    const events = [
      event('b:x', '2'),
      event('a:\u{1f600}', '1'),
      event('a:\ufffd', '1'),
      event('b:x', '1'),
      event('a:ab', '1'),
      event('a:a', '9'),
      event('a:a', 'A'),
    ];
    expect(inShort(await groupsOf(events))).toEqual([
      ['a:a 5,6', 'a:ab 4', 'a:\ufffd 2', 'a:\u{1f600} 1'],
      ['b:x 3,0'],
    ]);
  });

  it('keep deliveries of the same event, in the order in which they came', async () => {
    expect(inShort(await groupsOf([event('a:a', '1'), event('a:a', '1'), event('a:a', '01')]))).toEqual([
      ['a:a 0,1,2'],
    ]);
  });

  it.each<[what: string, events: BucketEvent[], order: string]>([
    ['as numbers, not as text', [event('a:a', '10'), event('a:a', '9')], '1,0'],
    ['whatever their length', [event('a:a', '617f0837b476e463'), event('a:a', '0055AED6DCD90281E5')], '1,0'],
    ['by time where one has none', [event('a:a', undefined, 2), event('a:a', 'FF', 1)], '1,0'],
  ])('put sequencers in order %s', async (_, events, order) => {
    expect(inShort(await groupsOf(events))).toEqual([[`a:a ${order}`]]);
  });

  it('are of a bounded size', async () => {
    const groups = await groupsOf(
      Array.from({ length: 2777 }, (_, i) => event(`a:${String(i).padStart(4, '0')}`, '1')),
    );
    expect(Math.max(...groups.map((group) => group.length))).toBeLessThanOrEqual(1000);
    expect(groups.flat().map(({ key }) => key)).toEqual(
      Array.from({ length: 2777 }, (_, i) => String(i).padStart(4, '0')),
    );
  });

  it('are none where there are no events', async () => {
    expect(await groupsOf([])).toEqual([]);
  });
});
