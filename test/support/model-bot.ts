import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { SILENT } from '../../src/core/narrator.ts';
import type { Buckets } from '../../src/core/ports.ts';
import type { Queue } from '../../src/core/queue.ts';
import type { Report, RunResult } from '../../src/core/report.ts';
import type { RecoverRequest } from '../../src/core/request.ts';
import { recover } from '../../src/operations/recover.ts';
import { chooser } from './arbitraries.ts';
import type * as model from './model.ts';
import { BOT } from './model-events.ts';
import { type Fault, type ModelBuckets, modelBuckets, type PortRequest } from './model-port.ts';
import type { ModelQueue, QueueCall } from './model-queue.ts';

/** How a run of the bot is disturbed, and what it is asked. */
export interface BotRun {
  readonly bucket: model.Bucket;
  /** Buckets beside the one called `bucket`. */
  readonly others?: Readonly<Record<string, model.Bucket>>;
  readonly queue: ModelQueue;
  /** ms. */
  readonly now: number;
  /** The text of the policy file; absent: there is none. */
  readonly policy?: string | undefined;
  /** Does the bot know who it is? Default: yes. */
  readonly self?: boolean;
  readonly dryRun?: boolean;
  readonly verify?: boolean;
  readonly choices?: readonly number[];
  readonly batchSize?: number;
  readonly concurrency?: number;
  readonly maxMessages?: number;
  /** Input `bucket`. */
  readonly onlyBucket?: string;
  /** Input `event`: then no queue is asked. */
  readonly payload?: string;
  /** The policy file was asked for; default: where there is one. */
  readonly policyRequired?: boolean;
  /** Other manners of the queue, or the buckets. */
  readonly queueAs?: (queue: Queue) => Queue;
  readonly bucketsAs?: (buckets: Buckets) => Buckets;
  readonly maxChanges?: number;
  readonly before?: (request: PortRequest, n: number) => void;
  readonly fault?: (n: number, mutation: number | undefined) => Fault;
  readonly queueFault?: (call: QueueCall, n: number) => 'none' | 'kill' | 'kill-landed';
  readonly refuses?: (id: string) => boolean;
  /** The job is cancelled just before this request to the bucket, or call to the queue. */
  readonly stopAt?: { readonly of: 'bucket' | 'queue'; readonly n: number } | undefined;
}

export interface BotRan {
  /** Files that were left beside the plan, the journal, the report and the policy. */
  readonly leftOver: readonly string[];
  readonly report: Report;
  readonly result: RunResult;
  readonly port: ModelBuckets;
}

/** Runs the bot on models, its files in a folder of its own that goes when the test file is done; see `engine`. */
export function bot(): (run: BotRun) => Promise<BotRan> {
  if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm';
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-bot-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, name);

  return async (run) => {
    const policyFile = file('policy.yml');
    rmSync(policyFile, { force: true });
    if (run.policy !== undefined) writeFileSync(policyFile, run.policy);
    const stop = new AbortController();
    // A process has one life: whatever dies first, nothing else is sent any more.
    const life = { dead: false };
    const choose = chooser(run.choices ?? []);
    const { stopAt } = run;
    const port = modelBuckets(
      { bucket: run.bucket, ...run.others },
      {
        at: run.now,
        choose,
        stop: stop.signal,
        ...(run.batchSize !== undefined && { batchSize: run.batchSize }),
        before: (request, n) => {
          if (stopAt?.of === 'bucket' && n === stopAt.n) stop.abort();
          run.before?.(request, n);
        },
        fault: (n, mutation) => {
          const fault = life.dead ? 'kill' : (run.fault?.(n, mutation) ?? 'none');
          if (fault === 'kill' || fault === 'kill-landed') life.dead = true;
          return fault;
        },
      },
    );
    const queue = run.queue.open({
      choose,
      stop: stop.signal,
      life,
      fault: (call, n) => {
        if (stopAt?.of === 'queue' && n === stopAt.n) stop.abort();
        return run.queueFault?.(call, n) ?? 'none';
      },
      ...(run.refuses !== undefined && { refuses: run.refuses }),
    });
    const request: RecoverRequest = {
      operation: 'recover',
      scope: {
        ...(run.onlyBucket !== undefined && { bucket: run.onlyBucket }),
        prefix: '',
        include: [],
        exclude: [],
      },
      target: { kind: 'before-events' },
      method: 'copy',
      dryRun: run.dryRun ?? false,
      verify: run.verify ?? true,
      failOn: 'failures',
      preserve: { objectLock: false, annotations: false },
      ...(run.maxChanges !== undefined && { maxChanges: run.maxChanges }),
      intake:
        run.payload !== undefined
          ? { kind: 'event', payload: run.payload }
          : {
              kind: 'queue',
              url: queue.url,
              limits: { maxMessages: run.maxMessages ?? 10_000, seconds: 240, idlePolls: 2 },
            },
      policyFile: {
        path: policyFile,
        given: '.github/s3-rollback.yml',
        required: run.policyRequired ?? run.policy !== undefined,
      },
      planFile: file('plan'),
      journalFile: file('journal'),
      reportFile: file('report'),
    };
    const result = await recover(request, {
      buckets: run.bucketsAs?.(port) ?? port,
      queue: run.payload === undefined ? (run.queueAs?.(queue) ?? queue) : undefined,
      self: Promise.resolve((run.self ?? true) ? BOT : undefined),
      narrator: SILENT,
      now: () => run.now,
      stop: stop.signal,
      concurrency: run.concurrency ?? 4,
    });
    const own = new Set(['plan', 'journal', 'report', 'policy.yml', 'spool']);
    const leftOver = [...readdirSync(folder), ...(existsSync(file('spool')) ? readdirSync(file('spool')) : [])];
    return { report: result.report, result, port, leftOver: leftOver.filter((name) => !own.has(name)) };
  };
}
