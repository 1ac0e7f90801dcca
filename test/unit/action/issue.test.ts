import { describe, expect, it } from 'vitest';
import { issueTitle, newsOf, renderIssue } from '../../../src/action/issue.ts';
import type { RunResult } from '../../../src/core/report.ts';
import { botRun, REPORT, RESTORE, type Told, WANTED } from './incident-support.ts';
import { expectTamed, text } from './summary-support.ts';
import { NASTY_KEYS, NOW } from './support.ts';

/** The incident issue of a bucket. */

const CONTEXT = {
  previous: undefined,
  room: 60_000,
  now: NOW,
  runId: '42',
  runsUrl: 'https://github.com/acme/site/actions/runs',
};

function newsFrom(told: readonly Told[]) {
  const { result } = botRun(told);
  const { incident } = result.highlights;
  return { result, news: incident === undefined ? [] : newsOf(incident) };
}

function issueFor(told: readonly Told[], context: Partial<Parameters<typeof renderIssue>[2]> = {}) {
  const { result, news } = newsFrom(told);
  const [first] = news;
  if (first === undefined) throw new Error('there is no news');
  return renderIssue(first, result, { ...CONTEXT, ...context });
}

const BURST: readonly Told[] = [{ verdict: RESTORE, outcome: 'restored', times: 3000 }];

describe('is there news?', () => {
  it.each<[name: string, told: readonly Told[], news: object[]]>([
    ['restored', BURST, [{ bucket: 'my-site', restored: 3000, toLookAt: 0, open: 0 }]],
    ['only reported', [{ verdict: REPORT, outcome: 'report-only' }], [{ restored: 0, toLookAt: 1, open: 0 }]],
    ['a fight', [{ verdict: RESTORE, outcome: 'deleted-again' }], [{ restored: 0, toLookAt: 1 }]],
    ['not done', [{ verdict: RESTORE, outcome: 'failed', times: 2 }], [{ restored: 0, open: 2 }]],
    ['wanted', [{ verdict: WANTED, outcome: 'wanted' }], []],
    ['done before', [{ verdict: RESTORE, outcome: 'unchanged' }], []],
    ['overtaken', [{ verdict: RESTORE, outcome: 'superseded' }], []],
    [
      'two buckets, two issues',
      [...BURST, { verdict: RESTORE, outcome: 'restored', event: { bucket: 'other' } }],
      [
        { bucket: 'my-site', restored: 3000 },
        { bucket: 'other', restored: 1 },
      ],
    ],
  ])('%s', (_, told, news) => {
    expect(newsFrom(told).news).toMatchObject(news);
  });
});

describe('the issue', () => {
  it('says what, who, where to look, and when to close it', () => {
    const page = text(issueFor(BURST).body);
    expect(page).toMatch(/3,000 unwanted changes undone in my-site at 2026-11-22 14:00:00 UTC run 42/);
    expect(page).toMatch(/AWS:AROAX:cleanup from 192\.0\.2\.7 3,000 × deleted/);
    expect(page).toContain('Events (showing 100 of 3,000)');
    expect(page).toContain('Close this issue when nothing is left to do');
    expect(issueTitle('my-site')).toContain('my-site');
  });

  it('links to the run, and to nothing else', () => {
    const { body } = issueFor(BURST);
    expect(new Set([...body.matchAll(/href="([^"]*)"/g)].map((match) => match[1]))).toEqual(
      new Set(['https://github.com/acme/site/actions/runs/42']),
    );
    expect(issueFor(BURST, { runId: '' }).body).not.toContain('href');
  });

  it('tells of what is left', () => {
    const page = text(
      issueFor([
        { verdict: RESTORE, outcome: 'failed' },
        { verdict: REPORT, outcome: 'report-only' },
      ]).body,
    );
    expect(page).toMatch(/1 change to look at, 1 change not undone yet: the next run tries again in my-site/);
  });

  it('has nothing of another bucket', () => {
    const { body } = issueFor(
      [{ verdict: RESTORE, outcome: 'restored', event: { bucket: 'a-site', key: 'secret' } }, ...BURST].reverse(),
    );
    expect(body).not.toContain('secret');
  });
});

describe('the runs of an issue', () => {
  it('the newest first, with those before', () => {
    const first = issueFor(BURST, { runId: '41', now: NOW - 300_000 });
    const second = issueFor([{ verdict: RESTORE, outcome: 'restored' }], { previous: first.memory });
    const page = text(second.body);
    expect(page).toMatch(/Runs told of .*14:00:00 UTC 1 0 0 run 42 .*13:55:00 UTC 3,000 0 0 run 41/);
  });

  it('are not kept for ever', () => {
    let memory: string | undefined;
    for (let i = 0; i < 50; i++) ({ memory } = issueFor(BURST, { previous: memory, now: NOW + i }));
    expect(JSON.parse(memory ?? '').runs).toHaveLength(20);
    expect(Buffer.byteLength(memory ?? '')).toBeLessThan(6000);
  });

  it.each([
    '',
    'x',
    '[]',
    '{"runs":[{"at":"x"}]}',
    '{"runs":[{"at":1,"restored":1,"toLookAt":0,"open":0,"run":"1\\" onclick"}]}',
  ])('a memory that somebody changed is forgotten: %s', (previous) => {
    expect(issueFor(BURST, { previous })).toEqual(issueFor(BURST));
  });
});

describe('room', () => {
  it.each([60_000, 20_000, 5_000, 1_500, 300, 10])('%d characters are not exceeded', (room) => {
    const many: Told[] = Array.from({ length: 100 }, (_, i) => ({
      verdict: RESTORE,
      outcome: 'restored',
      event: { key: `${'k'.repeat(900)}${i}`, who: { principal: `AWS:${'p'.repeat(200)}${i}` } },
    }));
    const { body } = issueFor(many, { room });
    expect(body.length).toBeLessThanOrEqual(room);
    if (room >= 300) expect(body).toContain('100 unwanted changes undone');
  });
});

describe('text from outside is text', () => {
  it.each(NASTY_KEYS.map((key) => [JSON.stringify(key).slice(0, 60), key] as const))('%s', (_, word) => {
    const page = (nasty: string): string => {
      const told: Told = {
        verdict: RESTORE,
        outcome: 'restored',
        event: { key: nasty, who: { principal: nasty, sourceIp: nasty, requestId: nasty } },
      };
      const { result } = botRun([told]);
      return renderWithoutLinks(result);
    };
    expectTamed(page, word);
  });

  function renderWithoutLinks(result: RunResult): string {
    const { incident } = result.highlights;
    const [news] = incident === undefined ? [] : newsOf(incident);
    return news === undefined ? '' : renderIssue(news, result, { ...CONTEXT, runId: '' }).body.replaceAll('**', '');
  }
});
