import { rmSync } from 'node:fs';
import { afterAll } from 'vitest';
import { type ActionRun, type Inputs, newTemp, type RunOptions, runAction } from '../../support/runner.ts';
import { startServer } from '../../support/server.ts';
import type { Histories } from '../../support/server-bucket.ts';
import { expectBounds } from './bounds.ts';
import { expectAccount, expectSilence } from './invariants.ts';

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
}

export interface Act extends ActionRun {
  readonly before: Histories;
  readonly after: Histories;
}

interface Target {
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
export async function act(bucket: Target, inputs: Inputs, options: ActOptions = {}): Promise<Act> {
  const before = await bucket.histories();
  const temp = options.temp ?? temporaryFolder();
  const env = { ...server.env, ...options.env };
  const run = await runAction({ bucket: bucket.name, ...inputs }, server.endpoint, { ...options, temp, env });
  const after = await bucket.histories();
  const accountable = run.signal === null && options.post === undefined && options.unaccountable !== true;
  if (accountable) expectAccount(run, inputs);
  const { AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN = '' } = env as Record<string, string>;
  expectSilence(
    run,
    [AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN].filter((secret) => secret !== ''),
  );
  if (options.others !== true) expectBounds(inputs, before, after);
  return { ...run, before, after };
}
