import { describe, expect, it } from 'vitest';
import { type BucketEvent, EVENT_KINDS } from '../../../src/core/event.ts';
import { openJudge, type Verdict } from '../../../src/core/judge.ts';
import { DEFAULT_POLICY, type Rule } from '../../../src/core/policy.ts';

/** What a policy says of an event. Times are seconds; the run looks at the events at second 1000. */

const NOW = 1000;
const RULE: Rule = {
  name: 'site',
  bucket: '*',
  keys: ['**'],
  exceptKeys: [],
  on: ['delete-marker'],
  wantedBy: { principals: [], sourceIps: [] },
  holdOff: 0,
  action: 'restore',
};

let made = 0;
function event(more: Partial<BucketEvent> = {}): BucketEvent {
  made += 1;
  return {
    kind: 'delete-marker',
    name: 'ObjectRemoved:DeleteMarkerCreated',
    bucket: 'my-site',
    key: 'index.html',
    versionId: `DM${made}`,
    at: (NOW - 600) * 1000,
    who: { principal: 'AWS:AROASCRIPT:session' },
    ...more,
  };
}

function inShort(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'irrelevant':
      return 'irrelevant';
    case 'leave':
      return `${verdict.reason}${verdict.rule === undefined ? '' : `: ${verdict.rule.name}`}`;
    case 'wait':
      return `wait ${verdict.seconds}`;
    case 'act':
      return `act: ${verdict.rule.name}${verdict.recount ? ', recount' : ''}`;
  }
}

/** The verdicts on all events, each counted once before. */
function verdicts(rules: readonly Partial<Rule>[], events: readonly BucketEvent[], self?: string): string[] {
  const judge = openJudge({ rules: rules.map((rule) => ({ ...RULE, ...rule })) }, { now: NOW * 1000, self });
  for (const one of events) judge.count(one);
  return events.map((one) => inShort(judge.judge(one)));
}

const verdict = (rule: Partial<Rule>, more: Partial<BucketEvent>, self?: string) =>
  verdicts([rule], [event(more)], self)[0];

describe('which rule decides', () => {
  it.each<[what: string, rule: Partial<Rule>, event: Partial<BucketEvent>, matches: boolean]>([
    ['a bucket by its name', { bucket: 'my-site' }, {}, true],
    ['another bucket', { bucket: 'my-sit' }, {}, false],
    ['a glob of buckets', { bucket: 'my-*' }, {}, true],
    ['every bucket, with dots in its name', { bucket: '*' }, { bucket: 'www.example.com' }, true],
    ['one of several buckets', { bucket: '{my,your}-site' }, { bucket: 'your-site' }, true],
    ['a key', { keys: ['index.html'] }, {}, true],
    ['a key, never as a prefix', { keys: ['index'] }, {}, false],
    ['a folder', { keys: ['site/**'] }, { key: 'site/a/b.html' }, true],
    ['a folder, not one that begins like it', { keys: ['site/**'] }, { key: 'site2/a' }, false],
    ['a star stops at a slash', { keys: ['site/*'] }, { key: 'site/a/b.html' }, false],
    ['one of several globs', { keys: ['a/**', 'b/**'] }, { key: 'b/c' }, true],
    ['dot files', { keys: ['**'] }, { key: '.well-known/x' }, true],
    ['a line break', { keys: ['a/**'] }, { key: 'a/x\ny' }, true],
    ['a segment of two dots', { keys: ['a/**'] }, { key: 'a/../b' }, true],
    ['an exception', { exceptKeys: ['tmp/**'] }, { key: 'tmp/x' }, false],
    ['not an exception', { exceptKeys: ['tmp/**'] }, { key: 'x/tmp/x' }, true],
    ['one of several exceptions', { exceptKeys: ['tmp/**', '*.log'] }, { key: 'a.log' }, false],
    ['an exception stronger than a key named', { keys: ['a'], exceptKeys: ['**'] }, { key: 'a' }, false],
  ])('%s', (_, rule, more, matches) => {
    expect(verdict(rule, more)).toBe(matches ? 'act: site' : 'no-rule');
  });

  const KINDS = [...EVENT_KINDS, 'other'] as const;
  it.each<[on: Rule['on'], verdicts: readonly string[]]>([
    [['delete-marker'], ['act: site', 'no-rule', 'irrelevant', 'irrelevant']],
    [['lifecycle-delete-marker'], ['no-rule', 'act: site', 'irrelevant', 'irrelevant']],
    [['overwrite'], ['no-rule', 'no-rule', 'act: site', 'irrelevant']],
    [
      ['delete-marker', 'overwrite'],
      ['act: site', 'no-rule', 'act: site', 'irrelevant'],
    ],
    [
      ['delete-marker', 'lifecycle-delete-marker', 'overwrite'],
      ['act: site', 'act: site', 'act: site', 'irrelevant'],
    ],
  ])(`on: %j, for ${KINDS.join(', ')}`, (on, expected) => {
    expect(KINDS.map((kind) => verdict({ on }, { kind }))).toEqual(expected);
  });

  it('is the first that matches, whatever it says', () => {
    const rules = [
      { name: 'tmp', keys: ['tmp/**'], action: 'report' as const },
      { name: 'by cron', keys: ['a/**'], wantedBy: { principals: ['*:cron'], sourceIps: [] } },
      { name: 'rest' },
    ];
    expect(
      verdicts(rules, [
        event({ key: 'tmp/x' }),
        event({ key: 'a/x' }),
        event({ key: 'a/x', who: { principal: 'AWS:AROA:cron' } }),
        event({ key: 'b', who: { principal: 'AWS:AROA:cron' } }),
      ]),
    ).toEqual(['report-only: tmp', 'act: by cron', 'wanted: by cron', 'act: rest']);
  });

  it('is the first for its kind: a rule on overwrites says nothing of deletions', () => {
    const rules: Partial<Rule>[] = [{ name: 'overwrites', on: ['overwrite'], action: 'report' }, { name: 'deletions' }];
    expect(verdicts(rules, [event(), event({ kind: 'overwrite' })])).toEqual([
      'act: deletions',
      'report-only: overwrites',
    ]);
  });

  it('is none in a policy without rules: deletions are told, writes are noise', () => {
    expect(verdicts([], [event(), event({ kind: 'lifecycle-delete-marker' }), event({ kind: 'overwrite' })])).toEqual([
      'no-rule',
      'no-rule',
      'irrelevant',
    ]);
  });

  it('without a policy file: every deletion, but those of lifecycle rules', () => {
    const judge = openJudge(DEFAULT_POLICY, { now: 0 });
    const kinds = (kind: BucketEvent['kind']) => judge.judge(event({ kind, key: 'a/.b/../c', who: {} })).kind;
    expect(KINDS.map(kinds)).toEqual(['act', 'leave', 'irrelevant', 'irrelevant']);
  });
});

describe('wanted-by', () => {
  const byPrincipal = (glob: string, principal?: string) =>
    verdict(
      { wantedBy: { principals: [glob], sourceIps: [] } },
      { who: principal === undefined ? {} : { principal } },
    ) === 'wanted: site';

  it.each<[glob: string, principal: string | undefined, wanted: boolean]>([
    ['AWS:AROAX:job', 'AWS:AROAX:job', true],
    ['AWS:AROAX:job', 'AWS:AROAX:job2', false],
    ['AWS:AROAX:job', 'aws:aroax:job', false],
    ['*:retention-job*', 'AWS:AROAX:retention-job-17', true],
    ['*:retention-job*', 'AWS:AROAX:my-retention-job', false],
    ['*retention*', 'AWS:AROAX:my-retention-job', true],
    ['AWS:AROAX:*', 'AWS:AROAX:a/b:c', true],
    ['*/job', 'arn:aws:sts::111122223333:assumed-role/cleaner/job', true],
    ['arn:aws:sts::*:assumed-role/*/job', 'arn:aws:sts::111122223333:assumed-role/a/b/job', true],
    ['*', 'arn:aws:iam::111122223333:user/some/path/../x', true],
    ['*', 'AWS:AROAX:two\nlines', true],
    ['AWS:AIDA*', 'AWS:AROAX:AWS:AIDA', false],
    ['{AWS:AROAX,AWS:AROAY}:*', 'AWS:AROAY:x', true],
    ['111122223333', '111122223333', true],
    ['s3.amazonaws.com', 's3.amazonaws.com', true],
    ['s3.amazonaws.com', 's3xamazonaws.com', false],
    // Who it was is not told: then it is nobody that somebody wanted.
    ['*', undefined, false],
  ])('principals: %s is %s: %s', (glob, principal, wanted) => {
    expect(byPrincipal(glob, principal)).toBe(wanted);
  });

  const byAddress = (range: string, sourceIp?: string) =>
    verdict(
      { wantedBy: { principals: [], sourceIps: [range] } },
      { who: sourceIp === undefined ? {} : { sourceIp } },
    ) === 'wanted: site';

  it.each<[range: string, address: string | undefined, wanted: boolean]>([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '9.255.255.255', false],
    // The bits behind the slash count, not what is written there.
    ['10.1.2.3/8', '10.9.9.9', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.70', false],
    ['192.0.2.7/32', '192.0.2.7', true],
    ['192.0.2.7/32', '192.0.2.6', false],
    ['192.0.2.6/31', '192.0.2.7', true],
    ['192.0.2.6/31', '192.0.2.8', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:DB8:0:0:0:0:0:1', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['2001:db8::1', '2001:0db8:0000::0001', true],
    ['2001:db8::1/128', '2001:db8::2', false],
    ['::/0', '2001:db8::2', true],
    // IPv4 addresses written as IPv6 are the same addresses.
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::ffff:0a01:0203', true],
    ['10.0.0.0/8', '::ffff:11.1.2.3', false],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['10.1.2.3', '::ffff:10.1.2.3', true],
    ['::ffff:10.1.2.3', '10.1.2.3', true],
    ['::ffff:10.1.2.3', '10.1.2.4', false],
    ['10.0.0.0/8', '::a00:1', false],
    // What is no address is in no block.
    ['0.0.0.0/0', 's3.amazonaws.com', false],
    ['0.0.0.0/0', '', false],
    ['0.0.0.0/0', '10.0.0', false],
    ['0.0.0.0/0', '10.0.0.256', false],
    ['0.0.0.0/0', '10.0.0.1:443', false],
    ['0.0.0.0/0', '10.0.0.1, 10.0.0.2', false],
    ['0.0.0.0/0', ' 10.0.0.1', false],
    ['0.0.0.0/0', '0x0a.0.0.1', false],
    ['0.0.0.0/0', 'vpce-1a2b3c4d', false],
    ['::/0', ':', false],
    ['::/0', 'fe80::g', false],
    ['0.0.0.0/0', undefined, false],
  ])('source-ips: %s holds %s: %s', (range, address, wanted) => {
    expect(byAddress(range, address)).toBe(wanted);
  });

  it('is true when one of either is', () => {
    const wantedBy = { principals: ['*:cron', '*:job'], sourceIps: ['10.0.0.0/8', '192.0.2.7'] };
    const who = (principal: string, sourceIp: string) => verdict({ wantedBy }, { who: { principal, sourceIp } });
    expect(who('AWS:A:job', '203.0.113.1')).toBe('wanted: site');
    expect(who('AWS:A:script', '192.0.2.7')).toBe('wanted: site');
    expect(who('AWS:A:script', '203.0.113.1')).toBe('act: site');
  });

  it('is said before hold-off, bursts and reports', () => {
    const wantedBy = { principals: ['*'], sourceIps: [] };
    const rule = { wantedBy, holdOff: 60_000, onlyIf: { atLeast: 9, within: 1 }, action: 'report' as const };
    expect(verdict(rule, { at: NOW * 1000 })).toBe('wanted: site');
  });
});

describe('our own changes', () => {
  it.each<[self: string | undefined, principal: string | undefined, own: boolean]>([
    ['AROABOT:s3-bot', 'AWS:AROABOT:s3-bot', true],
    ['AROABOT:s3-bot', 'AROABOT:s3-bot', true],
    ['AROABOT:s3-bot', 'AWS:AROABOT:other-session', false],
    ['AROABOT:s3-bot', 'AWS:AROAOTHER:s3-bot', false],
    ['AROABOT:s3-bot', 'AWS:AROABOT:s3-bot2', false],
    ['AROABOT:s3-bot', 'AWS:AROABOT', false],
    ['AROABOT:*', 'AWS:AROABOT:s3-bot', false],
    ['AIDAUSER', 'AWS:AIDAUSER', true],
    ['AIDAUSER', 'AIDAUSER', true],
    // Of EventBridge: an account, which is not only ours.
    ['111122223333', '111122223333', false],
    ['111122223333', 'AWS:111122223333', false],
    ['AROABOT:s3-bot', '111122223333', false],
    ['AROABOT:s3-bot', undefined, false],
    [undefined, 'AWS:AROABOT:s3-bot', false],
    [undefined, undefined, false],
  ])('%s, told %s: %s', (self, principal, own) => {
    const who = principal === undefined ? {} : { principal };
    expect(verdict({}, { who }, self)).toBe(own ? 'own-change: site' : 'act: site');
  });

  it('are told from unwanted ones before all else, where a rule matches', () => {
    const who = { principal: 'AWS:AROABOT:x' };
    const wantedBy = { principals: ['*'], sourceIps: [] };
    expect(verdict({ wantedBy, holdOff: 60_000 }, { who, at: NOW * 1000 }, 'AROABOT:x')).toBe('own-change: site');
    expect(verdict({ keys: ['none'] }, { who }, 'AROABOT:x')).toBe('no-rule');
  });
});

describe('hold-off of 30 seconds', () => {
  it.each<[at: number, verdict: string]>([
    [NOW - 600, 'act: site'],
    [NOW - 30.001, 'act: site'],
    [NOW - 30, 'act: site'],
    [NOW - 29.999, 'wait 1'],
    [NOW - 29, 'wait 1'],
    [NOW - 28.5, 'wait 2'],
    [NOW - 10, 'wait 20'],
    [NOW, 'wait 30'],
    // The runner's clock may be behind; one that is wrong must not keep it away until then.
    [NOW + 1, 'wait 30'],
    [NOW + 300, 'wait 30'],
    [NOW + 301, 'act: site'],
    [NOW + 86_400, 'act: site'],
  ])('an event at second %d, looked at in second 1000: %s', (at, expected) => {
    expect(verdict({ holdOff: 30_000 }, { at: at * 1000 })).toBe(expected);
  });

  it('an event from the future is undone at once where nothing is held off', () => {
    expect(verdict({ holdOff: 0 }, { at: (NOW + 60) * 1000 })).toBe('act: site');
  });

  it('holds what would only be reported, too', () => {
    expect(verdict({ holdOff: 30_000, action: 'report' }, { at: NOW * 1000 })).toBe('wait 30');
    expect(verdict({ holdOff: 30_000, action: 'report' }, { at: 0 })).toBe('report-only: site');
  });
});

/** Letters for the events at these seconds: `+` undone, `.` no burst, `w` waits, `r` undone and counted again, `o` reported. */
function pattern(rule: Partial<Rule>, times: readonly number[]): string {
  const events = times.map((at) => event({ at: at * 1000 }));
  return verdicts([rule], events)
    .map((one) => {
      if (one.startsWith('wait')) return 'w';
      if (one.startsWith('act')) return one.endsWith('recount') ? 'r' : '+';
      if (one.startsWith('report-only')) return 'o';
      return one === 'no-burst: site' ? '.' : one;
    })
    .join('');
}

describe('only-if: at least 3 within 10 seconds', () => {
  const onlyIf = { atLeast: 3, within: 10_000 };

  it.each<[what: string, times: number[], pattern: string]>([
    ['one', [1], '.'],
    ['one too few', [1, 1], '..'],
    ['exactly enough, in one moment', [1, 1, 1], '+++'],
    ['exactly the window', [1, 5, 11], '+++'],
    ['a millisecond more than the window', [1, 5, 11.001], '...'],
    ['more than enough', [1, 2, 3, 4, 5], '+++++'],
    ['in any order', [11, 1, 5], '+++'],
    ['others far from it', [1, 2, 3, 100], '+++.'],
    ['others before it', [1, 100, 101, 102], '.+++'],
    ['one just outside of the window of all others', [1, 10, 11, 12], '++++'],
    ['one that shares a window with too few', [1, 10, 12, 13], '.+++'],
    ['a slow chain: each has two within its window', [0, 5, 10, 15, 20, 25], '++++++'],
    ['a chain that breaks', [0, 5, 10, 21, 30], '+++..'],
    ['two bursts, and one between them', [1, 2, 3, 50, 100, 101, 102], '+++.+++'],
    ['two bursts in the same ten seconds', [1, 2, 3, 9, 10, 11], '++++++'],
    ['pairs far apart', [1, 2, 50, 51, 100, 101], '......'],
  ])('%s', (_, times, expected) => {
    expect(pattern({ onlyIf }, times)).toBe(expected);
  });

  it.each<[atLeast: number, times: number[], pattern: string]>([
    [1, [1], '+'],
    [1, [1, 500], '++'],
    [2, [1, 11, 12], '+++'],
    [2, [1, 12, 22], '.++'],
  ])('at least %d', (atLeast, times, expected) => {
    expect(pattern({ onlyIf: { ...onlyIf, atLeast } }, times)).toBe(expected);
  });

  it('is said of the same event alone or among others, whatever came to be judged first', () => {
    const judge = openJudge({ rules: [{ ...RULE, onlyIf }] }, { now: NOW * 1000 });
    const events = [3, 1, 2].map((at) => event({ at: at * 1000 }));
    for (const one of events) judge.count(one);
    expect(events.map((one) => judge.judge(one).kind)).toEqual(['act', 'act', 'act']);
    expect(events.toReversed().map((one) => judge.judge(one).kind)).toEqual(['act', 'act', 'act']);
  });

  it('counts what the same rule decides, of all keys and buckets it is about, and of no other rule', () => {
    const rules = [
      { name: 'logs', keys: ['*.log'], onlyIf },
      { name: 'rest', onlyIf },
    ];
    const keys = ['a.log', 'b.log', 'c', 'd', 'e'];
    expect(
      verdicts(
        rules,
        keys.map((key) => event({ key, bucket: `bucket-${key[0]}` })),
      ),
    ).toEqual(['no-burst: logs', 'no-burst: logs', 'act: rest', 'act: rest', 'act: rest']);
  });

  it('counts neither what is wanted, nor our own, nor other kinds', () => {
    const wantedBy = { principals: ['*:cron'], sourceIps: [] };
    const events = [
      event(),
      event(),
      event({ who: { principal: 'AWS:AROAX:cron' } }),
      event({ who: { principal: 'AWS:AROABOT:x' } }),
      event({ kind: 'lifecycle-delete-marker' }),
      event({ kind: 'other' }),
      event({ kind: 'overwrite' }),
    ];
    expect(verdicts([{ onlyIf, wantedBy }], events, 'AROABOT:x')).toEqual([
      'no-burst: site',
      'no-burst: site',
      'wanted: site',
      'own-change: site',
      'no-rule',
      'irrelevant',
      'irrelevant',
    ]);
  });

  it('a burst is reported where the rule only reports, and what is none is not', () => {
    expect(pattern({ onlyIf, action: 'report' }, [1, 2, 3, 100])).toBe('ooo.');
  });

  it('an event that was not counted is judged by those that were', () => {
    const judge = openJudge({ rules: [{ ...RULE, onlyIf }] }, { now: NOW * 1000 });
    for (const at of [1, 2, 3]) judge.count(event({ at: at * 1000 }));
    expect(judge.judge(event({ at: 2_500 })).kind).toBe('act');
    expect(judge.judge(event({ at: 3_001 })).kind).toBe('leave');
  });

  it('all are counted before the first is judged: afterwards it is too late', () => {
    const judge = openJudge({ rules: [{ ...RULE, onlyIf }] }, { now: NOW * 1000 });
    judge.judge(event());
    expect(() => judge.count(event())).toThrow(RangeError);
  });
});

describe('only-if together with hold-off of 30 seconds', () => {
  const rule = { onlyIf: { atLeast: 3, within: 60_000 }, holdOff: 30_000 };
  /** What was done is counted again while the burst may go on: as long as its newest event is held off. */
  it.each<[what: string, times: number[], pattern: string]>([
    ['a burst that is over', [900, 910, 920], '+++'],
    ['its newest event is just old enough', [915, 950, 970], '+++'],
    ['its newest event waits', [920, 950, 970.001], 'rrw'],
    ['only with the young ones it is one', [950, 990, 995], 'rww'],
    ['too few, even with the young ones', [950, 990], '.w'],
    ['all are young', [980, 990, 995], 'www'],
    ['one burst is over, one goes on', [100, 110, 120, 960, 990, 995], '+++rww'],
    ['young ones that belong to no burst keep none', [900, 905, 910, 999], '+++w'],
  ])('%s', (_, times, expected) => {
    expect(pattern(rule, times)).toBe(expected);
  });

  it('without hold-off nothing is counted again', () => {
    expect(pattern({ ...rule, holdOff: 0 }, [990, 995, 1000])).toBe('+++');
  });

  it('without only-if nothing is counted again', () => {
    expect(pattern({ holdOff: 30_000 }, [960, 999])).toBe('+w');
  });
});
