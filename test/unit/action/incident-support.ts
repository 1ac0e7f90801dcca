import type { BucketEvent } from '../../../src/core/event.ts';
import { countEvent, newIncident } from '../../../src/core/incident.ts';
import type { Verdict } from '../../../src/core/judge.ts';
import type { Rule } from '../../../src/core/policy.ts';
import {
  countOutcome,
  countPlanned,
  finishReport,
  highlightsOf,
  newTally,
  type RunResult,
} from '../../../src/core/report.ts';
import type { RecoverRequest } from '../../../src/core/request.ts';
import type { SkipReason } from '../../../src/core/target.ts';
import { NOW, requestOf } from './support.ts';

/** Runs of the bot, for the tests of what is told of them. */

export function recoverOf(over: Partial<RecoverRequest> = {}): RecoverRequest {
  return {
    ...requestOf(),
    operation: 'recover',
    scope: { prefix: '', include: [], exclude: [] },
    target: { kind: 'before-events' },
    intake: {
      kind: 'queue',
      url: 'https://sqs.eu-central-1.amazonaws.com/111122223333/my-events',
      limits: { maxMessages: 10_000, seconds: 240, idlePolls: 2 },
    },
    policyFile: { path: '/space/.github/s3-rollback.yml', given: '.github/s3-rollback.yml', required: false },
    ...over,
  };
}

export function ruleOf(name: string): Rule {
  return {
    name,
    bucket: '*',
    keys: ['**'],
    exceptKeys: [],
    on: ['delete-marker'],
    wantedBy: { principals: [], sourceIps: [] },
    holdOff: 0,
    action: 'restore',
  };
}

export const SITE = ruleOf('published site');
export const RESTORE: Verdict = { kind: 'act', rule: SITE, recount: false };
export const WANTED: Verdict = { kind: 'leave', reason: 'wanted', rule: SITE };
export const REPORT: Verdict = { kind: 'leave', reason: 'report-only', rule: SITE };

export interface Told {
  readonly event?: Partial<BucketEvent>;
  readonly verdict: Verdict;
  /** The word of the key's outcome. */
  readonly outcome: string;
  readonly times?: number;
}

export function eventOf(over: Partial<BucketEvent> = {}): BucketEvent {
  return {
    kind: 'delete-marker',
    name: 'ObjectRemoved:DeleteMarkerCreated',
    bucket: 'my-site',
    key: 'index.html',
    versionId: 'marker',
    at: NOW,
    who: { principal: 'AWS:AROAX:cleanup', sourceIp: '192.0.2.7', requestId: 'REQ1' },
    ...over,
  };
}

/** A run that met these events; each of `times` is of a key of its own. */
export function botRun(
  told: readonly Told[],
  over: Partial<RecoverRequest> & {
    messages?: object;
    policy?: string;
    invalid?: readonly { id: string; problem: string }[];
  } = {},
): { request: RecoverRequest; result: RunResult } {
  const { messages, policy = '.github/s3-rollback.yml', invalid = [], ...asked } = over;
  const request = recoverOf(asked);
  const incident = newIncident();
  if (policy !== '') incident.policy = policy;
  incident.invalid.push(...invalid);
  const counts = { received: 0, acknowledged: 0, ignored: 0, deferred: 0, invalid: invalid.length, ...messages };
  const tally = { ...newTally(), incident, messages: counts };
  for (const { event, verdict, outcome, times = 1 } of told) {
    for (let i = 0; i < times; i++) {
      const one = eventOf({ key: `k${String(i).padStart(4, '0')}`, ...event });
      countEvent(incident, one, verdict, outcome);
      tally.totals.keysExamined += 1;
      if (outcome === 'planned') countPlanned(tally, { key: one.key, to: { versionId: 'v' } }, '');
      else if (outcome === 'restored') {
        countPlanned(tally, { key: one.key, to: { versionId: 'v' } }, '');
        countOutcome(tally, one.bucket, one.key, { kind: 'restored' }, '');
      } else if (outcome === 'failed') {
        countOutcome(
          tally,
          one.bucket,
          one.key,
          { kind: 'failed', failure: { code: 'AccessDenied', message: 'no', hint: 'yes' } },
          '',
        );
      } else if (outcome === 'unchanged') {
        countOutcome(tally, one.bucket, one.key, { kind: 'unchanged' }, '');
      } else {
        const reason = outcome as SkipReason;
        countOutcome(tally, one.bucket, one.key, { kind: 'skipped', reason }, '');
      }
    }
  }
  const report = finishReport(request, tally, {
    startedAt: NOW,
    finishedAt: NOW + 12_000,
    requests: { list: 2, head: 0, get: 2, copy: 0, delete: 1, put: 0, retries: 0, throttled: 0 },
  });
  return { request, result: { report, highlights: highlightsOf(tally) } };
}
