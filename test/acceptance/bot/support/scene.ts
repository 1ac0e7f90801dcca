import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Event } from '@aws-sdk/client-s3';
import { afterAll, describe, type ExpectStatic, test } from 'vitest';
import type { Bucket, BucketOptions, EventForm, Operation, RequestRecord } from '../../../../sandbox/index.ts';
import { type BotWorld, messageOf, startBotWorld, type Told, type Who } from '../../../support/bot-world.ts';
import type { TestQueue, TestQueueOptions } from '../../../support/queue-server.ts';
import { type ActionRun, type Inputs, newTemp, type RunOptions, runAction } from '../../../support/runner.ts';
import { sandboxHistories } from '../../../support/server-bucket.ts';
import { expectBounds } from '../../support/bounds.ts';
import { expectAccount, expectSilence } from '../../support/invariants.ts';
import { shapesOf, tokensOf } from '../../support/shape.ts';
import { contentsOf, expectMessages, expectRequests, expectUndone } from './checks.ts';
import { type QueueFault, type QueueProxy, startQueueProxy } from './queue-proxy.ts';

/** What a run is given beside its inputs. */
export interface RecoverOptions extends RunOptions {
  /** The policy file, as text, or as what JSON can say, which YAML reads too. Absent: there is none. */
  readonly policy?: string | object;
  /** Somebody else, or another run, works on the buckets meanwhile: what this run did cannot be read off them. */
  readonly others?: boolean;
  /** Cancelled when all was done and told: the step is red, and nothing else is. */
  readonly cancelledLate?: boolean;
  /** The queue does not do what it is told, so what is left in it cannot be foretold. */
  readonly queueTrouble?: boolean;
}

export interface Scene {
  readonly expect: ExpectStatic;
  readonly bucket: Bucket;
  readonly queue: TestQueue;
  another(options?: BucketOptions): Bucket;
  /** Run the bot once, on what is in the queue now, and check what must hold for every run. */
  recover(inputs?: Inputs, options?: RecoverOptions): Promise<ActionRun>;
  /** Let the bucket send its events to the queue. */
  connect(options?: { readonly bucket?: Bucket; readonly events?: readonly Event[] }): Promise<void>;
  /** Delete keys, by a request; resolves when the events are in the queue. */
  remove(who: Who, ...keys: string[]): Promise<void>;
  /** The key alone, or one version of it. */
  removeOne(who: Who, key: string, versionId?: string): Promise<void>;
  /** Gives the version id. */
  write(who: Who, key: string, body: string): Promise<string>;
  /** Send a message for each of these things, as S3 would. */
  tell(...told: readonly Omit<Told, 'bucket'>[]): Promise<void>;
  readonly world: BotWorld;
  /** Plants a fault on the way to the queue. */
  queueFault(fault: Omit<QueueFault, 'queue'>): void;
  /** What was asked of the queue by runs so far. */
  queueActions(): string[];
  /** The requests about this test's buckets so far by the runs, or of these operations only. */
  requests(...operations: Operation[]): RequestRecord[];
  /** Every key's history in short; see shape.ts. */
  shapes(of?: Bucket): Record<string, string>;
}

export interface SceneOptions {
  readonly queue?: TestQueueOptions & { readonly form?: EventForm };
  readonly bucket?: BucketOptions;
}

interface SceneTest {
  (name: string, body: (scene: Scene) => Promise<void>, options?: SceneOptions): void;
  /** Declared, and not run. */
  readonly skip: (name: string, body: (scene: Scene) => Promise<void>, options?: SceneOptions) => void;
}

/** Tests of the bot: a sandbox that sends events, and a queue server, for all tests of the file. */
export async function scenes(title: string, declare: (test: SceneTest) => void): Promise<void> {
  const elsewhere = (process.env.ACCEPTANCE_ENDPOINT ?? '') !== '';
  const why = elsewhere ? ' — not run on another server: needs the events that the sandbox sends' : '';
  if (elsewhere) {
    console.warn(`${title}${why}`);
    const skip = (name: string) => test.skip(name);
    describe(`${title}${why}`, () => declare(Object.assign(skip, { skip })));
    return;
  }
  const world = await startBotWorld();
  const proxy = await startQueueProxy(world.queues.endpoint);
  const temps: string[] = [];
  afterAll(async () => {
    await proxy.stop();
    await world.stop();
    for (const temp of temps) rmSync(temp, { recursive: true, force: true });
  });
  describe.concurrent(title, () => {
    const run = (...[name, body, options]: Parameters<SceneTest>) => {
      test(name, ({ expect: own }) => body(sceneOf(world, proxy, temps, own, options)));
    };
    declare(Object.assign(run, { skip: (name: string) => test.skip(name) }));
  });
}

function sceneOf(
  world: BotWorld,
  proxy: QueueProxy,
  temps: string[],
  testExpect: ExpectStatic,
  { queue: queueOptions, bucket: bucketOptions }: SceneOptions = {},
): Scene {
  const { sandbox } = world;
  const queue = world.createQueue(queueOptions);
  const buckets: Bucket[] = [];
  const another = (options?: BucketOptions) => {
    const made = world.createBucket(options);
    buckets.push(made);
    return made;
  };
  const bucket = another(bucketOptions);
  const requests = (...operations: Operation[]) =>
    sandbox.requests
      .all()
      .filter(
        (one) =>
          buckets.some(({ name }) => name === one.bucket) &&
          /Credential=AKIABOT\//.test(one.headers.authorization ?? '') &&
          (operations.length === 0 || operations.includes(one.operation)),
      );

  async function recover(inputs: Inputs = {}, options: RecoverOptions = {}): Promise<ActionRun> {
    await world.settled();
    const before = buckets.map((one) => sandboxHistories(one));
    const there = contentsOf(queue);
    const already = requests().length;
    const temp = options.temp ?? newTemp();
    temps.push(temp);
    const given = { ...defaultInputs(queue, inputs), ...inputs };
    const env = {
      ...world.env,
      AWS_ENDPOINT_URL_SQS: proxy.endpoint,
      GITHUB_WORKSPACE: workspaceIn(temp, options.policy),
      ...options.env,
    };
    const run = await runAction(given, sandbox.endpoint, { ...options, temp, env });
    const after = buckets.map((one) => sandboxHistories(one));
    if (run.signal === null) {
      if (options.cancelledLate !== true) expectAccount(run, { inputs: given });
      expectMessages(run, there, contentsOf(queue), options.queueTrouble === true || inputs['queue-url'] === '');
    }
    const secret = world.env.AWS_SECRET_ACCESS_KEY ?? '';
    expectSilence(run, [secret, ...secretsIn(inputs)]);
    if (options.others !== true) {
      for (const [i, { name }] of buckets.entries()) {
        expectBounds({ inputs: given }, name, before[i] ?? new Map(), after[i] ?? new Map());
        expectUndone(name, before[i] ?? new Map(), after[i] ?? new Map());
      }
    }
    const reported = options.others !== true && run.signal === null && (run.outputs['report-file'] ?? '') !== '';
    if (reported) expectRequests(run, requests().slice(already));
    return run;
  }

  return {
    expect: testExpect,
    bucket,
    queue,
    another,
    recover,
    connect: ({ bucket: of = bucket, events } = {}) => world.connect(of, queue, events),
    async remove(who, ...keys) {
      await world.remove(who, bucket, keys);
      await world.settled();
    },
    async removeOne(who, key, versionId) {
      await world.removeOne(who, bucket, key, versionId);
      await world.settled();
    },
    async write(who, key, body) {
      const id = await world.write(who, bucket, key, body);
      await world.settled();
      return id;
    },
    async tell(...told) {
      await queue.send(told.map((one) => messageOf({ bucket: bucket.name, ...one })));
    },
    world,
    queueFault: (fault) => proxy.add({ queue: queue.name, ...fault }),
    queueActions: () => proxy.actions(queue.name),
    requests,
    shapes: (of = bucket) => shapesOf(sandboxHistories(of)),
  };
}

/**
 * A run takes what is there, and waits for nothing: it ends when it has seen as many messages as there are. Where none are,
 * it polls once, for a second.
 */
function defaultInputs(queue: TestQueue, { event = '' }: Inputs): Inputs {
  const operation = { operation: 'recover' };
  if (event !== '') return operation;
  const { visible } = queue.count();
  const limits = visible === 0 ? { 'drain-seconds': '2' } : { 'max-messages': String(visible), 'drain-seconds': '60' };
  return { ...operation, 'queue-url': queue.url, 'idle-polls': '1', ...limits };
}

function workspaceIn(temp: string, policy: string | object | undefined): string {
  const workspace = join(temp, 'workspace');
  const file = join(workspace, '.github', 's3-rollback.yml');
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  if (policy !== undefined) writeFileSync(file, typeof policy === 'string' ? policy : JSON.stringify(policy));
  return workspace;
}

function secretsIn({ 'github-token': token = '' }: Inputs): string[] {
  return token === '' ? [] : [token];
}

/** Writes a history (see shape.ts) straight into the store, which tells nobody; gives the ids, oldest first. */
export function seed(bucket: Bucket, key: string, shape: string): string[] {
  return tokensOf(shape).map((token) =>
    token === 'x' ? (bucket.delete(key) ?? 'null') : bucket.put(key, { body: token }),
  );
}

/** A policy of one rule for every bucket. */
export function policyOf(rule: object): object {
  return { version: 1, rules: [{ name: 'the rule', bucket: '*', ...rule }] };
}

/** Of a rule that only tells. */
// biome-ignore lint/suspicious/noThenProperty: the field's name in the file.
export const ONLY_TOLD = { then: 'report' } as const;

/** All events that the sandbox sends and S3 would, of what is written and removed. */
export const ALL_EVENTS: readonly Event[] = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'];
