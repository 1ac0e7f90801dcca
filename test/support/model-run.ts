import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type JournalIntent, type JournalResult, parseJournalLine } from '../../src/core/journal.ts';
import { SILENT } from '../../src/core/narrator.ts';
import { type PlannedKey, parsePlanLine } from '../../src/core/plan.ts';
import type { Report } from '../../src/core/report.ts';
import type { Destination, RestoreRequest } from '../../src/core/request.ts';
import { restore } from '../../src/operations/restore.ts';
import { chooser, endOf, type Restoring } from './arbitraries.ts';
import * as model from './model.ts';
import { type Fault, type ModelBuckets, modelBuckets, type PortRequest } from './model-port.ts';

/** How a run of the whole engine on the model is disturbed, and what it is asked besides the target. */
export interface Circumstances {
  readonly prefix?: string;
  readonly choices?: readonly number[];
  readonly batchSize?: number;
  readonly concurrency?: number;
  readonly verify?: boolean;
  readonly dryRun?: boolean;
  readonly maxDeletes?: number;
  readonly before?: (request: PortRequest, n: number) => void;
  readonly fault?: (n: number, mutation: number | undefined) => Fault;
  readonly afterChange?: (key: string) => void;
  /** The job is cancelled just before this request. */
  readonly stopAt?: number;
  /** Rows of a manifest, as JSON Lines. */
  readonly manifest?: readonly object[];
  /** An inventory: its manifest.json, and its files. */
  readonly inventory?: { readonly manifest: string; readonly files: Readonly<Record<string, Buffer>> };
  readonly destination?: Destination;
  /** Buckets beside the one called `bucket`. */
  readonly others?: Readonly<Record<string, model.Bucket>>;
}

export interface Ran {
  readonly report: Report;
  readonly port: ModelBuckets;
  /** The plan file's lines; none where the run ended before it was written. */
  readonly plan: readonly PlannedKey[];
  readonly journal: readonly { readonly intent: JournalIntent; readonly result: JournalResult | undefined }[];
}

/**
 * Runs the engine on models, its files in a folder of its own that goes when the test file is done. In memory where
 * there is such a folder: the engine waits for the disk before each step, ten times as long as all the rest takes.
 */
export function engine(): (bucket: model.Bucket, of: Restoring, how?: Circumstances) => Promise<Ran> {
  if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm';
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, name);

  return async (bucket, of, how = {}) => {
    for (const name of ['plan', 'journal']) writeFileSync(file(name), '');
    if (how.manifest !== undefined) {
      writeFileSync(file('manifest'), how.manifest.map((row) => `${JSON.stringify(row)}\n`).join(''));
    }
    if (how.inventory !== undefined) writeFileSync(file('manifest'), how.inventory.manifest);
    const stop = new AbortController();
    const at = endOf(of.past) + 1000;
    const port = modelBuckets(
      { bucket, ...how.others },
      {
        at,
        choose: chooser(how.choices ?? []),
        stop: stop.signal,
        ...(how.batchSize !== undefined && { batchSize: how.batchSize }),
        ...(how.afterChange !== undefined && { afterChange: how.afterChange }),
        ...(how.inventory !== undefined && { files: how.inventory.files }),
        before: (request, n) => {
          if (n === how.stopAt) stop.abort();
          how.before?.(request, n);
        },
        ...(how.fault !== undefined && { fault: how.fault }),
      },
    );
    const request: RestoreRequest = {
      operation: of.operation,
      scope: {
        ...(how.manifest === undefined && { bucket: 'bucket' }),
        ...(of.key !== undefined && { key: of.key }),
        prefix: of.key ?? how.prefix ?? '',
        include: [],
        exclude: [],
      },
      target: of.target,
      method: of.method,
      ...(of.method === 'delete' && { maxDeletes: how.maxDeletes ?? 1000 }),
      dryRun: how.dryRun ?? false,
      verify: how.verify ?? true,
      failOn: 'failures',
      preserve: { objectLock: false, annotations: false },
      ...(how.destination !== undefined && { destination: how.destination }),
      ...((how.manifest ?? how.inventory) !== undefined && {
        manifest: {
          location: { file: file('manifest') },
          given: 'manifest',
          format: how.manifest === undefined ? 'inventory' : 'jsonl',
        },
      }),
      planFile: file('plan'),
      journalFile: file('journal'),
      reportFile: file('report'),
    };
    const { report } = await restore(request, {
      buckets: port,
      narrator: SILENT,
      now: () => at,
      stop: stop.signal,
      concurrency: how.concurrency ?? 4,
    });
    return { report, port, plan: readPlanFile(file('plan')), journal: readJournalFile(file('journal')) };
  };
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}

function readPlanFile(file: string): PlannedKey[] {
  return linesOf(file)
    .slice(1)
    .map((line, i) => parsePlanLine(line, i + 2));
}

function readJournalFile(file: string): Ran['journal'] {
  const lines = linesOf(file).map(parseJournalLine);
  return lines.flatMap((intent) => {
    if (intent === undefined || !('intent' in intent)) return [];
    const result = lines.find((r) => r !== undefined && 'result' in r && r.result === intent.intent);
    return [{ intent, result: result !== undefined && 'result' in result ? result : undefined }];
  });
}

/** The keys in scope, as the contract defines it. */
export function keysInScope(bucket: model.Bucket, of: Restoring, prefix = ''): string[] {
  return model.sortedKeys(bucket).filter((key) => (of.key === undefined ? key.startsWith(prefix) : key === of.key));
}

/** The keys of the plan that the report neither failed nor found in conflict. All `restored`, unless not attempted. */
export function restoredKeys({ report, plan }: Ran): string[] {
  const not = new Set([...report.failures, ...report.conflicts].map(({ key }) => key));
  return plan.map(({ key }) => key).filter((key) => !not.has(key));
}

/** What readers of each key meet. */
export function viewsOf(bucket: model.Bucket, keys: readonly string[]): Record<string, model.StoredObject | null> {
  return Object.fromEntries(keys.map((key) => [key, model.read(bucket, key) ?? null]));
}

/** The whole history of each key, but for ids and times. */
export function contentsOf(bucket: model.Bucket): Record<string, (model.StoredObject | null)[]> {
  return Object.fromEntries([...bucket.keys].map(([key, entries]) => [key, entries.map((e) => e.object ?? null)]));
}
