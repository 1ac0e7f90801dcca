import { describe, expect, it } from 'vitest';
import { annotateResult } from '../../../src/action/annotations.ts';
import { conclusion } from '../../../src/action/conclusion.ts';

import { botRun, REPORT, RESTORE, type Told, WANTED } from './incident-support.ts';
import { expectTamed, render, text } from './summary-support.ts';
import { NASTY_KEYS } from './support.ts';

/** What people see of a run of the bot. */

function shown(told: readonly Told[], over: Parameters<typeof botRun>[1] = {}): string {
  const { request, result } = botRun(told, over);
  return text(render(request, result));
}

const BURST: readonly Told[] = [
  { verdict: RESTORE, outcome: 'restored', times: 3000 },
  { verdict: WANTED, outcome: 'wanted', times: 200, event: { who: { principal: 'AWS:AROAR:retention-job' } } },
];

describe('the verdict', () => {
  it.each<[name: string, told: readonly Told[], over: Parameters<typeof botRun>[1], words: RegExp]>([
    [
      'restored, and wanted deletions left',
      BURST,
      {},
      /^ ?✅ 3,000 keys restored in my-site: 200 left alone as wanted /,
    ],
    [
      'a dry run',
      [{ verdict: RESTORE, outcome: 'planned', times: 3 }],
      { dryRun: true },
      /📝 Dry run: 3 keys would be restored in my-site /,
    ],
    ['only reported', [{ verdict: REPORT, outcome: 'report-only' }], {}, /✅ Nothing to do in my-site: 1 to look at /],
    ['nothing came', [], {}, /✅ Nothing to undo after events from the queue my-events: 0 messages /],
    ['noise only', [], { messages: { received: 12 } }, /✅ Nothing to undo .*: 12 messages /],
    [
      'not understood',
      [],
      { messages: { received: 2 }, invalid: [{ id: 'm1', problem: 'it is empty' }] },
      /⚠️ Nothing to undo .*1 not understood /,
    ],
    ['one event', [], { intake: { kind: 'event', payload: '{}' } }, /after events from the input event/],
    ['failed', [{ verdict: RESTORE, outcome: 'failed' }], {}, /❌ No key restored in my-site: 1 failed /],
    [
      'several buckets',
      [...BURST.slice(1), { verdict: RESTORE, outcome: 'restored', event: { bucket: 'other-site' } }],
      {},
      /✅ 1 key restored after events from the queue my-events: 200 left alone as wanted /,
    ],
  ])('%s', (_, told, over, words) => {
    expect(shown(told, over)).toMatch(words);
  });
});

describe('who did what', () => {
  it('who, from where, what, when, by which request, which rule, what was done', () => {
    const page = shown(BURST);
    expect(page).toMatch(
      /AWS:AROAX:cleanup from 192\.0\.2\.7 3,000 × deleted 2026-11-22 14:00:00 UTC 3,000 restored published site REQ1/,
    );
    expect(page).toMatch(/AWS:AROAR:retention-job 200 × deleted .* left alone: wanted-by published site/);
  });

  it('what was to be undone comes first, then what most did', () => {
    const page = shown([...BURST].reverse());
    expect(page.indexOf('cleanup')).toBeLessThan(page.indexOf('retention-job'));
  });

  it('from the first to the last, and some of the requests', () => {
    const page = shown(
      [0, 60_000, 86_400_000, 90_000_000].map((later, i) => ({
        verdict: RESTORE,
        outcome: 'restored',
        event: {
          at: Date.parse('2026-11-22T14:00:00.123Z') + later,
          who: { principal: 'AWS:X', requestId: `REQ${i}` },
          key: `k${i}`,
        },
      })),
    );
    expect(page).toContain('2026-11-22 14:00:00 UTC to 2026-11-23 15:00:00 UTC');
    expect(page).toContain('REQ0, REQ1, REQ2, …');
  });

  it.each([
    ['ObjectRemoved:DeleteMarkerCreated', 'deleted'],
    ['Object Deleted: Delete Marker Created', 'deleted'],
    ['LifecycleExpiration:DeleteMarkerCreated', 'expired by a lifecycle rule'],
    ['ObjectCreated:Put', 'written'],
    ['Object Created: CopyObject', 'written'],
  ])('%s: %s', (event, words) => {
    expect(shown([{ verdict: RESTORE, outcome: 'restored', event: { name: event } }])).toContain(`1 × ${words} `);
  });

  it('one that the event does not name', () => {
    expect(shown([{ verdict: RESTORE, outcome: 'restored', event: { who: {} } }])).toContain('not known');
  });
});

describe('each event', () => {
  it('of a dry run: the rule, and what would happen', () => {
    const page = shown([{ verdict: RESTORE, outcome: 'planned' }, ...BURST.slice(1)], {
      dryRun: true,
      messages: { received: 201 },
    });
    expect(page).toMatch(
      /What would happen k0000 ObjectRemoved:DeleteMarkerCreated .* published site would be restored/,
    );
    expect(page).toMatch(/published site left alone: wanted-by/);
    expect(page).toContain('A dry run acknowledges nothing');
  });

  it('a list that is cut says so', () => {
    expect(shown(BURST)).toContain('Events (showing 100 of 3,200); the report file lists the first 1,000');
  });
});

describe('messages', () => {
  it('in numbers, and what was not understood', () => {
    const page = shown([], {
      messages: { received: 12, acknowledged: 10, ignored: 9, deferred: 1 },
      invalid: [{ id: 'm1', problem: 'it is not JSON: it begins "x"' }],
    });
    expect(page).toMatch(/Received Acknowledged Nothing to undo Left for later Not understood 12 10 9 1 1 /);
    expect(page).toContain('m1: it is not JSON: it begins "x"');
  });

  it('in one line of the log', () => {
    const { result } = botRun(BURST, { messages: { received: 3200, acknowledged: 3200, ignored: 200 } });
    expect(conclusion(result)).toContain(
      '3,200 messages received: 3,200 acknowledged (200 of them with nothing to undo), 0 left for later, 0 not understood.',
    );
  });
});

describe('warnings', () => {
  function warnings(told: readonly Told[], over: Parameters<typeof botRun>[1] = {}): string[] {
    const found: string[] = [];
    const log = {
      warning: (message: string) => void found.push(message),
      error: (message: string) => void found.push(message),
    };
    annotateResult(log as unknown as Parameters<typeof annotateResult>[0], botRun(told, over).result, 'failures');
    return found;
  }

  it.each<[name: string, told: readonly Told[], over: Parameters<typeof botRun>[1], words: RegExp[]]>([
    ['none where nothing came', [], {}, []],
    ['none where all went well', BURST, {}, []],
    [
      'keys to look at',
      [{ verdict: REPORT, outcome: 'report-only', times: 2 }],
      {},
      [/^2 keys left alone for people to look at/],
    ],
    ['a fight', [{ verdict: RESTORE, outcome: 'deleted-again' }], {}, [/^1 key left alone for people/]],
    [
      'poison',
      [],
      { messages: { received: 1 }, invalid: [{ id: 'm', problem: 'x' }] },
      [/^1 message is not understood, and stays/],
    ],
  ])('%s', (_, told, over, words) => {
    const found = warnings(told, over);
    expect(found).toHaveLength(words.length);
    for (const [i, word] of words.entries()) expect(found[i]).toMatch(word);
  });
});

describe('text from outside is text', () => {
  it.each(NASTY_KEYS.map((key) => [JSON.stringify(key).slice(0, 60), key] as const))('%s', (_, word) => {
    expectTamed((nasty) => {
      const { request, result } = botRun(
        [
          {
            verdict: RESTORE,
            outcome: 'restored',
            event: {
              key: nasty,
              name: 'ObjectRemoved:DeleteMarkerCreated',
              who: { principal: nasty, sourceIp: nasty, requestId: nasty },
            },
          },
        ],
        { invalid: [{ id: nasty, problem: nasty }], messages: { received: 1 }, policy: nasty },
      );
      return render(request, result);
    }, word);
  });
});
