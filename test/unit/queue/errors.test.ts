import { describe, expect, test } from 'vitest';
import { answers, scene, sqsError } from './fake-sqs.ts';

const QUEUE = 'queue "deletions" (account 123456789012, region eu-west-1)';
const network = (code: string, message = `connect ${code}`) => Object.assign(new Error(message), { code });
const status = (httpStatusCode: number, name = 'Unknown') =>
  sqsError(name, 'UnknownError', { $metadata: { httpStatusCode } });

/** What comes out when a poll throws this. */
async function refusal(error: Error, url?: string) {
  const { fill } = scene(answers(error), url === undefined ? {} : { url });
  return fill().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

describe('why nothing can be received', () => {
  test.each<[string, Error, { code: string; message: string; hint: RegExp }]>([
    [
      'there is no such queue',
      sqsError('QueueDoesNotExist', 'The specified queue does not exist.', {
        Code: 'AWS.SimpleQueueService.NonExistentQueue',
      }),
      {
        code: 'queue-not-found',
        message: `${QUEUE} does not exist (input "queue-url")`,
        hint: /name, the account and the region in `queue-url`: "aws sqs list-queues --region eu-west-1"/,
      },
    ],
    [
      'the same, by its older name',
      sqsError('AWS.SimpleQueueService.NonExistentQueue'),
      { code: 'queue-not-found', message: `${QUEUE} does not exist (input "queue-url")`, hint: /list-queues/ },
    ],
    [
      'the same, by its older name beside a name that says nothing',
      sqsError('Error', 'x', { Code: 'AWS.SimpleQueueService.NonExistentQueue' }),
      { code: 'queue-not-found', message: `${QUEUE} does not exist (input "queue-url")`, hint: /list-queues/ },
    ],
    [
      'the role may not',
      sqsError('AccessDenied', 'not authorized to perform: sqs:receivemessage'),
      {
        code: 'queue-access-denied',
        message: `not allowed to receive messages from ${QUEUE}: not authorized to perform: sqs:receivemessage`,
        hint: /^The role needs sqs:ReceiveMessage on the queue\..*policy of the queue.*KMS key/,
      },
    ],
    [
      'the role may not, in the words of another front',
      sqsError('AccessDeniedException'),
      {
        code: 'queue-access-denied',
        message: `not allowed to receive messages from ${QUEUE}: no`,
        hint: /sqs:ReceiveMessage/,
      },
    ],
    [
      'a proxy says no',
      status(403),
      {
        code: 'queue-access-denied',
        message: `not allowed to receive messages from ${QUEUE}: UnknownError`,
        hint: /sqs:Rec/,
      },
    ],
    ...[
      'KmsAccessDenied',
      'KmsDisabled',
      'KmsInvalidState',
      'KmsInvalidKeyUsage',
      'KmsNotFound',
      'KmsOptInRequired',
    ].map(
      (name) =>
        [
          `the key of the queue: ${name}`,
          sqsError(name),
          {
            code: 'queue-key-access-denied',
            message: `not allowed to use the KMS key of ${QUEUE}: ${name}: no`,
            hint: /kms:Decrypt/,
          },
        ] as [string, Error, { code: string; message: string; hint: RegExp }],
    ),
    [
      'the key of the queue, by its older name',
      sqsError('KMS.AccessDeniedException'),
      {
        code: 'queue-key-access-denied',
        message: `not allowed to use the KMS key of ${QUEUE}: KmsAccessDenied: no`,
        hint: /kms:Decrypt on the key/,
      },
    ],
    [
      'the key of the queue, in the words only',
      sqsError('AccessDenied', 'not authorized to perform: kms:Decrypt on resource x'),
      {
        code: 'queue-key-access-denied',
        message: `not allowed to use the KMS key of ${QUEUE}: AccessDenied: not authorized to perform: kms:Decrypt on resource x`,
        hint: /kms:Decrypt on the key/,
      },
    ],
    [
      'the key service is busy',
      sqsError('KmsThrottled', 'slow down'),
      { code: 'KmsThrottled', message: `${QUEUE}: slow down`, hint: /Run it again/ },
    ],
    [
      'the account cannot be',
      sqsError('InvalidAddress', 'The address 1 is not valid'),
      { code: 'InvalidAddress', message: `${QUEUE}: The address 1 is not valid`, hint: /account in `queue-url`/ },
    ],
    [
      'no credentials',
      Object.assign(new Error('Could not load credentials from any providers'), { name: 'CredentialsProviderError' }),
      {
        code: 'no-credentials',
        message: 'Could not load credentials from any providers',
        hint: /configure-aws-credentials before this step.*id-token: write/,
      },
    ],
    [
      'credentials of before',
      sqsError('ExpiredToken'),
      { code: 'ExpiredToken', message: `${QUEUE}: no`, hint: /ran out/ },
    ],
    [
      'credentials of before, elsewhere',
      sqsError('ExpiredTokenException'),
      { code: 'ExpiredTokenException', message: `${QUEUE}: no`, hint: /role-duration-seconds/ },
    ],
    ...[
      'InvalidClientTokenId',
      'UnrecognizedClientException',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
    ].map(
      (name) =>
        [
          `credentials that are none: ${name}`,
          sqsError(name),
          {
            code: name,
            message: `${QUEUE}: no`,
            hint: /^Check the credentials that aws-actions\/configure-aws-credentials set/,
          },
        ] as [string, Error, { code: string; message: string; hint: RegExp }],
    ),
    [
      'without TLS',
      sqsError('InvalidSecurity'),
      { code: 'InvalidSecurity', message: `${QUEUE}: no`, hint: /must begin with https:/ },
    ],
    ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'ETIMEDOUT', 'ERR_TLS_CERT_ALTNAME_INVALID'].map(
      (code) =>
        [
          `the network: ${code}`,
          network(code),
          {
            code: 'queue-unreachable',
            message: `no answer from https://sqs.eu-west-1.amazonaws.com about ${QUEUE}: ${code}: connect ${code} (input "queue-url")`,
            hint: /host in `queue-url` .*AWS_ENDPOINT_URL_SQS/,
          },
        ] as [string, Error, { code: string; message: string; hint: RegExp }],
    ),
    [
      'the network, without words',
      network('ECONNREFUSED', ''),
      {
        code: 'queue-unreachable',
        message: `no answer from https://sqs.eu-west-1.amazonaws.com about ${QUEUE}: ECONNREFUSED: ECONNREFUSED (input "queue-url")`,
        hint: /network of the runner/,
      },
    ],
    [
      'the network hangs up, in words',
      new Error('socket hang up'),
      {
        code: 'queue-unreachable',
        message: `no answer from https://sqs.eu-west-1.amazonaws.com about ${QUEUE}: ECONNRESET: socket hang up (input "queue-url")`,
        hint: /network/,
      },
    ],
    [
      'a message that was damaged on its way',
      new Error('Invalid MD5 checksum on messages: m0'),
      {
        code: 'queue-message-damaged',
        message: `a message of ${QUEUE} is not what was sent: Invalid MD5 checksum on messages: m0`,
        hint: /MD5/,
      },
    ],
    [
      'SQS fails',
      status(500, 'InternalFailure'),
      { code: 'InternalFailure', message: `${QUEUE}: UnknownError`, hint: /Run it again/ },
    ],
    ['a gateway fails', status(502), { code: 'HTTP502', message: `${QUEUE}: UnknownError`, hint: /Run it again/ }],
    [
      'too many requests',
      status(429, 'RequestThrottled'),
      { code: 'RequestThrottled', message: `${QUEUE}: UnknownError`, hint: /again/ },
    ],
    [
      'it is no queue at all',
      sqsError('InvalidAction'),
      { code: 'InvalidAction', message: `${QUEUE}: no`, hint: /must be the URL of an SQS queue/ },
    ],
    [
      'anything else',
      sqsError('InvalidParameterValue'),
      { code: 'InvalidParameterValue', message: `${QUEUE}: no`, hint: /not its name or ARN/ },
    ],
    ['a fault of ours', new Error('x'), { code: 'Error', message: `${QUEUE}: x`, hint: /queue-url/ }],
  ])('%s', async (_, error, { code, message, hint }) => {
    expect(await refusal(error)).toMatchObject({
      name: 'RollbackError',
      code,
      message,
      hint: expect.stringMatching(hint),
      cause: error,
    });
  });

  test('a page of a proxy is cut', async () => {
    expect(await refusal(sqsError('InvalidAction', 'x'.repeat(100_000)))).toMatchObject({
      message: expect.stringMatching(/^.{2000}$/),
    });
  });
});

describe('what the URL of the queue tells', () => {
  test.each([
    ['https://sqs.eu-west-1.amazonaws.com/123456789012/deletions', QUEUE],
    [
      'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/a.fifo',
      'queue "a.fifo" (account 123456789012, region cn-north-1)',
    ],
    [
      'https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/a',
      'queue "a" (account 123456789012, region us-gov-west-1)',
    ],
    ['https://eu-west-1.queue.amazonaws.com/123456789012/a', 'queue "a" (account 123456789012, region eu-west-1)'],
    ['https://queue.amazonaws.com/123456789012/a', 'queue "a" (account 123456789012)'],
    [
      'https://vpce-1.sqs.us-east-1.vpce.amazonaws.com/123456789012/a',
      'queue "a" (account 123456789012, region us-east-1)',
    ],
    ['http://localhost:4566/000000000000/a', 'queue "a" (account 000000000000)'],
    ['http://localhost:9324/queue/a', 'queue "a"'],
    ['http://localhost:9324/a', 'queue "a"'],
    ['http://localhost:9324/', 'queue "http://localhost:9324/"'],
    ['not a URL', 'queue "not a URL"'],
  ])('%s', async (url, name) => {
    expect(await refusal(sqsError('QueueDoesNotExist'), url)).toMatchObject({
      message: `${name} does not exist (input "queue-url")`,
    });
  });
});

describe('a queue in another region than the input `region`', () => {
  const elsewhere = 'https://sqs.us-east-1.amazonaws.com/123456789012/a';
  const mend = 'The queue is in us-east-1 by its URL, and the requests are signed for eu-west-1: set `region`.';

  test.each(['QueueDoesNotExist', 'SignatureDoesNotMatch', 'InvalidClientTokenId'])('%s says so', async (name) => {
    expect(await refusal(sqsError(name), elsewhere)).toMatchObject({ hint: expect.stringContaining(mend) });
  });

  test.each([
    ['they are the same', undefined],
    ['the URL does not say', 'http://localhost:9324/queue/a'],
  ])('not where %s', async (_, url) => {
    expect(await refusal(sqsError('SignatureDoesNotMatch'), url)).toMatchObject({
      hint: expect.not.stringContaining('signed for'),
    });
  });
});
