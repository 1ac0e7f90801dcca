import { describe, expect, it } from 'vitest';
import { parseInputs } from '../../../src/action/inputs.ts';
import type { RecoverRequest } from '../../../src/core/request.ts';
import { envOf, type Inputs, problemsOf } from './inputs-support.ts';
import { NOW } from './support.ts';

/** The inputs of the bot. */

const URL_OF_QUEUE = 'https://sqs.eu-central-1.amazonaws.com/111122223333/events';
const RECOVER = { operation: 'recover', 'queue-url': URL_OF_QUEUE };

function parse(inputs: Inputs, more?: Inputs) {
  const parsed = parseInputs(envOf(inputs, more), NOW);
  if (parsed.request.operation !== 'recover') throw new TypeError('this is not the bot');
  return { ...parsed, request: parsed.request satisfies RecoverRequest };
}

describe('what is asked for', () => {
  it('a queue, all else by default', () => {
    const { request, connection, reporting, warnings } = parse(RECOVER);
    expect(request).toMatchObject({
      operation: 'recover',
      scope: { prefix: '', include: [], exclude: [] },
      target: { kind: 'before-events' },
      method: 'copy',
      verify: true,
      dryRun: false,
      intake: { kind: 'queue', url: URL_OF_QUEUE, limits: { maxMessages: 10_000, seconds: 240, idlePolls: 2 } },
      policyFile: {
        path: '/home/runner/space/.github/s3-rollback.yml',
        given: '.github/s3-rollback.yml',
        required: false,
      },
    });
    expect(request.scope).not.toHaveProperty('bucket');
    expect(connection).toMatchObject({ asksIdentity: true });
    expect(connection).not.toHaveProperty('queueEndpointUrl');
    expect(reporting).toMatchObject({ summary: true });
    expect(reporting).not.toHaveProperty('issue');
    expect(warnings).toEqual([]);
  });

  it('limits, a policy file of its own, one bucket only', () => {
    const { request } = parse({
      ...RECOVER,
      bucket: 'my-site',
      'max-messages': '100',
      'drain-seconds': '30',
      'idle-polls': '1',
      'policy-file': 'ops/policy.yml',
      'max-changes': '5000',
      'dry-run': 'true',
    });
    expect(request).toMatchObject({
      scope: { bucket: 'my-site' },
      intake: { limits: { maxMessages: 100, seconds: 30, idlePolls: 1 } },
      policyFile: { path: '/home/runner/space/ops/policy.yml', given: 'ops/policy.yml', required: true },
      maxChanges: 5000,
      dryRun: true,
    });
  });

  it('one event instead of a queue', () => {
    const { request } = parse({ operation: 'recover', event: ' {"a":1} ' });
    expect(request.intake).toEqual({ kind: 'event', payload: '{"a":1}' });
  });

  it('the payload of a run that had none is none', () => {
    expect(parse({ ...RECOVER, event: 'null' }).request.intake).toMatchObject({ kind: 'queue' });
  });

  it.each<[name: string, env: Inputs, connection: object]>([
    ['AWS_ENDPOINT_URL_SQS', { AWS_ENDPOINT_URL_SQS: 'http://sqs:1' }, { queueEndpointUrl: 'http://sqs:1' }],
    [
      'AWS_ENDPOINT_URL',
      { AWS_ENDPOINT_URL: 'http://all:1' },
      { queueEndpointUrl: 'http://all:1', asksIdentity: true },
    ],
    [
      'the special one first',
      { AWS_ENDPOINT_URL: 'http://all:1', AWS_ENDPOINT_URL_SQS: 'http://sqs:1', AWS_ENDPOINT_URL_STS: 'http://sts:1' },
      { queueEndpointUrl: 'http://sqs:1', identityEndpointUrl: 'http://sts:1' },
    ],
    [
      'another server than Amazon’s knows no identities',
      { AWS_ENDPOINT_URL_S3: 'http://s3:1' },
      { asksIdentity: false },
    ],
  ])('endpoint of the queue: %s', (_, env, connection) => {
    expect(parse(RECOVER, env).connection).toMatchObject(connection);
  });

  it('the input endpoint-url is for S3 only', () => {
    expect(parse({ ...RECOVER, 'endpoint-url': 'http://s3:1' }).connection).not.toHaveProperty('queueEndpointUrl');
  });

  it('an issue, with what the runner says of GitHub', () => {
    const runner = {
      GITHUB_REPOSITORY: 'acme/site',
      GITHUB_API_URL: 'https://ghe.example.com/api/v3',
      GITHUB_GRAPHQL_URL: 'https://ghe.example.com/api/graphql',
      GITHUB_SERVER_URL: 'https://ghe.example.com',
      GITHUB_RUN_ID: '42',
    };
    const { reporting } = parse({ ...RECOVER, 'report-to': 'summary, issue', 'github-token': 't' }, runner);
    expect(reporting).toEqual({
      summary: true,
      issue: {
        token: 't',
        repository: 'acme/site',
        apiUrl: 'https://ghe.example.com/api/v3',
        graphqlUrl: 'https://ghe.example.com/api/graphql',
        serverUrl: 'https://ghe.example.com',
        runId: '42',
      },
    });
    expect(parse({ ...RECOVER, 'report-to': 'issue', 'github-token': 't' }, runner).reporting.summary).toBe(false);
  });
});

describe('bad input: the input is named, and the mend', () => {
  it.each<[name: string, inputs: Inputs, input: string, mend: RegExp, env?: Inputs]>([
    ['no queue, no event', { operation: 'recover' }, 'queue-url', /docs\/bot\.md/],
    ['both', { ...RECOVER, event: '{}' }, 'event', /Leave out one/],
    ['the name of the queue', { ...RECOVER, 'queue-url': 'events' }, 'queue-url', /https:\/\/sqs\./],
    ['its ARN', { ...RECOVER, 'queue-url': 'arn:aws:sqs:eu-central-1:1:q' }, 'queue-url', /https:\/\/sqs\./],
    ['no path', { ...RECOVER, 'queue-url': 'https://sqs.eu-central-1.amazonaws.com/' }, 'queue-url', /https:\/\/sqs\./],
    ['a password', { ...RECOVER, 'queue-url': 'https://a:b@sqs/1/q' }, 'queue-url', /environment/],
    ['FIFO', { ...RECOVER, 'queue-url': `${URL_OF_QUEUE}.fifo` }, 'queue-url', /standard queue/],
    ['another region', { ...RECOVER, region: 'us-east-1' }, 'queue-url', /region: eu-central-1/],
    [
      'an endpoint that is none',
      RECOVER,
      'queue-url',
      /Correct the variable/,
      { AWS_ENDPOINT_URL_SQS: 'localhost:4566' },
    ],
    ['max-messages 0', { ...RECOVER, 'max-messages': '0' }, 'max-messages', /1 to 100000/],
    ['drain-seconds in words', { ...RECOVER, 'drain-seconds': '4m' }, 'drain-seconds', /1 to 18000/],
    ['idle-polls', { ...RECOVER, 'idle-polls': '-1' }, 'idle-polls', /1 to 1000/],
    ['a folder as policy', { ...RECOVER, 'policy-file': '.github/' }, 'policy-file', /YAML/],
    ['a key', { ...RECOVER, key: 'a' }, 'key', /policy file/],
    ['a prefix', { ...RECOVER, prefix: ' ' }, 'prefix', /policy file/],
    ['whole-bucket', { ...RECOVER, 'whole-bucket': 'true' }, 'whole-bucket', /policy file/],
    ['a manifest', { ...RECOVER, manifest: 'rows.csv' }, 'manifest', /policy file/],
    ['a time', { ...RECOVER, 'to-time': '1h ago' }, 'to-time', /rollback/],
    ['method', { ...RECOVER, method: 'delete' }, 'method', /Leave out/],
    ['a place that is none', { ...RECOVER, 'report-to': 'slack' }, 'report-to', /summary, pr-comment, issue/],
    [
      'an issue without a token',
      { ...RECOVER, 'report-to': 'issue' },
      'github-token',
      /token of the job/,
      { GITHUB_REPOSITORY: 'a/b' },
    ],
    ['an issue outside GitHub', { ...RECOVER, 'report-to': 'issue', 'github-token': 't' }, 'report-to', /workflow/],
  ])('%s', (_, inputs, input, mend, env) => {
    const problems = problemsOf(inputs, env);
    expect(problems.map((problem) => problem.input)).toContain(input);
    expect(problems.find((problem) => problem.input === input)?.mend).toMatch(mend);
  });

  it('a password is not shown', () => {
    const [problem] = problemsOf({ ...RECOVER, 'queue-url': 'https://user:hunter2@sqs/1/q' });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it.each(['undelete', 'rollback', 'download'])('%s heeds none of it', (operation) => {
    const inputs = { operation, bucket: 'my-site', key: 'a', 'queue-url': URL_OF_QUEUE, 'report-to': 'issue' };
    const problems = problemsOf(inputs, { GITHUB_REPOSITORY: 'a/b' }).map(({ input }) => input);
    expect(problems).toEqual(expect.arrayContaining(['queue-url', 'report-to']));
  });
});
