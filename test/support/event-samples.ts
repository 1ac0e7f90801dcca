/**
 * One real message of each form, with where it comes from. What the AWS pages show is taken as it stands there. The records
 * of versioned buckets are what AWS was recorded to send by the tests of LocalStack, in January 2025; there, whatever varies
 * was replaced by placeholders (`<region>`, "date", "sequencer", …), which are filled with plausible values here.
 */

const USER_GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';
const STRUCTURE = `${USER_GUIDE}/notification-content-structure.html`;
const LIFECYCLE = `${USER_GUIDE}/lifecycle-configure-notification.html`;
const EVENTBRIDGE = `${USER_GUIDE}/ev-events.html`;
const RECORDED =
  'https://github.com/localstack/localstack/blob/8b9a79f/tests/aws/services/s3/test_s3_notifications_sqs.snapshot.json';
const CEPH = 'https://www.ibm.com/docs/en/storage-ceph/9.9.1?topic=notifications-event-record';
const SNS = 'https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html';
const LAMBDA_SQS = 'https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html';
const LAMBDA_SNS = 'https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html';

/** Plain JSON, for tests to change a part of. */
export type Json = Record<string, unknown>;

/** A record as AWS was recorded to send it, with its fields in place of the placeholders. */
export function nativeRecord(eventName: string, object: Json, changes: Json = {}): Json {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'eu-central-1',
    eventTime: '2025-01-21T23:23:51.402Z',
    eventName,
    userIdentity: { principalId: 'AWS:AROAEXAMPLEEXAMPLE123:deploy-job' },
    requestParameters: { sourceIPAddress: '203.0.113.7' },
    responseElements: {
      'x-amz-request-id': 'C3D13FE58DE4C810',
      'x-amz-id-2': 'FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD',
    },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'undelete',
      bucket: {
        name: 'my-site',
        ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
        arn: 'arn:aws:s3:::my-site',
      },
      object,
    },
    ...changes,
  };
}

export const MARKER = nativeRecord('ObjectRemoved:DeleteMarkerCreated', {
  key: 'test-key',
  eTag: 'd41d8cd98f00b204e9800998ecf8427e',
  versionId: 'wzLOGlBsRlR8EsM3sJEBmRSfE1xoTn9w',
  sequencer: '0067902B674A1C3E5F',
});

/** The page's example, about another event. */
const PUT_ON_THE_PAGE: Json = {
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-west-2',
      eventTime: '1970-01-01T00:00:00.000Z',
      eventName: 'ObjectCreated:Put',
      userIdentity: { principalId: 'AIDAJDPLRKLG7UEXAMPLE' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: {
        'x-amz-request-id': 'C3D13FE58DE4C810',
        'x-amz-id-2': 'FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD',
      },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'testConfigRule',
        bucket: {
          name: 'mybucket',
          ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
          arn: 'arn:aws:s3:::mybucket',
        },
        object: {
          key: 'HappyFace.jpg',
          size: 1024,
          eTag: 'd41d8cd98f00b204e9800998ecf8427e',
          versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
          sequencer: '0055AED6DCD90281E5',
        },
      },
    },
  ],
};

export const TEST_EVENT: Json = {
  Service: 'Amazon S3',
  Event: 's3:TestEvent',
  Time: '2014-10-13T15:57:02.089Z',
  Bucket: 'bucketname',
  RequestId: '5582815E1AEA5ADF',
  HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE',
};

/** The page's envelope of an event, with its detail. */
export function eventBridge(type: string, id: string, detail: Json): Json {
  return {
    version: '0',
    id,
    'detail-type': type,
    source: 'aws.s3',
    account: '111122223333',
    time: '2021-11-12T00:00:00Z',
    region: 'ca-central-1',
    resources: ['arn:aws:s3:::amzn-s3-demo-bucket1'],
    detail: { version: '0', 'event-version': '1.0', bucket: { name: 'amzn-s3-demo-bucket1' }, ...detail },
  };
}

export const EVENTBRIDGE_MARKER = eventBridge('Object Deleted', '2ee9cc15-d022-99ea-1fb8-1b1bac4850f9', {
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
});

export const EVENTBRIDGE_CREATED = eventBridge('Object Created', '17793124-05d4-b198-2fde-7ededc63b103', {
  object: {
    key: 'example-key',
    size: 5,
    etag: 'b1946ac92492d2347c6235b4d2611184',
    'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
    sequencer: '617f08299329d189',
  },
  'request-id': 'N4N7GDK58NMKJ12R',
  requester: '123456789012',
  'source-ip-address': '1.2.3.4',
  reason: 'PutObject',
});

/** As on the page, with another message in it. */
export function inSns(message: unknown): Json {
  return {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: 'arn:aws:sns:us-west-2:123456789012:MyTopic',
    Subject: 'Amazon S3 Notification',
    Message: JSON.stringify(message),
    Timestamp: '2012-05-02T00:54:06.655Z',
    SignatureVersion: '1',
    Signature: 'EXAMPLEw6JRN',
    SigningCertURL:
      'https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem',
    UnsubscribeURL: 'https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe',
  };
}

/** As Lambda gets messages of a queue. */
export function fromSqs(...bodies: readonly unknown[]): Json {
  return {
    Records: bodies.map((body) => ({
      messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
      receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
      body: JSON.stringify(body),
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1545082649183' },
      messageAttributes: {},
      md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:my-queue',
      awsRegion: 'us-east-2',
    })),
  };
}

/** As Lambda gets messages of a topic. */
export function fromSns(...messages: readonly unknown[]): Json {
  return {
    Records: messages.map((message) => ({
      EventVersion: '1.0',
      EventSubscriptionArn: 'arn:aws:sns:us-east-1:123456789012:sns-lambda:21be56ed-a058-49f5-8c98-aedd2564c486',
      EventSource: 'aws:sns',
      Sns: inSns(message),
    })),
  };
}

export interface Sample {
  readonly name: string;
  readonly url: string;
  readonly message: Json;
}

export const SAMPLES: readonly Sample[] = [
  { name: 'a PUT', url: STRUCTURE, message: PUT_ON_THE_PAGE },
  { name: 'the test event', url: STRUCTURE, message: TEST_EVENT },
  { name: 'a delete marker', url: RECORDED, message: { Records: [MARKER] } },
  {
    name: 'a version deleted for good',
    url: RECORDED,
    message: {
      Records: [
        nativeRecord('ObjectRemoved:Delete', {
          key: 'test-key',
          versionId: 'Ih6q2jQNwLvsjIYp7QNbdFTYyu8bGOeU',
          sequencer: '0067902B6752D80C11',
        }),
      ],
    },
  },
  {
    name: 'a PUT where versioning is suspended',
    url: RECORDED,
    message: {
      Records: [
        nativeRecord('ObjectCreated:Put', {
          key: 'test-key',
          size: 13,
          eTag: '2fb1d4988881168bbcd6432d7593be5a',
          sequencer: '0067902B68AB12CD34',
        }),
      ],
    },
  },
  {
    name: 'a copy',
    url: RECORDED,
    message: {
      Records: [
        nativeRecord('ObjectCreated:Copy', {
          key: 'a%40b',
          size: 9,
          eTag: '437b930db84b8079c2dd804a71936b5f',
          sequencer: '0067902B69AB12CD34',
        }),
      ],
    },
  },
  {
    name: 'tags, without a sequencer',
    url: RECORDED,
    message: {
      Records: [
        nativeRecord(
          'ObjectTagging:Put',
          { key: 'my_key', eTag: 'f3e6da48d914f3f04f6bd9cb092c044d' },
          { eventVersion: '2.3' },
        ),
      ],
    },
  },
  {
    name: 'two records in one message',
    url: RECORDED,
    message: {
      Records: [
        nativeRecord('ObjectCreated:CompleteMultipartUpload', {
          key: 'test-key',
          size: 6144,
          eTag: '8eabe9d6b43316e840b079170916c079-1',
          versionId: 'Ih6q2jQNwLvsjIYp7QNbdFTYyu8bGOeU',
          sequencer: '0067902B60AB12CD34',
        }),
        MARKER,
      ],
    },
  },
  {
    // The page shows LifecycleExpiration:Delete; the name is replaced.
    name: 'a delete marker of a lifecycle rule',
    url: LIFECYCLE,
    message: {
      Records: [
        nativeRecord(
          'LifecycleExpiration:DeleteMarkerCreated',
          {
            key: 'expiration/delete',
            sequencer: '0055AED6DCD90281E5',
            versionId: '5ROTzBlxF4LvBuJXH0TZOJ2qnTTYR0Xz',
          },
          {
            eventVersion: '2.3',
            userIdentity: { principalId: 's3.amazonaws.com' },
            requestParameters: { sourceIPAddress: 's3.amazonaws.com' },
            lifecycleEventData: { transitionEventData: { destinationStorageClass: 'GLACIER' } },
          },
        ),
      ],
    },
  },
  {
    name: 'Ceph: an empty version id, a size as text, microseconds',
    url: CEPH,
    message: {
      Records: [
        {
          eventVersion: '2.1',
          eventSource: 'ceph:s3',
          awsRegion: 'us-east-1',
          eventTime: '2019-11-22T13:47:35.124724Z',
          eventName: 'ObjectCreated:Put',
          userIdentity: { principalId: 'tester' },
          requestParameters: { sourceIPAddress: '' },
          responseElements: {
            'x-amz-request-id': '503a4c37-85eb-47cd-8681-2817e80b4281.5330.903595',
            'x-amz-id-2': '14d2-zone1-zonegroup1',
          },
          s3: {
            s3SchemaVersion: '1.0',
            configurationId: 'mynotif1',
            bucket: {
              name: 'mybucket1',
              ownerIdentity: { principalId: 'tester' },
              arn: 'arn:aws:s3:us-east-1::mybucket1',
              id: '503a4c37-85eb-47cd-8681-2817e80b4281.5332.38',
            },
            object: {
              key: 'myimage1.jpg',
              size: '1024',
              eTag: '37b51d194a7513e45b56f6524f2d51f2',
              versionId: '',
              sequencer: 'F7E6D75DC742D108',
              metadata: [],
              tags: [],
            },
          },
          eventId: '',
          opaqueData: 'me@example.com',
        },
      ],
    },
  },
  { name: 'EventBridge: created', url: EVENTBRIDGE, message: EVENTBRIDGE_CREATED },
  {
    // The page's example is of PutObject; the reason is replaced by another that the page names.
    name: 'EventBridge: copied',
    url: EVENTBRIDGE,
    message: {
      ...EVENTBRIDGE_CREATED,
      detail: { ...Object(EVENTBRIDGE_CREATED.detail), reason: 'CopyObject' },
    },
  },
  { name: 'EventBridge: a delete marker', url: EVENTBRIDGE, message: EVENTBRIDGE_MARKER },
  {
    name: 'EventBridge: a delete marker of a lifecycle rule',
    url: EVENTBRIDGE,
    message: eventBridge('Object Deleted', 'ad1de317-e409-eba2-9552-30113f8d88e3', {
      object: {
        key: 'example-key',
        etag: 'd41d8cd98f00b204e9800998ecf8427e',
        'version-id': 'mtB0cV.jejK63XkRNceanNMC.qXPWLeK',
        sequencer: '617b398000000000',
      },
      'request-id': '20EB74C14654DC47',
      requester: 's3.amazonaws.com',
      reason: 'Lifecycle Expiration',
      'deletion-type': 'Delete Marker Created',
    }),
  },
  {
    name: 'EventBridge: a restore is done, no sequencer',
    url: EVENTBRIDGE,
    message: eventBridge('Object Restore Completed', '6924de0d-13e2-6bbf-c0c1-b903b753565e', {
      object: {
        key: 'example-key',
        size: 5,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        'version-id': 'KKsjUC1.6gIjqtvhfg5AdMI0eCePIiT3',
      },
      'request-id': '189F19CB7FB1B6A4',
      requester: 's3.amazonaws.com',
      'restore-expiry-time': '2021-11-13T00:00:00Z',
      'source-storage-class': 'GLACIER',
    }),
  },
  { name: 'SNS: a delete marker', url: SNS, message: inSns({ Records: [MARKER] }) },
  { name: 'SNS: an event of EventBridge', url: SNS, message: inSns(EVENTBRIDGE_MARKER) },
  { name: 'SNS: the test event', url: SNS, message: inSns(TEST_EVENT) },
  { name: 'Lambda: from a queue', url: LAMBDA_SQS, message: fromSqs({ Records: [MARKER] }, EVENTBRIDGE_CREATED) },
  { name: 'Lambda: from a topic', url: LAMBDA_SNS, message: fromSns({ Records: [MARKER] }) },
  { name: 'Lambda: from a queue of a topic', url: LAMBDA_SQS, message: fromSqs(inSns({ Records: [MARKER] })) },
];
