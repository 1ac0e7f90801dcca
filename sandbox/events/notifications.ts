import { covers, type EventName } from './names.ts';

/** What a bucket is to send where: https://docs.aws.amazon.com/AmazonS3/latest/API/API_NotificationConfiguration.html */
export interface Notifications {
  readonly queues: readonly QueueNotification[];
  /** Kept and told, nothing more: the sandbox has no event bus. */
  readonly eventBridge: boolean;
}

export interface QueueNotification {
  readonly id: string;
  /** ARN. */
  readonly queue: string;
  /** `s3:ObjectRemoved:*`, `s3:ObjectCreated:Put`, … */
  readonly events: readonly string[];
  readonly rules: readonly FilterRule[];
}

export interface FilterRule {
  readonly name: 'Prefix' | 'Suffix';
  /** As given, URL-encoded. */
  readonly value: string;
}

export const NO_NOTIFICATIONS: Notifications = Object.freeze({ queues: [], eventBridge: false });

/** Is this to be sent? `key` as it stands in the event, encoded. */
export function wants({ events, rules }: QueueNotification, name: EventName, key: string): boolean {
  if (!events.some((type) => covers(type, `s3:${name}`))) return false;
  return rules.every((rule) => {
    const value = canonical(rule.value);
    return rule.name === 'Prefix' ? key.startsWith(value) : key.endsWith(value);
  });
}

/**
 * Would both send the same event of some key? S3 takes no such configuration.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 */
export function overlap(a: QueueNotification, b: QueueNotification): boolean {
  const sameEvent = a.events.some((one) => b.events.some((other) => covers(one, other) || covers(other, one)));
  const [prefixA, prefixB] = [valueIn(a, 'Prefix'), valueIn(b, 'Prefix')];
  const [suffixA, suffixB] = [valueIn(a, 'Suffix'), valueIn(b, 'Suffix')];
  const prefixes = prefixA.startsWith(prefixB) || prefixB.startsWith(prefixA);
  return sameEvent && prefixes && (suffixA.endsWith(suffixB) || suffixB.endsWith(suffixA));
}

function valueIn({ rules }: QueueNotification, name: FilterRule['name']): string {
  return canonical(rules.find((rule) => rule.name === name)?.value ?? '');
}

/**
 * S3 compares a filter with the key in its encoded form, so `year=2026/` matches nothing and `year%3D2026/` does.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 */
function canonical(value: string): string {
  return value.replace(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase()).replaceAll('%20', '+');
}
