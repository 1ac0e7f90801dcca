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
import { type Histories, sandboxHistories } from '../../support/server-bucket.ts';
import { type Act, type ActOptions, act, server } from './act.ts';
import { type Asked, placesOf } from './bounds.ts';
import type { Files } from './manifests.ts';
import { shapesOf, tokensOf } from './shape.ts';

export interface SandboxContext {
  readonly bucket: Bucket;
  readonly expect: ExpectStatic;
  readonly act: (inputs: Inputs, options?: ActOptions) => Promise<Act>;
  /** Makes another bucket of this test; each run of it is checked in all of them. */
  readonly another: (options?: BucketOptions) => Bucket;
  /** Plants a fault for this test's bucket, or another one of its. */
  readonly fault: (rule: FaultScope & FaultEffect) => { remove(): void };
  /** The requests about this test's buckets so far. */
  readonly requests: (...operations: Operation[]) => RequestRecord[];
  /** Those of them that change something. */
  readonly mutations: () => RequestRecord[];
  /** Every key's history in short; see shape.ts. */
  readonly shapes: (of?: Bucket) => Record<string, string>;
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
  'ListMultipartUploads',
  'ListParts',
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
  const buckets: Bucket[] = [];
  const another = (more?: BucketOptions) => {
    const made = sandbox.createBucket(`acceptance-${randomBytes(8).toString('hex')}`, more);
    buckets.push(made);
    return made;
  };
  const bucket = another(options);
  const requests = (...operations: Operation[]) =>
    sandbox.requests
      .all()
      .filter(
        (one) =>
          buckets.some(({ name }) => name === one.bucket) &&
          (operations.length === 0 || operations.includes(one.operation)),
      );
  await body({
    bucket,
    expect: testExpect,
    another,
    act: async (inputs, actOptions) => {
      const already = requests().length;
      const [own, ...beside] = buckets.map(targetOf);
      if (own === undefined) throw new Error('no bucket');
      const run = await act(own, inputs, { beside, ...actOptions });
      if (run.signal !== null) await stragglers(sandbox.endpoint);
      const asked = { inputs: { bucket: bucket.name, ...inputs }, ...(actOptions?.rows && { rows: actOptions.rows }) };
      for (const one of requests().slice(already)) expectNamed(one, asked);
      const reported = run.signal === null && (run.outputs['report-file'] ?? '') !== '';
      if (reported && actOptions?.unreachable !== true) {
        expect(countsOf(run.report()), 'requests counted and requests received').toEqual(
          received(requests().slice(already)),
        );
      }
      return run;
    },
    fault: (rule) => sandbox.faults.add({ bucket: bucket.name, ...rule }),
    requests,
    mutations: () => requests().filter((one) => !READING.includes(one.operation)),
    shapes: (of = bucket) => shapesOf(sandboxHistories(of)),
  });
}

function targetOf(bucket: Bucket): { name: string; histories(): Promise<Histories> } {
  return { name: bucket.name, histories: async () => sandboxHistories(bucket) };
}

/** Writes files straight into the store. */
export function putFiles(bucket: Bucket, files: Files): void {
  for (const [key, body] of Object.entries(files)) bucket.put(key, { body });
}

/**
 * What a killed process had sent may still lie in the server's sockets: it is dealt with before requests that come later,
 * so some of these, one after the other, wait for it: more than a run has requests in flight, for new connections are
 * taken one at a time.
 */
async function stragglers(endpoint: string): Promise<void> {
  for (let i = 0; i < 64; i++) await (await fetch(endpoint)).arrayBuffer();
}

/**
 * A request that changes something names keys in scope only, or in the destination, and what it removes by its version id;
 * without one it is a new marker, which is guarded. What it copies is named by its version id, too.
 */
function expectNamed(request: RequestRecord, asked: Asked): void {
  const { operation, bucket = '', key, keys, versionId, headers } = request;
  if (READING.includes(operation)) return;
  const { inputs } = asked;
  const places = placesOf(asked);
  const named = keys ?? [{ key: key ?? '', ...(versionId !== undefined && { versionId }) }];
  expect(inputs['dry-run'] ?? 'false', `${operation} in a dry run`).toBe('false');
  for (const one of named) {
    const what = `${operation} of ${JSON.stringify(one.key)} in ${bucket}`;
    // What is asked back from an archive is a source; everything else is what is to be changed.
    if (operation === 'RestoreObject') expect(places.isSource(bucket, one.key), what).toBe(true);
    else expect(places.mayChange(bucket, one.key), what).toBe(true);
  }
  expect(inputs.operation, `${operation} in a download`).not.toBe('download');
  // A server that refuses conditions is told so in one request; from then on nothing is there to be seen in a request.
  const refuses = server.sandbox?.bucket(bucket).quirks.refusesConditions === true;
  const guards = refuses ? 'refused' : (headers['if-match'] ?? headers['if-none-match']);
  switch (operation) {
    case 'DeleteObjects':
      expect(named.every((one) => one.versionId !== undefined)).toBe(true);
      break;
    case 'DeleteObject':
      expect(versionId ?? guards, 'a guarded marker').toBeDefined();
      break;
    case 'CopyObject':
      expect(guards, 'a guarded copy').toBeDefined();
      expectSource(headers['x-amz-copy-source'], places);
      break;
    case 'CreateMultipartUpload':
    case 'AbortMultipartUpload':
      break;
    case 'UploadPartCopy':
      expectSource(headers['x-amz-copy-source'], places);
      break;
    case 'CompleteMultipartUpload':
      expect(guards, 'a guarded copy in parts').toBeDefined();
      break;
    case 'RestoreObject':
      expect(inputs.archived, 'a restore that was asked for').toBe('restore');
      expect(versionId, 'the version to restore').toBeDefined();
      break;
    case 'PutObjectTagging':
      expect(versionId, 'the version to tag').toBeDefined();
      break;
    default:
      expect.fail(`${operation} is nothing that a run may send`);
  }
}

function expectSource(header = '', places: ReturnType<typeof placesOf>): void {
  const [, bucket = '', key = '', versionId] = /^\/?([^/]+)\/([^?]*)\?versionId=(.+)$/.exec(header) ?? [];
  expect(versionId, `a copy of a version: ${header}`).toBeDefined();
  expect(places.isSource(bucket, decodeURIComponent(key)), `a copy of ${header}`).toBe(true);
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
    get: count('GetBucketVersioning', 'GetObjectLockConfiguration', 'GetObject', 'GetObjectTagging'),
    copy: count('CopyObject', 'UploadPartCopy'),
    delete: count('DeleteObjects', 'DeleteObject', 'AbortMultipartUpload'),
    put: count('CreateMultipartUpload', 'CompleteMultipartUpload', 'RestoreObject', 'PutObjectTagging'),
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
