import { messageOf } from '../../support/bot-world.ts';
import type { Inputs } from '../../support/runner.ts';
import { annotationsOf } from '../support/commands.ts';
import { policyOf, scenes, seed } from './support/scene.ts';

const QUEUE = 'https://sqs.us-east-1.amazonaws.com/111122223333/my-site-events';
const PAYLOAD = messageOf({ bucket: 'b', key: 'k', versionId: 'v' });

/** Refused before any request: the inputs, which of them is to blame, and a word of the mend. */
const REFUSED: readonly (readonly [what: string, inputs: Inputs, input: string, words: string])[] = [
  ['neither a queue nor an event', { 'queue-url': '' }, 'queue-url', 'is missing'],
  ['an event that is null, and no queue', { 'queue-url': '', event: 'null' }, 'queue-url', 'is missing'],
  ['both a queue and an event', { 'queue-url': QUEUE, event: PAYLOAD }, 'event', 'Leave out one of the two'],
  ['a FIFO queue', { 'queue-url': `${QUEUE}.fifo` }, 'queue-url', 'FIFO'],
  ['an ARN', { 'queue-url': 'arn:aws:sqs:eu-central-1:111122223333:q' }, 'queue-url', 'ARN'],
  ['the name of a queue', { 'queue-url': 'my-site-events' }, 'queue-url', 'is not the URL of a queue'],
  ['a URL without a queue', { 'queue-url': 'https://sqs.us-east-1.amazonaws.com/' }, 'queue-url', 'is not the URL'],
  ['a queue of another region', { 'queue-url': QUEUE, region: 'eu-west-1' }, 'queue-url', 'set region: us-east-1'],
  ['a password in the URL', { 'queue-url': 'https://me:hunter2@sqs.example/1/q' }, 'queue-url', 'Leave them out'],
  ['a policy file that is a folder', { 'policy-file': '.github/' }, 'policy-file', 'is not the path of a file'],
];

const WRONG = [
  ['key', 'k', 'policy file'],
  ['prefix', 'site/', 'policy file'],
  ['whole-bucket', 'true', 'policy file'],
  ['include', '**', 'policy file'],
  ['exclude', '**', 'policy file'],
  ['manifest', 'keys.csv', 'policy file'],
  ['directory', 'd', 'download'],
  ['method', 'delete', 'Leave out method'],
  ['version-id', 'v', 'rollback'],
  ['to-time', '1h ago', 'rollback'],
  ['deleted-after', '1h ago', 'undelete'],
  ['destination-bucket', 'b', 'rollback'],
  ['archived', 'restore', 'rollback'],
  ['max-messages', '0', '"0"'],
  ['drain-seconds', '0', '"0"'],
  ['idle-polls', 'few', '"few"'],
] as const;

await scenes('inputs of the bot', (test) => {
  for (const [what, inputs, input, words] of REFUSED) {
    test(`${what}: refused`, async ({ expect, queue, queueActions, recover, requests, tell }) => {
      await tell({ key: 'k' });
      const run = await recover(inputs, { policy: policyOf({}) });
      expect(run.code).toBe(1);
      const errors = annotationsOf(run.stdout, 'error');
      expect(errors.map(({ title }) => title)).toEqual([`Input "${input}"`]);
      expect(errors[0]?.message).toContain(words);
      expect(run.stdout).not.toContain('hunter2');
      expect(queueActions()).toEqual([]);
      expect(requests()).toEqual([]);
      expect(queue.count()).toEqual({ visible: 1, inFlight: 0, deadLetters: 0 });
    });
  }

  // GitHub shows ten annotations of a step.
  for (const [what, wrong] of [
    ['that say which keys', WRONG.slice(0, 7)],
    ['of other operations, and limits that are none', WRONG.slice(7)],
  ] as const) {
    test(`inputs ${what}: refused, all at once`, async ({ expect, queueActions, recover }) => {
      const run = await recover(Object.fromEntries(wrong.map(([name, value]) => [name, value])));
      expect(run.code).toBe(1);
      const told = new Map(annotationsOf(run.stdout, 'error').map(({ title, message }) => [title, message]));
      expect([...told.keys()].toSorted()).toEqual(wrong.map(([name]) => `Input "${name}"`).toSorted());
      for (const [name, , words] of wrong) expect(told.get(`Input "${name}"`)).toContain(words);
      for (const [name] of wrong) expect(run.summary).toContain(name);
      expect(queueActions()).toEqual([]);
    });
  }

  for (const operation of ['undelete', 'rollback', 'download']) {
    test(`${operation} knows no queue`, async ({ bucket, expect, recover }) => {
      const scope = { bucket: bucket.name, 'whole-bucket': 'true' };
      const how = operation === 'undelete' ? {} : { 'versions-back': '1' };
      const run = await recover({ operation, ...scope, ...how, directory: operation === 'download' ? 'd' : '' });
      expect(run.code).toBe(1);
      expect(annotationsOf(run.stdout, 'error').map(({ title }) => title)).toContain('Input "queue-url"');
    });
  }

  test('an issue is for the bot only', async ({ bucket, expect, recover }) => {
    const inputs = { operation: 'undelete', bucket: bucket.name, key: 'k', 'queue-url': '', 'max-messages': '' };
    const limits = { 'drain-seconds': '', 'idle-polls': '', 'report-to': 'issue' };
    const run = await recover({ ...inputs, ...limits });
    expect(annotationsOf(run.stdout, 'error').map(({ title }) => title)).toEqual(['Input "report-to"']);
  });

  test('a queue that is not there', async ({ bucket, expect, queue, recover, requests, shapes }) => {
    seed(bucket, 'k', 'A x');
    const url = `${queue.url}-not-there`;
    const run = await recover({ 'queue-url': url }, { policy: policyOf({}) });
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', planned: '0' });
    expect(run.report().error).toMatchObject({ code: 'queue-not-found' });
    expect(run.report().error?.message).toContain(`${queue.name}-not-there`);
    expect(run.report().error?.hint).toContain('queue-url');
    expect(requests()).toEqual([]);
    expect(shapes()).toEqual({ k: 'A x' });
  });

  test('a server of queues that is not there', async ({ expect, recover }) => {
    const env = { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' };
    const run = await recover({}, { policy: policyOf({}), env });
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ code: 'queue-unreachable' });
  });

  test('more changes than max-changes: refused, and the messages stay', async (scene) => {
    const { bucket, expect, queue, recover, requests, shapes, tell } = scene;
    const keys = ['a', 'b', 'c'];
    await tell(...keys.map((key) => ({ key, versionId: seed(bucket, key, 'A x')[1] })), {
      key: 'a',
      name: 'ObjectCreated:Put',
    });
    const run = await recover({ 'max-changes': '2' }, { policy: policyOf({}) });
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', planned: '3', restored: '0' });
    expect(run.report().error?.code).toBe('max-changes-exceeded');
    expect(run.report().error?.message).toContain('max-changes');
    expect(requests('DeleteObjects', 'DeleteObject')).toEqual([]);
    expect(shapes()).toEqual({ a: 'A x', b: 'A x', c: 'A x' });
    // Only that with nothing to undo is gone.
    expect(run.report().messages).toMatchObject({ received: 4, acknowledged: 1, ignored: 1, deferred: 3 });

    await queue.showAll();
    const allowed = await recover({ 'max-changes': '3' }, { policy: policyOf({}) });
    expect(allowed.outputs).toMatchObject({ status: 'success', restored: '3' });
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });
});
