import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { INPUT_NAMES, OUTPUTS } from '../../src/action/registry.ts';
import { ACCOUNT, deploy, REGION, readTemplate } from './cloudformation.ts';

/** docs/bot.md, the workflows that people copy, the doorbell in infra/dispatch.yaml, and the action fit to each other. */

const root = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const page = read('docs/bot.md');
const queueTemplate = readTemplate(join(root, 'infra/recovery-queue.yaml'));
const dispatchTemplate = readTemplate(join(root, 'infra/dispatch.yaml'));

function fences(language: string): string[] {
  return new MarkdownIt()
    .parse(page, {})
    .filter((token) => token.type === 'fence' && token.info.trim() === language)
    .map((token) => token.content);
}

const stepSchema = z.strictObject({
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.looseObject({
    schedule: z.array(z.object({ cron: z.string() })).optional(),
    repository_dispatch: z.object({ types: z.array(z.string()) }).optional(),
    workflow_dispatch: z.object({ inputs: z.record(z.string(), z.looseObject({ type: z.string() })) }),
  }),
  permissions: z.strictObject({}),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.literal(false) }),
  jobs: z.strictObject({
    recover: z.strictObject({
      if: z.string(),
      'runs-on': z.string(),
      'timeout-minutes': z.number(),
      environment: z.string(),
      permissions: z.record(z.string(), z.string()),
      steps: z.array(stepSchema),
    }),
  }),
});

const FILES = ['bot-on-schedule.yml', 'bot-on-dispatch.yml'].map((name) => `examples/workflows/${name}`);
const [onSchedule, onDispatch] = FILES.map((file) => workflowSchema.parse(parse(read(file))));

describe.each(FILES)('%s', (file) => {
  const workflow = workflowSchema.parse(parse(read(file)));
  const job = workflow.jobs.recover;
  const step = (of: RegExp) => job.steps.find(({ uses }) => of.test(uses));
  const bot = step(/^your-org\/s3-rollback@/);

  test('is what docs/bot.md shows, to the letter', () => {
    expect(fences('yaml')).toContain(read(file));
  });

  test('names inputs and outputs that the action has', () => {
    expect(INPUT_NAMES).toEqual(expect.arrayContaining(Object.keys(bot?.with ?? {})));
    const named = [...read(file).matchAll(/steps\.bot\.outputs\.([\w-]+)/g)].map((match) => match[1]);
    expect(named.length).toBeGreaterThan(0);
    expect(OUTPUTS.map(({ name }) => name)).toEqual(expect.arrayContaining(named));
  });

  test('drains the queue of the stack that the page makes, by the policy of the repository', () => {
    const { resources } = deploy(queueTemplate, {
      BucketName: 'my-bucket',
      GitHubOwner: 'your-org',
      GitHubRepository: 'your-repo',
    });
    expect(bot?.with).toMatchObject({
      operation: 'recover',
      'queue-url': `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${resources.Queue?.QueueName}`,
      // Named, and not the default: a run that does not find it is refused.
      'policy-file': '.github/s3-bot-policy.yml',
    });
  });

  test('fetches the policy file and nothing else, and leaves no token behind', () => {
    expect(step(/^actions\/checkout@/)?.with).toEqual({
      'persist-credentials': false,
      'sparse-checkout': bot?.with['policy-file'],
      // In cone mode it would be every file in .github and in the root.
      'sparse-checkout-cone-mode': false,
    });
  });

  test('may get credentials, read the policy and write the issue', () => {
    expect(job.permissions).toEqual({ 'id-token': 'write', contents: 'read', issues: 'write' });
    expect(String(bot?.with['report-to']).split(',')).toContain('issue');
  });

  test('has an identity of its own, and the environment that the role trusts', () => {
    expect(step(/^aws-actions\/configure-aws-credentials@/)?.with).toHaveProperty('role-session-name');
    expect(queueTemplate.Parameters.GitHubSubject?.Default).toBe(`environment:${job.environment}`);
  });

  test('has time for what it drained', () => {
    expect(job['timeout-minutes'] * 60).toBeGreaterThan(240 * 4);
  });

  test('changes nothing before the switch says live', () => {
    expect(job.if).toBe("vars.S3_BOT == 'live' || inputs.dry-run == true");
    expect(bot?.with['dry-run']).toBe(`\${{ vars.S3_BOT != 'live' || inputs.dry-run == true }}`);
    expect(workflow.on.workflow_dispatch.inputs['dry-run']).toMatchObject({ type: 'boolean', default: true });
  });
});

test('of both workflows one run works at a time', () => {
  expect(onSchedule?.concurrency).toEqual(onDispatch?.concurrency);
});

test('both do the same', () => {
  expect(onSchedule?.jobs).toEqual(onDispatch?.jobs);
});

describe('the doorbell', () => {
  const secret = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:s3-bot/github-token-AbCdEf`;
  const names = { GitHubOwner: 'your-org', GitHubRepository: 'your-repo', BucketName: 'my-bucket' };
  const stack = (more: Record<string, string> = {}) =>
    deploy(dispatchTemplate, { ...names, TokenSecretArn: secret, ...more }, 's3-bot-wake').resources;
  const target = (more: Record<string, string> = {}) =>
    z
      .object({
        Targets: z.tuple([
          z.looseObject({
            Input: z.string().optional(),
            InputTransformer: z.strictObject({ InputTemplate: z.string() }).optional(),
            RetryPolicy: z.object({ MaximumEventAgeInSeconds: z.number() }),
          }),
        ]),
      })
      .parse(stack(more).Rule).Targets[0];
  const repository = 'https://api.github.com/repos/your-org/your-repo';

  // The example of https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
  const event = {
    version: '0',
    id: '2ee9cc15-d022-99ea-1fb8-1b1bac4850f9',
    'detail-type': 'Object Deleted',
    source: 'aws.s3',
    account: '111122223333',
    time: '2021-11-12T00:00:00Z',
    region: 'ca-central-1',
    resources: ['arn:aws:s3:::amzn-s3-demo-bucket1'],
    detail: {
      version: '0',
      bucket: { name: 'amzn-s3-demo-bucket1' },
      object: {
        key: 'example-key',
        etag: 'd41d8cd98f00b204e9800998ecf8427e',
        'version-id': '1QW9g1Z99LUNbvaaYVpW9xDlOLU.qxgF',
        sequencer: '617f0837b476e463',
      },
      'request-id': '0BH729840619AG5K',
      requester: '123456789012',
      'source-ip-address': '1.2.3.4',
      reason: 'DeleteObject',
      'deletion-type': 'Delete Marker Created',
    },
  };

  test('repository_dispatch: hands the event over as it is, as an event that the workflow listens for', () => {
    const { Input, InputTransformer } = target();
    expect(Input).toBeUndefined();
    const body: unknown = JSON.parse(
      String(InputTransformer?.InputTemplate).replace('<aws.events.event.json>', JSON.stringify(event)),
    );
    const [type] = onDispatch?.on.repository_dispatch?.types ?? [];
    expect(body).toEqual({ event_type: type, client_payload: event });
    // https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
    expect(Object.keys(event).length).toBeLessThanOrEqual(10);
    expect(stack().Destination).toMatchObject({ HttpMethod: 'POST', InvocationEndpoint: `${repository}/dispatches` });
  });

  test('workflow_dispatch: starts the file that the page shows, with inputs that it has, and not dry', () => {
    const { Input, InputTransformer } = target({ Wake: 'workflow_dispatch' });
    expect(InputTransformer).toBeUndefined();
    const { ref, inputs } = z
      .strictObject({ ref: z.string(), inputs: z.record(z.string(), z.string()) })
      .parse(JSON.parse(String(Input)));
    expect({ ref, inputs }).toEqual({ ref: 'main', inputs: { 'dry-run': 'false' } });
    expect(Object.keys(onDispatch?.on.workflow_dispatch.inputs ?? {})).toEqual(Object.keys(inputs));
    expect(stack({ Wake: 'workflow_dispatch' }).Destination).toMatchObject({
      InvocationEndpoint: `${repository}/actions/workflows/bot-on-dispatch.yml/dispatches`,
    });
  });

  test('GitHub Enterprise Server', () => {
    expect(stack({ GitHubApi: 'https://github.example.com/api/v3' }).Destination).toMatchObject({
      InvocationEndpoint: 'https://github.example.com/api/v3/repos/your-org/your-repo/dispatches',
    });
  });

  test('a burst rings once a second, and for a minute at most', () => {
    expect(stack().Destination?.InvocationRateLimitPerSecond).toBe(1);
    expect(target().RetryPolicy.MaximumEventAgeInSeconds).toBe(60);
  });

  test('rings for delete markers that somebody made', () => {
    const detail = { 'deletion-type': ['Delete Marker Created'], reason: ['DeleteObject'] };
    const pattern = { source: ['aws.s3'], 'detail-type': ['Object Deleted'] };
    const bucket = { name: ['my-bucket'] };
    expect(stack().Rule?.EventPattern).toEqual({ ...pattern, detail: { bucket, ...detail } });
    expect(stack({ KeyPrefix: 'site/' }).Rule?.EventPattern).toEqual({
      ...pattern,
      detail: { bucket, object: { key: [{ prefix: 'site/' }] }, ...detail },
    });
  });

  test('its role calls this one address, for this rule', () => {
    const role = JSON.stringify(stack().Role);
    expect(role).toContain(`"aws:SourceArn":"arn:aws:events:${REGION}:${ACCOUNT}:rule/${stack().Rule?.Name}"`);
    expect(role.match(/"Action":"[^"]*"/g)).toEqual([
      '"Action":"sts:AssumeRole"',
      '"Action":"events:InvokeApiDestination"',
    ]);
    expect(role).toContain('"Resource":"arn:aws:AWS::Events::ApiDestination:Destination.Arn"');
  });

  test('the token is in no parameter: CloudFormation takes it out of the secret', () => {
    expect(stack().Connection).toMatchObject({
      AuthParameters: {
        ApiKeyAuthParameters: {
          ApiKeyName: 'Authorization',
          ApiKeyValue: `Bearer {{resolve:secretsmanager:${secret}:SecretString}}`,
        },
      },
    });
    // A new token is taken up only where something of the connection changes.
    expect(stack({ TokenNumber: '2' }).Connection).not.toEqual(stack().Connection);
  });
});

describe('the commands of the page', () => {
  const commands = fences('sh').flatMap((block) => block.replace(/\\\n/g, ' ').split('\n'));
  const deploys = commands.filter((command) => command.includes('cloudformation deploy'));

  test.each(deploys)('%s: parameters exist', (command) => {
    const template = command.includes('infra/dispatch.yaml') ? dispatchTemplate : queueTemplate;
    const [, overrides = ''] = command.split('--parameter-overrides');
    const given = [...overrides.matchAll(/(?<=\s)(\w+)=/g)].map((match) => match[1]);
    expect(given.length).toBeGreaterThan(0);
    expect(Object.keys(template.Parameters)).toEqual(expect.arrayContaining(given));
  });

  test('what the first one leaves out has a default', () => {
    const [first = ''] = deploys;
    const needed = Object.entries(queueTemplate.Parameters).filter(([, { Default }]) => Default === undefined);
    for (const [name] of needed) expect(first).toContain(` ${name}=`);
  });

  test('parameters that the text names exist', () => {
    const both = { ...queueTemplate.Parameters, ...dispatchTemplate.Parameters };
    const named = [...page.matchAll(/`([A-Z][A-Za-z]+)=[^`]*`/g)].map((match) => match[1]);
    expect(named.length).toBeGreaterThan(8);
    expect(Object.keys(both)).toEqual(expect.arrayContaining(named));
  });

  test('outputs that they ask for exist', () => {
    const named = [...page.matchAll(/OutputKey==`(\w+)`/g)].map((match) => match[1]);
    expect(named.length).toBeGreaterThan(0);
    expect(Object.keys(queueTemplate.Outputs)).toEqual(expect.arrayContaining(named));
  });

  test('a notification configuration is never written that was not read just before', () => {
    const about = commands.filter((command) => /(get|put)-bucket-notification-configuration/.test(command));
    expect(about.map((command) => (command.includes(' get-') ? 'get' : 'put'))).toEqual(['get', 'put', 'get', 'put']);
  });
});
