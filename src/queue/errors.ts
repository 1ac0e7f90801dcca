import { shorten } from '../core/text.ts';
import { describePlace, type Place } from './place.ts';
import type { Sort, Trouble } from './trouble.ts';

/** The IAM action that a request needs. The batch requests have none of their own. */
export type Action = 'sqs:ReceiveMessage' | 'sqs:DeleteMessage' | 'sqs:ChangeMessageVisibility';

/** What is wrong, as `Queue.problems` tells it. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Where requests go, and what for. */
export interface Asked {
  readonly action: Action;
  readonly place: Place;
  /** Where the client sends it: the origin. */
  readonly endpoint: string;
  /** For which the client signs. */
  readonly region: string;
}

const DOING: Readonly<Record<Action, string>> = {
  'sqs:ReceiveMessage': 'receive messages from',
  'sqs:DeleteMessage': 'delete messages from',
  'sqs:ChangeMessageVisibility': 'change the visibility of messages in',
};

const NO_CREDENTIALS =
  'No AWS credentials were found: run aws-actions/configure-aws-credentials before this step, and give the job ' +
  '`permissions: id-token: write`.';
const RENEW =
  'The credentials ran out: a longer role-duration-seconds in aws-actions/configure-aws-credentials, then run it again.';
const WRONG_CREDENTIALS =
  'Check the credentials that aws-actions/configure-aws-credentials set, and that they belong to the partition of the queue.';

const CODES: Readonly<Partial<Record<Sort, string>>> = {
  'not-found': 'queue-not-found',
  denied: 'queue-access-denied',
  key: 'queue-key-access-denied',
  'no-credentials': 'no-credentials',
  unreachable: 'queue-unreachable',
  'over-limit': 'queue-over-limit',
  damaged: 'queue-message-damaged',
};

/** SQS's messages are a sentence or two; whatever else answers in its place may send a page. */
const MAX_MESSAGE = 2000;

/** What went wrong, with the mend: what a person can do about it, naming the input, the IAM action or the endpoint. */
export function problemOf(asked: Asked, trouble: Trouble): Problem {
  const code = CODES[trouble.sort] ?? trouble.code;
  return { code, message: shorten(messageOf(asked, trouble), MAX_MESSAGE), hint: hintOf(asked, trouble) };
}

function messageOf({ action, place, endpoint }: Asked, { code, message, sort }: Trouble): string {
  const queue = describePlace(place);
  switch (sort) {
    case 'not-found':
      return `${queue} does not exist (input "queue-url")`;
    case 'denied':
      return `not allowed to ${DOING[action]} ${queue}: ${message}`;
    case 'key':
      return `not allowed to use the KMS key of ${queue}: ${code}: ${message}`;
    case 'no-credentials':
      return message;
    case 'unreachable':
      return `no answer from ${endpoint} about ${queue}: ${code}: ${message} (input "queue-url")`;
    case 'over-limit':
      return `${queue} has as many messages in flight as SQS allows: ${message}`;
    case 'damaged':
      return `a message of ${queue} is not what was sent: ${message}`;
    default:
      return `${queue}: ${message}`;
  }
}

function hintOf(asked: Asked, { code, message, sort }: Trouble): string {
  const { action, place } = asked;
  switch (sort) {
    case 'not-found': {
      const where = place.region ?? asked.region;
      return (
        `Check the name, the account and the region in \`queue-url\`: "aws sqs list-queues --region ${where}" lists the ` +
        `queues of an account. A role that may not use a queue of another account is told the same.${elsewhere(asked)}`
      );
    }
    case 'denied':
      return (
        `The role needs ${action} on the queue. If it has that, the policy of the queue or of the organisation may deny ` +
        'it; a queue of another account must also allow it in its policy, and a KMS key of its own in the policy of the key.'
      );
    case 'key':
      return 'The role needs kms:Decrypt on the key of the queue, the policy of the key must allow it, and the key must be enabled.';
    case 'no-credentials':
      return NO_CREDENTIALS;
    case 'credentials':
      if (/^Expired|Expired$/.test(code)) return RENEW;
      return code === 'InvalidSecurity'
        ? 'SQS takes requests over HTTPS only: `queue-url` must begin with https://.'
        : `${WRONG_CREDENTIALS}${elsewhere(asked)}`;
    case 'unreachable':
      return (
        'Check the host in `queue-url` (AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL, where set, come before it), and the ' +
        'network of the runner.'
      );
    case 'over-limit':
      return (
        'Messages of earlier runs, or of other consumers, have not come back yet: wait until their visibility ends, and ' +
        'see that only one consumer reads this queue.'
      );
    case 'damaged':
      return 'Its MD5 is wrong. It comes again; if it stays so, look at it with "aws sqs receive-message" and delete it.';
    case 'passing':
      return 'SQS failed repeatedly. Run it again: what is done stays done.';
    case 'other':
      return other(code, message);
  }
}

function other(code: string, message: string): string {
  if (code === 'InvalidAddress') {
    return 'Check the account in `queue-url`: https://sqs.<region>.amazonaws.com/<account>/<name>.';
  }
  if (code === 'InvalidAction' || code === 'UnsupportedOperation' || /not (implemented|supported)/i.test(message)) {
    return 'This server does not know the operation: `queue-url` must be the URL of an SQS queue.';
  }
  return 'Check that the input `queue-url` is the URL of an SQS queue, not its name or ARN.';
}

/** A signature is for one region, and a queue in another does not take it. */
function elsewhere({ place, region }: Asked): string {
  if (place.region === undefined || place.region === region) return '';
  return ` The queue is in ${place.region} by its URL, and the requests are signed for ${region}: set \`region\`.`;
}

/** Single messages of a batch that the queue would not delete, by one code of SQS. */
export function notDeleted(place: Place, { code, message, final }: Refused): Problem {
  return {
    code: 'queue-delete-failed',
    message: shorten(`SQS did not delete a message of ${describePlace(place)}: ${code}: ${message}`, MAX_MESSAGE),
    hint: final
      ? 'Its receipt handle is worth nothing any more: another consumer of the queue may have received it. It comes ' +
        'again, or was deleted there. See that only one consumer reads this queue.'
      : 'SQS failed repeatedly. The message comes again, and is found to be done then.',
  };
}

interface Refused {
  readonly code: string;
  readonly message: string;
  readonly final: boolean;
}
