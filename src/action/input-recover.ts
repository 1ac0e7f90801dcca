import { resolve } from 'node:path';
import type { Intake, PolicyFile, RecoverRequest } from '../core/request.ts';
import type { Connection } from './input-connection.ts';
import { workspaceOf } from './input-files.ts';
import { type Env, type InputReader, quoted } from './input-reader.ts';

/** Where the bot's events come from, and its policy. With a problem the result means nothing. */
export function parseIntake(read: InputReader, env: Env): Pick<RecoverRequest, 'intake' | 'policyFile'> {
  const url = read.text('queue-url');
  // What toJSON() makes of a payload that is not there, as in a scheduled run of a workflow that has both triggers.
  const payload = read.text('event') === 'null' ? '' : read.text('event');
  if (url === '' && payload === '') {
    read.problem(
      'queue-url',
      'is missing, and event is not given either',
      'Give the URL of the queue that the events of the bucket flow into (docs/bot.md), or one event.',
    );
  }
  if (url !== '' && payload !== '') {
    read.problem(
      'event',
      'is given together with queue-url',
      'Leave out one of the two. Where both wake the workflow, drain the queue: the event is in it too.',
    );
  }
  const limits = {
    maxMessages: read.integer('max-messages', { min: 1, max: 100_000 }) ?? 10_000,
    seconds: read.integer('drain-seconds', { min: 1, max: 18_000 }) ?? 240,
    idlePolls: read.integer('idle-polls', { min: 1, max: 1000 }) ?? 2,
  };
  if (url !== '') checkQueueUrl(read, url);
  const intake: Intake = url === '' ? { kind: 'event', payload } : { kind: 'queue', url, limits };
  return { intake, policyFile: parsePolicyFile(read, env) };
}

function checkQueueUrl(read: InputReader, given: string): void {
  const shape =
    'Give the URL as SQS has it, such as https://sqs.eu-central-1.amazonaws.com/111122223333/my-site-events.';
  if (/^arn:/i.test(given)) {
    read.problem('queue-url', `${quoted(given)} is the ARN of the queue`, shape);
    return;
  }
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || !/^\/.*[^/]$/.test(url.pathname)) {
    read.problem('queue-url', `${quoted(given)} is not the URL of a queue`, shape);
  } else if (url.username !== '' || url.password !== '') {
    // The value is not shown: it holds a password.
    read.problem(
      'queue-url',
      'holds a user name or a password',
      'Leave them out: credentials come from the environment.',
    );
  } else if (url.pathname.endsWith('.fifo')) {
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
    read.problem(
      'queue-url',
      `${quoted(given)} is a FIFO queue, which S3 cannot send events to`,
      'Give a standard queue. The bot needs no order: it reads what is there.',
    );
  }
}

/** What the queue and the rest of the connection have against each other. */
export function checkQueue(read: InputReader, intake: Intake, { region, queueEndpointUrl }: Connection): void {
  if (intake.kind !== 'queue' || !URL.canParse(intake.url)) return;
  if (queueEndpointUrl !== undefined && !/^https?:\/\/[^/]/.test(URL.parse(queueEndpointUrl)?.href ?? '')) {
    read.problem(
      'queue-url',
      `${quoted(queueEndpointUrl)} (from AWS_ENDPOINT_URL_SQS or AWS_ENDPOINT_URL) is not an http or https URL`,
      'Correct the variable, or unset it: without it the queue is looked for where its URL points.',
    );
  }
  // S3 sends the events of a bucket to queues of its own region only.
  const own = regionOf(new URL(intake.url).hostname);
  if (own === undefined || region === '' || own === region) return;
  read.problem(
    'queue-url',
    `the queue is in ${quoted(own)}, and this run is in ${quoted(region)}`,
    `S3 sends events only to a queue in the region of the bucket. Correct queue-url, or set region: ${own}.`,
  );
}

/** https://docs.aws.amazon.com/general/latest/gr/sqs-service.html */
function regionOf(host: string): string | undefined {
  const match =
    /^sqs(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/i.exec(host) ??
    /^([a-z0-9-]+)\.queue\.amazonaws\.com$/i.exec(host);
  return match?.[1]?.toLowerCase();
}

function parsePolicyFile(read: InputReader, env: Env): PolicyFile {
  const given = read.text('policy-file');
  if (/[\0\n]/.test(given) || /[\\/]$/.test(given) || /^\w+:\/\//.test(given)) {
    read.problem(
      'policy-file',
      `${quoted(given)} is not the path of a file`,
      'Give the path of a YAML file in the workspace, such as .github/s3-rollback.yml.',
    );
  }
  return { path: resolve(workspaceOf(env), given), given, required: read.given('policy-file') };
}
