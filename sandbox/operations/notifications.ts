import { randomUUID } from 'node:crypto';
import { isEventType } from '../events/names.ts';
import { type FilterRule, overlap, type QueueNotification } from '../events/notifications.ts';
import type { BucketHandler, Context } from '../http/context.ts';
import { empty, errors, S3Error, xml } from '../http/reply.ts';
import { child, childText, element, NAMESPACE, type XmlElement } from '../http/xml.ts';
import { documentOf } from './bucket-configuration.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html */
export const getBucketNotificationConfiguration: BucketHandler = (_request, { notifications }) => {
  const queues = notifications.queues.map(({ id, queue, events, rules }) => {
    const types = events.map((type) => element('Event', type));
    return `<QueueConfiguration>${element('Id', id)}${element('Queue', queue)}${types.join('')}${filterXml(rules)}</QueueConfiguration>`;
  });
  const bridge = notifications.eventBridge ? '<EventBridgeConfiguration/>' : '';
  return xml(`<NotificationConfiguration ${NAMESPACE}>${queues.join('')}${bridge}</NotificationConfiguration>`);
};

/**
 * What is there is replaced, by nothing too. Each queue hears that it is one now.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
 */
export const putBucketNotificationConfiguration: BucketHandler = async (request, bucket, context) => {
  const document = documentOf(request, 'NotificationConfiguration');
  const queues: QueueNotification[] = [];
  for (const part of document.children) {
    if (part.name === 'QueueConfiguration') queues.push(queueOf(part));
    else if (part.name !== 'EventBridgeConfiguration') throw notHere(part.name);
  }
  checkTogether(queues, context);
  const arns = [...new Set(queues.map(({ queue }) => queue))];
  const skip = request.headers['x-amz-skip-destination-validation']?.toLowerCase() === 'true';
  if (!skip) await checkQueues(arns, context);

  bucket.notifications = { queues, eventBridge: child(document, 'EventBridgeConfiguration') !== undefined };
  if (!skip) context.events.enabled(request, bucket, arns);
  return empty(200);
};

function queueOf(part: XmlElement): QueueNotification {
  const queue = childText(part, 'Queue')?.trim() ?? '';
  if (!/^arn:[\w-]+:sqs:[\w-]+:\d{12}:[\w-]+(\.fifo)?$/.test(queue)) {
    throw errors.invalidArgument('The ARN could not be parsed', 'Queue', queue);
  }
  const events = part.children.filter(({ name }) => name === 'Event').map(({ text }) => text);
  if (events.length === 0) throw errors.malformedXml();
  const strange = events.find((type) => !isEventType(type));
  if (strange !== undefined) {
    throw errors.invalidArgument('The event is not supported for notifications', 'Event', strange);
  }
  // Ids that S3 makes up are a UUID in base64.
  const id = childText(part, 'Id') || Buffer.from(randomUUID()).toString('base64');
  return { id, queue, events, rules: rulesOf(part) };
}

function rulesOf(part: XmlElement): FilterRule[] {
  const rules = child(child(part, 'Filter'), 'S3Key')?.children ?? [];
  const found = rules.map((rule): FilterRule => {
    const given = childText(rule, 'Name') ?? '';
    const value = childText(rule, 'Value') ?? '';
    const name = (['Prefix', 'Suffix'] as const).find((one) => one.toLowerCase() === given.toLowerCase());
    if (name !== undefined) return { name, value };
    const message = 'filter rule name must be either prefix or suffix';
    throw errors.invalidArgument(message, 'FilterRule.Name', given);
  });
  const twice = found.find((rule, index) => found.some((other, at) => at < index && other.name === rule.name));
  if (twice === undefined) return found;
  const message = `Cannot specify more than one ${twice.name.toLowerCase()} rule in a filter.`;
  throw errors.invalidArgument(message, 'FilterRule', 'filter-value');
}

/** Only queues that S3 itself would serve must not overlap: behind EventBridge or a topic there may be many. */
function checkTogether(queues: readonly QueueNotification[], { events }: Context): void {
  const direct = queues.filter(({ queue }) => events.formOf(queue) === 'native');
  for (const [index, one] of direct.entries()) {
    if (!direct.slice(0, index).some((other) => overlap(one, other))) continue;
    throw errors.invalidArgument(
      'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.',
      'Queue',
      one.queue,
    );
  }
  if (new Set(queues.map(({ id }) => id)).size < queues.length) {
    const message = 'Same ID used for multiple configurations. IDs must be unique';
    throw new S3Error(400, 'InvalidArgument', message);
  }
}

async function checkQueues(arns: readonly string[], { events }: Context): Promise<void> {
  const there = await Promise.all(arns.map((arn) => events.hasQueue(arn)));
  const missing = arns.filter((_, index) => !there[index]);
  if (missing.length === 0) return;
  const details: Record<string, string> = {};
  for (const [index, arn] of missing.entries()) {
    details[`ArgumentName${index + 1}`] = arn;
    details[`ArgumentValue${index + 1}`] = 'The destination queue does not exist';
  }
  const message = 'Unable to validate the following destination configurations';
  throw new S3Error(400, 'InvalidArgument', message, details);
}

function filterXml(rules: readonly FilterRule[]): string {
  if (rules.length === 0) return '';
  const list = rules.map(
    ({ name, value }) => `<FilterRule>${element('Name', name)}${element('Value', value)}</FilterRule>`,
  );
  return `<Filter><S3Key>${list.join('')}</S3Key></Filter>`;
}

function notHere(part: string): S3Error {
  return new S3Error(501, 'NotImplemented', `The sandbox sends events to queues only: ${part} is not in it.`);
}
