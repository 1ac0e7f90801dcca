import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { type ActionRun, type Inputs, newTemp, type RunOptions, runAction } from '../../support/runner.ts';
import { startServer } from '../../support/server.ts';
import type { Histories } from '../../support/server-bucket.ts';
import { expectBounds } from './bounds.ts';
import { expectAccount, expectSilence } from './invariants.ts';
import type { Files, NamedRow } from './manifests.ts';

/** The server of this test file. */
export const server = await startServer();

const temps: string[] = [];

afterAll(async () => {
  await server.stop();
  for (const temp of temps) rmSync(temp, { recursive: true, force: true });
});

export interface ActOptions extends RunOptions {
  /** Somebody else writes meanwhile, so what the run itself did cannot be read off the bucket. */
  readonly others?: boolean;
  /** The run cannot reach the server, so what it sends is not what the server gets. */
  readonly unreachable?: boolean;
  /** The outputs do not arrive, or the files they name cannot be read again: the account cannot be checked. */
  readonly unaccountable?: boolean;
  /** Other buckets that the run may read or write: a destination, those that a manifest names. */
  readonly beside?: readonly Target[];
  /** Files of the workspace, by their path in it. */
  readonly files?: Files;
  /** What the manifest names; where it is not told, it may mean any key in scope. */
  readonly rows?: readonly NamedRow[];
}

export interface Act extends ActionRun {
  readonly before: Histories;
  readonly after: Histories;
  /** By bucket, those beside the first, too. */
  readonly all: ReadonlyMap<string, { readonly before: Histories; readonly after: Histories }>;
}

export interface Target {
  readonly name: string;
  histories(): Promise<Histories>;
}

/** A folder for the runner's temp, removed after the tests of the file. */
export function temporaryFolder(): string {
  const temp = newTemp();
  temps.push(temp);
  return temp;
}

/** Runs the action on a bucket, as the runner would, and checks what must hold for every run. */
export async function act(bucket: Target, given: Inputs, options: ActOptions = {}): Promise<Act> {
  const { beside = [], rows } = options;
  const inputs = { bucket: bucket.name, ...given };
  const involved = [bucket, ...beside];
  const before = await Promise.all(involved.map((one) => one.histories()));
  const temp = options.temp ?? temporaryFolder();
  const env = { ...server.env, ...(options.files && { GITHUB_WORKSPACE: workspaceOf(options.files) }), ...options.env };
  const run = await runAction(inputs, server.endpoint, { ...options, temp, env });
  const all = new Map<string, { before: Histories; after: Histories }>();
  for (const [i, one] of involved.entries()) {
    all.set(one.name, { before: before[i] ?? new Map(), after: await one.histories() });
  }
  const accountable = run.signal === null && options.post === undefined && options.unaccountable !== true;
  if (accountable) expectAccount(run, { inputs, ...(rows && { rows }) });
  const { AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN = '' } = env as Record<string, string>;
  expectSilence(
    run,
    [AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN].filter((secret) => secret !== ''),
  );
  if (options.others !== true) {
    for (const [name, one] of all) expectBounds({ inputs, ...(rows && { rows }) }, name, one.before, one.after);
  }
  const own = all.get(bucket.name);
  return { ...run, before: own?.before ?? new Map(), after: own?.after ?? new Map(), all };
}

function workspaceOf(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-workspace-'));
  temps.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}
