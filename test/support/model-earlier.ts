import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type JournalResult, parseJournalLine } from '../../src/core/journal.ts';
import { SILENT } from '../../src/core/narrator.ts';
import {
  type PlanHeader,
  type PlannedKey,
  parsePlanLine,
  planDigest,
  planHeaderLine,
  planLine,
} from '../../src/core/plan.ts';
import type { Highlights } from '../../src/core/report.ts';
import type { ApplyRequest, ReviewedPlan, UndoRequest } from '../../src/core/request.ts';
import { applyPlan } from '../../src/operations/apply-plan.ts';
import type { RunDeps } from '../../src/operations/run.ts';
import { undo } from '../../src/operations/undo.ts';
import { chooser } from './arbitraries.ts';
import type * as model from './model.ts';
import { modelBuckets } from './model-port.ts';
import type { Circumstances, Ran } from './model-run.ts';

/** Runs that go by what an earlier run left: its plan, or its journal. */

export type Models = Readonly<Record<string, model.Bucket>>;

/** How such a run is disturbed. */
export interface Later
  extends Pick<
    Circumstances,
    'choices' | 'batchSize' | 'concurrency' | 'verify' | 'dryRun' | 'before' | 'fault' | 'stopAt'
  > {
  /** When it runs, ms. */
  readonly at: number;
  readonly maxDeletes?: number;
  readonly reviewed?: Partial<ReviewedPlan>;
  /** The input `bucket`. */
  readonly bucket?: string;
}

export interface Earlier {
  undo(models: Models, journal: string | Buffer, how: Later): Promise<Ran>;
  apply(models: Models, plan: string | Buffer, how: Later): Promise<Ran & Pick<Highlights, 'prefixes'>>;
}

/** In memory where there is such a folder, as in `engine`. */
export function earlier(): Earlier {
  if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm';
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, name);

  async function start(models: Models, how: Later) {
    for (const name of ['plan', 'journal']) writeFileSync(file(name), '');
    const stop = new AbortController();
    const port = modelBuckets(models, {
      at: how.at,
      choose: chooser(how.choices ?? []),
      stop: stop.signal,
      ...(how.batchSize !== undefined && { batchSize: how.batchSize }),
      ...(how.fault !== undefined && { fault: how.fault }),
      before: (request, n) => {
        if (n === how.stopAt) stop.abort();
        how.before?.(request, n);
      },
    });
    const deps: RunDeps = {
      buckets: port,
      narrator: SILENT,
      now: () => how.at,
      stop: stop.signal,
      concurrency: how.concurrency ?? 4,
    };
    return { port, deps };
  }

  const asked = (how: Later) =>
    ({
      scope: { ...(how.bucket !== undefined && { bucket: how.bucket }), prefix: '', include: [], exclude: [] },
      method: 'copy',
      dryRun: how.dryRun ?? false,
      verify: how.verify ?? true,
      failOn: 'failures',
      preserve: { objectLock: false, annotations: false },
      planFile: file('plan'),
      journalFile: file('journal'),
      reportFile: file('report'),
    }) as const;

  return {
    async undo(models, journal, how) {
      const { port, deps } = await start(models, how);
      writeFileSync(file('undone'), journal);
      const request: UndoRequest = {
        operation: 'undo',
        ...asked(how),
        target: { kind: 'before-run' },
        undoneJournal: file('undone'),
      };
      const { report } = await undo(request, deps);
      return { report, port, ...readBack() };
    },

    async apply(models, plan, how) {
      const { port, deps } = await start(models, how);
      writeFileSync(file('reviewed'), plan);
      const request: ApplyRequest = {
        operation: 'apply',
        ...asked(how),
        target: { kind: 'as-planned' },
        reviewed: { file: file('reviewed'), maxAge: 86_400_000, ...how.reviewed },
        ...(how.maxDeletes !== undefined && { maxDeletes: how.maxDeletes }),
      };
      const { report, highlights } = await applyPlan(request, deps);
      return { report, port, prefixes: highlights.prefixes, ...readBack() };
    },
  };

  function readBack(): Pick<Ran, 'plan' | 'journal'> {
    const lines = (name: string) => readFileSync(file(name), 'utf8').split('\n').slice(0, -1);
    const journal = lines('journal').map(parseJournalLine);
    const results = new Map<number, JournalResult>();
    for (const line of journal) if (line !== undefined && 'result' in line) results.set(line.result, line);
    return {
      plan: lines('plan')
        .slice(1)
        .map((line, i) => parsePlanLine(line, i + 2)),
      journal: journal.flatMap((line) =>
        line !== undefined && 'intent' in line ? [{ intent: line, result: results.get(line.intent) }] : [],
      ),
    };
  }
}

/** What a server, or its network, kept from the run that wrote a journal. */
export interface Withheld {
  /** The ids of what it wrote. */
  readonly ids?: boolean;
  /** All answers to these steps, by number: `died` waiting for them, or gave them up. */
  readonly answers?: ReadonlySet<number>;
  readonly because?: 'died' | 'timeout';
}

/** The journal of a run as the file that it wrote, but for what was withheld. */
export function journalOf({ journal, report }: Ran, { ids = false, answers, because = 'died' }: Withheld = {}): string {
  const header = {
    schemaVersion: 1,
    kind: 'journal',
    operation: 'rollback',
    dryRun: false,
    planDigest: '',
    startedAt: report.startedAt,
  };
  const steps = journal.flatMap(({ intent, result }): object[] => {
    if (result === undefined) return [intent];
    if (answers?.has(intent.intent) === true) {
      return because === 'died'
        ? [intent]
        : [intent, { result: result.result, status: 'failed', code: 'Timeout', unsure: true }];
    }
    const { versionId, ...rest } = result;
    return [intent, ids || versionId === undefined ? rest : result];
  });
  return [header, ...steps, { end: report.finishedAt }].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** A plan as the file that a dry run wrote. */
export function planOf(lines: readonly PlannedKey[], over: Partial<PlanHeader> = {}): string {
  const header = {
    schemaVersion: 1,
    kind: 'plan',
    operation: 'rollback',
    scope: {},
    target: {},
    method: 'copy',
    createdAt: '2026-11-22T12:00:00Z',
    ...over,
  } as const;
  const digest = planDigest(header);
  const text = lines.map(planLine);
  for (const line of text) digest.add(line);
  return planHeaderLine({ ...header, digest: over.digest ?? digest.digest() }) + text.join('');
}
