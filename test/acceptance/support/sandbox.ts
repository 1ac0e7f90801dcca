import { randomBytes } from 'node:crypto';
import { describe, type ExpectStatic, expect, test } from 'vitest';
import type {
  Bucket,
  BucketOptions,
  FaultEffect,
  FaultScope,
  Operation,
  PutOptions,
  RequestRecord,
} from '../../../sandbox/index.ts';
import type { Report } from '../../../src/core/report.ts';
import type { Inputs } from '../../support/runner.ts';
import { sandboxHistories } from '../../support/server-bucket.ts';
import { type Act, type ActOptions, act, server } from './act.ts';
import { scopeOf } from './bounds.ts';
import { shapesOf, tokensOf } from './shape.ts';

export interface SandboxContext {
  readonly bucket: Bucket;
  readonly expect: ExpectStatic;
  readonly act: (inputs: Inputs, options?: ActOptions) => Promise<Act>;
  /** Plants a fault for this test's bucket. */
  readonly fault: (rule: Omit<FaultScope, 'bucket'> & FaultEffect) => { remove(): void };
  /** The requests about this test's bucket so far. */
  readonly requests: (...operations: Operation[]) => RequestRecord[];
  /** Those of them that change something. */
  readonly mutations: () => RequestRecord[];
  /** Every key's history in short; see shape.ts. */
  readonly shapes: () => Record<string, string>;
}

type SandboxTest = (name: string, body: (context: SandboxContext) => Promise<void>, options?: BucketOptions) => void;

const READING: readonly Operation[] = [
  'ListBuckets',
  'HeadBucket',
  'GetBucketLocation',
  'GetBucketVersioning',
  'GetObjectLockConfiguration',
  'ListObjectVersions',
  'ListObjectsV2',
  'GetObject',
  'HeadObject',
  'GetObjectTagging',
  'GetObjectRetention',
  'GetObjectLegalHold',
];

/** Tests that need what only the sandbox can do: faults, a request log, chosen times and sizes. */
export function onSandbox(title: string, declare: (test: SandboxTest) => void): void {
  const elsewhere = server.sandbox === undefined;
  const why = elsewhere ? ` — not run on ${server.name}: needs the sandbox's faults, times and request log` : '';
  if (elsewhere) console.warn(`${title}${why}`);
  describe.skipIf(elsewhere).concurrent(`${title}${why}`, () => {
    declare((name, body, options) => test(name, (context) => inSandbox(body, context.expect, options)));
  });
}

async function inSandbox(
  body: (context: SandboxContext) => Promise<void>,
  testExpect: ExpectStatic,
  options?: BucketOptions,
): Promise<void> {
  const { sandbox } = server;
  if (sandbox === undefined) throw new Error('no sandbox');
  const bucket = sandbox.createBucket(`acceptance-${randomBytes(8).toString('hex')}`, options);
  const requests = (...operations: Operation[]) =>
    sandbox.requests
      .all()
      .filter((one) => one.bucket === bucket.name && (operations.length === 0 || operations.includes(one.operation)));
  const target = { name: bucket.name, histories: async () => sandboxHistories(bucket) };
  await body({
    bucket,
    expect: testExpect,
    act: async (inputs, actOptions) => {
      const already = requests().length;
      const run = await act(target, inputs, actOptions);
      if (run.signal !== null) await stragglers(sandbox.endpoint);
      for (const one of requests().slice(already)) expectNamed(one, inputs);
      const reported = run.signal === null && (run.outputs['report-file'] ?? '') !== '';
      if (reported && actOptions?.unreachable !== true) {
        expect(countsOf(run.report()), 'requests counted and requests received').toEqual(
          received(requests().slice(already)),
        );
      }
      return run;
    },
    fault: (rule) => sandbox.faults.add({ ...rule, bucket: bucket.name }),
    requests,
    mutations: () => requests().filter((one) => !READING.includes(one.operation)),
    shapes: () => shapesOf(sandboxHistories(bucket)),
  });
}

/**
 * What a killed process had sent may still lie in the server's sockets: it is dealt with before requests that come later,
 * so a few of these, one after the other, wait for it.
 */
async function stragglers(endpoint: string): Promise<void> {
  for (let i = 0; i < 10; i++) await (await fetch(endpoint)).arrayBuffer();
}

/**
 * A request that changes something names keys in scope only, and what it removes by its version id; without one it is a
 * new marker, which is guarded.
 */
function expectNamed({ operation, key, keys, versionId, headers }: RequestRecord, inputs: Inputs): void {
  if (READING.includes(operation)) return;
  const named = keys ?? [{ key: key ?? '', ...(versionId !== undefined && { versionId }) }];
  const inScope = scopeOf(inputs);
  for (const one of named) expect(inScope(one.key), `${operation} of ${JSON.stringify(one.key)}`).toBe(true);
  if (operation === 'DeleteObjects') expect(named.every((one) => one.versionId !== undefined)).toBe(true);
  else if (operation === 'DeleteObject') expect(versionId ?? headers['if-match'], 'a guarded marker').toBeDefined();
  else {
    expect(operation).toBe('CopyObject');
    expect(headers['if-match'] ?? headers['if-none-match'], 'a guarded copy').toBeDefined();
  }
}

function countsOf({ requests }: Report): Record<string, number> {
  const { list, head, get, copy, delete: deletes, put } = requests;
  return { list, head, get, copy, delete: deletes, put };
}

function received(records: readonly RequestRecord[]): Record<string, number> {
  const count = (...operations: Operation[]) => records.filter((one) => operations.includes(one.operation)).length;
  return {
    list: count('ListObjectVersions'),
    head: count('HeadObject'),
    get: count('GetBucketVersioning', 'GetObjectLockConfiguration', 'GetObject'),
    copy: count('CopyObject'),
    delete: count('DeleteObjects', 'DeleteObject'),
    put: count('PutObject'),
  };
}

const FIRST = Date.parse('2026-03-04T10:00:00Z');

/** The time of the n-th entry that `seed` writes: a minute between two. Milliseconds since 1970. */
export function minute(n: number): number {
  return FIRST + n * 60_000;
}

/** Writes a history (see shape.ts) straight into the store, a minute between two entries; gives the ids, oldest first. */
export function seed(bucket: Bucket, key: string, shape: string, options: PutOptions = {}): string[] {
  return tokensOf(shape).map((token, i) => {
    const lastModified = minute(i);
    if (token === 'x') return bucket.delete(key, { lastModified }) ?? 'null';
    return bucket.put(key, { body: token, lastModified, ...options });
  });
}
