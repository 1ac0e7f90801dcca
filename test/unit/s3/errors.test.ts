import { describe, expect, test } from 'vitest';
import { type Asked, BadAnswer, diagnose, hintFor } from '../../../src/s3/errors.ts';

const s3 = (status: number, fields: object) =>
  Object.assign(new Error('no'), { $metadata: { httpStatusCode: status } }, fields);
const permanent = { sort: 'permanent', message: 'no' } as const;

describe('what went wrong', () => {
  test.each<[string, unknown, object]>([
    [
      'S3 says what',
      s3(403, { name: 'AccessDenied', Code: 'AccessDenied', message: 'Access Denied' }),
      { code: 'AccessDenied', message: 'Access Denied', status: 403, sort: 'permanent' },
    ],
    [
      'a HEAD has no body',
      s3(403, { name: 'Unknown', message: 'UnknownError' }),
      { code: 'AccessDenied', message: 'HTTP 403, no details' },
    ],
    [
      'a HEAD of what is gone',
      s3(404, { name: 'NotFound', message: 'UnknownError' }),
      { code: 'NotFound', status: 404 },
    ],
    [
      'a HEAD of a marker',
      s3(405, { name: 'Unknown', message: 'UnknownError' }),
      { code: 'MethodNotAllowed', status: 405 },
    ],
    [
      'a proxy answers in HTML',
      s3(503, { name: 'Unknown', message: 'UnknownError' }),
      { code: 'ServiceUnavailable', sort: 'throttled', mayHaveLanded: true },
    ],
    [
      'a proxy answers in words',
      s3(502, { name: 'Error', message: 'XML parse error\n  Deserialization error: to see the raw response…' }),
      { code: 'BadGateway', message: 'XML parse error', sort: 'transient' },
    ],
    [
      'SlowDown did nothing',
      s3(503, { name: 'SlowDown', Code: 'SlowDown' }),
      { sort: 'throttled', mayHaveLanded: false },
    ],
    ['KMS is throttled', s3(400, { name: 'ThrottlingException' }), { sort: 'throttled' }],
    [
      'the wrong region, in the body',
      s3(400, { name: 'AuthorizationHeaderMalformed', Region: 'eu-west-1' }),
      { region: 'eu-west-1' },
    ],
    [
      'the wrong region, in the text',
      s3(400, {
        name: 'AuthorizationHeaderMalformed',
        message: "the region 'us-east-1' is wrong; expecting 'eu-west-2'",
      }),
      { region: 'eu-west-2' },
    ],
    [
      'the wrong region, in the headers',
      s3(301, { name: 'PermanentRedirect', $response: { headers: { 'X-Amz-Bucket-Region': 'eu-west-3' } } }),
      { region: 'eu-west-3' },
    ],
    [
      'the connection broke',
      Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'TimeoutError' }),
      { code: 'ECONNRESET', sort: 'transient', mayHaveLanded: true },
    ],
    [
      'nobody listens',
      Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
      { code: 'ECONNREFUSED', sort: 'unreachable', mayHaveLanded: false },
    ],
    [
      'it took too long to connect',
      Object.assign(new Error('Socket timed out'), { name: 'TimeoutError' }),
      { code: 'Timeout', sort: 'transient' },
    ],
    [
      'no credentials',
      Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' }),
      { code: 'CredentialsProviderError', sort: 'permanent' },
    ],
    [
      'a bad answer',
      new BadAnswer('malformed-page', 'is empty'),
      { code: 'malformed-page', message: 'is empty', sort: 'transient', mayHaveLanded: true },
    ],
    [
      'a header is not known',
      s3(501, { name: 'NotImplemented', Header: 'If-Match' }),
      { code: 'NotImplemented', about: 'If-Match', sort: 'permanent' },
    ],
    ['an argument is wrong', s3(400, { name: 'InvalidArgument', ArgumentName: 'Days' }), { about: 'Days' }],
    [
      'the archive is full',
      s3(503, { name: 'GlacierExpeditedRetrievalNotAvailable' }),
      { sort: 'permanent', mayHaveLanded: false },
    ],
    ['something else', 'thrown text', { code: 'Error', message: 'thrown text', sort: 'permanent' }],
    ['not a thing', undefined, { code: 'Error', sort: 'permanent' }],
  ])('%s', (_, error, expected) => {
    expect(diagnose(error)).toMatchObject(expected);
  });
});

describe('the mend', () => {
  test.each<[Asked, string, RegExp]>([
    ['list', 'AccessDenied', /s3:ListBucketVersions on the bucket/],
    ['head-version', 'AccessDenied', /s3:GetObjectVersion /],
    ['remove', 'AccessDenied', /s3:DeleteObjectVersion/],
    [
      'copy',
      'AccessDenied',
      /s3:GetObjectVersion on the source and s3:PutObject .*s3:GetObjectVersionTagging .* s3:PutObjectTagging.*kms:GenerateDataKey/,
    ],
    ['multipart-copy', 'AccessDenied', /s3:PutObject .*s3:AbortMultipartUpload/],
    ['tags', 'AccessDenied', /s3:GetObjectVersionTagging/],
    ['read-object', 'AccessDenied', /s3:GetObjectVersion .*s3:GetObject .*kms:Decrypt/],
    ['restore-object', 'AccessDenied', /s3:RestoreObject/],
    ['copy', 'KMS.NotFoundException', /another region/],
    ['multipart-copy', 'NoSuchUpload', /aborted/],
    ['restore-object', 'GlacierExpeditedRetrievalNotAvailable', /`restore-tier`/],
    ['add-marker', 'AccessDenied', /s3:DeleteObject on .* s3:GetObject/],
    ['versioning', 'AccessDenied', /s3:GetBucketVersioning/],
    ['object-lock', 'AccessDenied', /s3:GetBucketObjectLockConfiguration/],
    ['copy', 'KMS.DisabledException', /kms:Decrypt/],
    ['copy', 'InvalidObjectState', /`archived: restore`/],
    ['list', 'NoSuchBucket', /`bucket`/],
    ['list', 'ExpiredToken', /role-duration-seconds/],
    ['list', 'InvalidAccessKeyId', /credentials/],
    ['list', 'SignatureDoesNotMatch', /credentials/],
    ['list', 'CredentialsProviderError', /aws-actions\/configure-aws-credentials/],
    ['list', 'NotImplemented', /server/],
    ['remove', 'MethodNotAllowed', /Run it again/],
    ['list', 'ECONNRESET', /endpoint-url/],
  ])('%s, %s', (asked, code, hint) => {
    expect(hintFor(asked, { ...permanent, code })).toMatch(hint);
  });

  test('names the input for a locked version, and the role for any other', () => {
    const locked = {
      ...permanent,
      code: 'AccessDenied',
      message: 'Access Denied because object protected by object lock.',
    };
    expect(hintFor('remove', locked)).toContain('`bypass-governance-retention: true`');
    expect(hintFor('copy', locked)).not.toContain('bypass');
  });

  test.each([
    ['Bucket is missing Object Lock Configuration', 'Object Lock is off in the bucket of the copy'],
    ['Retrieval option is not supported by this storage class', '`restore-tier`'],
    ['something else', ''],
  ])('for InvalidRequest is in the words: %s', (message, hint) => {
    expect(hintFor('copy', { ...permanent, code: 'InvalidRequest', message })).toContain(hint);
  });

  test('names what is needed to keep what a copy drops', () => {
    const denied = { ...permanent, code: 'AccessDenied' };
    const all = ['s3:PutObjectRetention', 's3:PutObjectLegalHold', 's3:GetObjectAnnotation', 's3:PutObjectAnnotation'];
    const carried = hintFor('copy', denied, { lockMode: 'GOVERNANCE', legalHold: true, annotations: true });
    const bare = hintFor('copy', denied, { storageClass: 'GLACIER_IR' });
    expect(all.filter((action) => !carried.includes(action))).toEqual([]);
    expect(all.filter((action) => bare.includes(action))).toEqual([]);
  });

  test('names the key for what KMS refuses', () => {
    const message = 'User is not authorized to perform: kms:Decrypt on the resource';
    expect(hintFor('copy', { ...permanent, code: 'AccessDenied', message })).toContain('kms:GenerateDataKey');
    expect(hintFor('head-version', { ...permanent, code: 'AccessDenied', message })).toContain('kms:Decrypt');
  });

  test.each([
    ['eu-west-1', 'set the input `region: eu-west-1`'],
    [undefined, 'set the input `region`'],
  ])('names the region %s', (region, hint) => {
    const trouble = { ...permanent, code: 'PermanentRedirect', ...(region !== undefined && { region }) };
    expect(hintFor('versioning', trouble)).toContain(hint);
  });

  test('of throttling is to ask for less', () => {
    expect(hintFor('copy', { ...permanent, code: 'SlowDown', sort: 'throttled' })).toContain('`concurrency`');
    expect(hintFor('copy', { ...permanent, code: 'ENOTFOUND', sort: 'unreachable' })).toContain('`endpoint-url`');
    expect(hintFor('copy', { ...permanent, code: 'Whatever' })).toBe('');
  });
});
