import type { BucketEvent } from '../core/event.ts';
import { readEventBridge } from './eventbridge.ts';
import { type Fields, fieldsIn, isFields, jsonOf, NotUnderstood, refused, shown, textIn, within } from './fields.ts';
import { readRecord } from './native.ts';

/** Empty for a test event, and only then. */
type Events = readonly BucketEvent[];

/** What S3 sends may come in an envelope of SNS, and either of both in a list as Lambda gets it. None in its own kind. */
interface Wrapping {
  readonly sns: boolean;
  readonly list: boolean;
}

const ANY: Wrapping = { sns: true, list: true };
const IN_A_LIST: Wrapping = { sns: true, list: false };
const IN_SNS: Wrapping = { sns: false, list: false };

/** Each form has one field that the others have not. */
const MARKS = ['Records', 'detail-type', 'Event', 'Type'] as const;

/** The events in a message, all of them. @throws NotUnderstood where one is not understood */
export function readMessage(body: string, wrapping = ANY): Events {
  const message = jsonOf(body);
  if (!isFields(message)) throw new NotUnderstood(`it is ${shown(message)}, not an object`);
  const [mark, ...more] = MARKS.filter((name) => message[name] !== undefined);
  if (more.length > 0) throw new NotUnderstood(`it is of two forms at once (${[mark, ...more].join(' and ')})`);
  switch (mark) {
    case 'Records':
      return readRecords(message[mark], wrapping);
    case 'detail-type':
      return [readEventBridge(message)];
    case 'Event':
      return readTest(message[mark]);
    case 'Type':
      if (!wrapping.sns) throw new NotUnderstood('it is a message of SNS in a message of SNS');
      return readNotification(message);
    default:
      throw new NotUnderstood(
        'it is no message of S3, SNS or EventBridge (no Records, no detail-type, no Event, no Type)',
      );
  }
}

function readRecords(records: unknown, wrapping: Wrapping): Events {
  if (!Array.isArray(records)) throw refused('Records', records, 'is not a list');
  if (records.length === 0) throw new NotUnderstood('Records is empty');
  return records.flatMap((record: unknown, i) => within(`record ${i + 1}`, () => readListed(record, wrapping)));
}

/**
 * A record of S3, or one of the lists in which SQS and SNS hand messages to Lambda.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
 */
function readListed(record: unknown, { list }: Wrapping): Events {
  if (!isFields(record)) throw new NotUnderstood(`it is ${shown(record)}, not an object`);
  const source = record.eventSource;
  if (list && source === 'aws:sqs') return within('body', () => readMessage(textIn(record, 'body'), IN_A_LIST));
  if (list && source === undefined && record.EventSource === 'aws:sns') {
    return readNotification(fieldsIn(record, 'Sns'));
  }
  return [readRecord(record)];
}

/**
 * Its signature is not checked: who may write to the queue is the queue's policy to say, and an event is only believed as to
 * where to look. https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html
 */
function readNotification(envelope: Fields): Events {
  const type = envelope.Type;
  if (type !== 'Notification') throw refused('Type', type, 'is no notification of SNS');
  return within('Message', () => readMessage(textIn(envelope, 'Message'), IN_SNS));
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
function readTest(event: unknown): Events {
  if (event === 's3:TestEvent') return [];
  throw refused('Event', event, 'is no event of S3');
}
