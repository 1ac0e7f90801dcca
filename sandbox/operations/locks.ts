import { isoTime } from '../clock.ts';
import type { KeyHandler } from '../http/context.ts';
import { empty, errors, S3Error, xml } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import { childText, element, NAMESPACE } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';
import type { Entry } from '../store/entry.ts';
import { documentOf } from './bucket-configuration.ts';
import { bypassesGovernance } from './delete.ts';
import { versionOrMarker } from './tagging.ts';

export const getObjectRetention: KeyHandler = (request, bucket, key) => {
  const { mode, retainUntil } = lockable(request, bucket, key).lock;
  if (mode === undefined || retainUntil === undefined) throw noLock();
  const retention = element('Mode', mode) + element('RetainUntilDate', isoTime(retainUntil));
  return xml(`<Retention ${NAMESPACE}>${retention}</Retention>`);
};

/**
 * Retention may always be made longer or stricter. Less needs GOVERNANCE and the bypass header; COMPLIANCE never yields.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
 */
export const putObjectRetention: KeyHandler = (request, bucket, key, context) => {
  const entry = lockable(request, bucket, key);
  const document = documentOf(request, 'Retention');
  const mode = childText(document, 'Mode');
  const until = childText(document, 'RetainUntilDate');
  const now = context.clock.now();
  if ((mode === undefined) !== (until === undefined)) throw errors.malformedXml();
  if (mode !== undefined && mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw errors.malformedXml();
  const retainUntil = until === undefined ? undefined : Date.parse(until);
  if (retainUntil !== undefined && !(retainUntil > now)) {
    throw errors.invalidArgument('The retain until date must be in the future!', 'RetainUntilDate', until);
  }
  const { mode: oldMode, retainUntil: oldUntil = 0, legalHold } = entry.lock;
  const held = oldMode !== undefined && oldUntil > now;
  const weaker = (retainUntil ?? 0) < oldUntil || (oldMode === 'COMPLIANCE' && mode !== 'COMPLIANCE');
  const bypass = oldMode === 'GOVERNANCE' && bypassesGovernance(request, bucket);
  if (held && weaker && !bypass) throw errors.locked();
  entry.lock = {
    ...(mode !== undefined && retainUntil !== undefined && { mode, retainUntil }),
    ...(legalHold !== undefined && { legalHold }),
  };
  return empty(200);
};

export const getObjectLegalHold: KeyHandler = (request, bucket, key) => {
  const { legalHold } = lockable(request, bucket, key).lock;
  if (legalHold === undefined) throw noLock();
  return xml(`<LegalHold ${NAMESPACE}>${element('Status', legalHold ? 'ON' : 'OFF')}</LegalHold>`);
};

export const putObjectLegalHold: KeyHandler = (request, bucket, key) => {
  const entry = lockable(request, bucket, key);
  const status = childText(documentOf(request, 'LegalHold'), 'Status');
  if (status !== 'ON' && status !== 'OFF') throw errors.malformedXml();
  entry.lock = { ...entry.lock, legalHold: status === 'ON' };
  return empty(200);
};

function lockable(request: S3Request, bucket: Bucket, key: string): Entry {
  const entry = versionOrMarker(bucket, key, request.query.versionId, request.method);
  if (bucket.objectLock === undefined) throw errors.invalidRequest('Bucket is missing Object Lock Configuration');
  return entry;
}

function noLock(): S3Error {
  const message = 'The specified object does not have a ObjectLock configuration';
  return new S3Error(404, 'NoSuchObjectLockConfiguration', message);
}
