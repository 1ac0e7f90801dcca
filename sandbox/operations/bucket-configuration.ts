import type { BucketHandler } from '../http/context.ts';
import { empty, errors, S3Error, xml } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import { child, childText, element, NAMESPACE, parseXml, type XmlElement } from '../http/xml.ts';
import type { ObjectLock } from '../store/bucket-options.ts';

/** us-east-1 is written as nothing: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */
export const getBucketLocation: BucketHandler = (_request, bucket) => {
  const region = bucket.region === 'us-east-1' ? '' : bucket.region;
  return xml(`<LocationConstraint ${NAMESPACE}>${region}</LocationConstraint>`);
};

/** No Status at all: versioning was never enabled. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html */
export const getBucketVersioning: BucketHandler = (_request, bucket) => {
  const status = bucket.versioning === 'Off' ? '' : element('Status', bucket.versioning);
  const mfa = bucket.mfaDelete ? element('MfaDelete', 'Enabled') : '';
  return xml(`<VersioningConfiguration ${NAMESPACE}>${status}${mfa}</VersioningConfiguration>`);
};

export const putBucketVersioning: BucketHandler = (request, bucket) => {
  const document = documentOf(request, 'VersioningConfiguration');
  const status = childText(document, 'Status');
  const mfa = childText(document, 'MfaDelete');
  if (status === undefined) {
    const message = 'The Versioning element must be specified';
    throw new S3Error(400, 'IllegalVersioningConfigurationException', message);
  }
  if (status !== 'Enabled' && status !== 'Suspended') throw errors.malformedXml();
  if (mfa !== undefined && mfa !== 'Enabled' && mfa !== 'Disabled') throw errors.malformedXml();
  if ((bucket.mfaDelete || mfa === 'Enabled') && request.headers['x-amz-mfa'] === undefined) {
    throw errors.accessDenied('Mfa Authentication must be used for this request');
  }
  if (bucket.objectLock && status === 'Suspended') {
    throw errors.invalidBucketState(
      'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    );
  }
  bucket.versioning = status;
  if (mfa !== undefined) bucket.mfaDelete = mfa === 'Enabled';
  return empty(200);
};

export const getObjectLockConfiguration: BucketHandler = (_request, bucket) => {
  if (bucket.objectLock === undefined) {
    const message = 'Object Lock configuration does not exist for this bucket';
    throw new S3Error(404, 'ObjectLockConfigurationNotFoundError', message, { BucketName: bucket.name });
  }
  const { rule } = bucket.objectLock;
  const retention = rule ? `${element('Mode', rule.mode)}${element('Days', rule.days)}` : '';
  const ruleXml = rule ? `<Rule><DefaultRetention>${retention}</DefaultRetention></Rule>` : '';
  const enabled = element('ObjectLockEnabled', 'Enabled');
  return xml(`<ObjectLockConfiguration ${NAMESPACE}>${enabled}${ruleXml}</ObjectLockConfiguration>`);
};

export const putObjectLockConfiguration: BucketHandler = (request, bucket) => {
  const document = documentOf(request, 'ObjectLockConfiguration');
  if (childText(document, 'ObjectLockEnabled') !== 'Enabled') throw errors.malformedXml();
  const lock = lockOf(child(document, 'Rule'));
  if (bucket.versioning !== 'Enabled') {
    throw errors.invalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
  }
  bucket.objectLock = lock;
  return empty(200);
};

function lockOf(rule: XmlElement | undefined): ObjectLock {
  if (rule === undefined) return {};
  const retention = child(rule, 'DefaultRetention');
  const mode = childText(retention, 'Mode');
  const days = childText(retention, 'Days');
  const years = childText(retention, 'Years');
  const length = days !== undefined ? Number(days) : Number(years) * 365;
  const oneUnit = (days === undefined) !== (years === undefined);
  if ((mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') || !oneUnit || !(length > 0)) throw errors.malformedXml();
  return { rule: { mode, days: length } };
}

/** The request's document, which must have this root. */
export function documentOf(request: S3Request, root: string): XmlElement {
  const document = parseXml(Buffer.from(request.body).toString());
  if (document?.name !== root) throw errors.malformedXml();
  return document;
}
