import type { BucketHandler, Context } from '../http/context.ts';
import { errors, S3Error, xml } from '../http/reply.ts';
import { checkDigests, checksumsOf, type S3Request } from '../http/request.ts';
import { childText, element, NAMESPACE, parseXml, type XmlElement } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';
import { checkKey } from './checks.ts';
import { checkDeleteCondition } from './conditions.ts';
import { bypassesGovernance, checkMfa, type Deletion, deleteOne } from './delete.ts';

interface Wanted {
  readonly key: string;
  readonly versionId?: string;
  readonly etag?: string;
  readonly unsupported?: string;
}

/** Up to 1,000 keys: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export const deleteObjects: BucketHandler = (request, bucket, context) => {
  const { headers } = request;
  if (headers['content-md5'] === undefined && Object.keys(checksumsOf(headers)).length === 0) {
    throw errors.invalidRequest('Missing required header for this request: Content-MD5');
  }
  checkDigests(request);
  const document = parseDocument(request);
  const wanted = wantedOf(document);
  if (document === undefined || wanted === undefined || wanted.length === 0 || wanted.length > 1000) {
    throw errors.malformedXml();
  }
  const bypass = bypassesGovernance(request, bucket);
  // One permanent delete without the token and the whole request fails: nothing is deleted.
  if (wanted.some(({ versionId }) => versionId !== undefined)) checkMfa(request, bucket);

  const quiet = childText(document, 'Quiet')?.trim() === 'true';
  const results: string[] = [];
  for (const one of wanted) {
    try {
      const done = deleteWanted(request, bucket, one, bypass, context);
      if (!quiet) results.push(deletedXml(one, done));
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      results.push(errorXml(one, error));
    }
  }
  return xml(`<DeleteResult ${NAMESPACE}>${shuffled(results, context.random).join('')}</DeleteResult>`);
};

/** For the log and the faults; nothing where the document cannot be read. */
export function keysOf(request: S3Request): { key: string; versionId?: string }[] {
  const wanted = wantedOf(parseDocument(request)) ?? [];
  return wanted.map(({ key, versionId }) => ({ key, ...(versionId !== undefined && { versionId }) }));
}

function deleteWanted(request: S3Request, bucket: Bucket, wanted: Wanted, bypass: boolean, context: Context): Deletion {
  const { key, versionId, etag, unsupported } = wanted;
  const planted = context.faults.strikeKey(bucket.name, key);
  if (planted) throw new S3Error(200, planted.code, planted.message ?? planted.code);
  checkKey(key);
  if (unsupported !== undefined) throw errors.notImplemented(unsupported);
  // An id that S3 cannot have issued is a 400 for a single delete, but "no such version" here.
  if (versionId !== undefined && !bucket.couldHaveIssued(versionId)) throw errors.noSuchVersion(key, versionId);
  checkDeleteCondition(etag, key, bucket.current(key));
  return deleteOne(request, bucket, key, versionId, bypass, context);
}

/** A marker added has no VersionId; a marker removed has both ids, and they are the same one. */
function deletedXml({ key, versionId }: Wanted, done: Deletion): string {
  const marker = done.marker
    ? element('DeleteMarker', true) + element('DeleteMarkerVersionId', done.versionId ?? '')
    : '';
  return `<Deleted>${element('Key', key)}${versionXml(versionId)}${marker}</Deleted>`;
}

function errorXml({ key, versionId }: Wanted, error: S3Error): string {
  const problem = element('Code', error.code) + element('Message', error.message);
  return `<Error>${element('Key', key)}${versionXml(versionId)}${problem}</Error>`;
}

function versionXml(versionId: string | undefined): string {
  return versionId === undefined ? '' : element('VersionId', versionId);
}

const documents = new WeakMap<S3Request, XmlElement | undefined>();

/** Parsed once: the log wants the keys before the handler does. */
function parseDocument(request: S3Request): XmlElement | undefined {
  if (!documents.has(request)) documents.set(request, parseXml(Buffer.from(request.body).toString()));
  return documents.get(request);
}

function wantedOf(document: XmlElement | undefined): Wanted[] | undefined {
  if (document?.name !== 'Delete') return undefined;
  const wanted: Wanted[] = [];
  for (const object of document.children) {
    if (object.name !== 'Object') continue;
    const key = childText(object, 'Key');
    if (key === undefined || key === '') return undefined;
    const versionId = childText(object, 'VersionId');
    const etag = childText(object, 'ETag');
    // Directory buckets only: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ObjectIdentifier.html
    const unsupported = ['LastModifiedTime', 'Size'].find((name) => childText(object, name) !== undefined);
    wanted.push({
      key,
      ...(versionId !== undefined && { versionId }),
      ...(etag !== undefined && { etag }),
      ...(unsupported !== undefined && { unsupported }),
    });
  }
  return wanted;
}

/** S3 promises no order of results, so the sandbox keeps none: whoever relies on it shall notice. */
function shuffled(results: string[], random: () => number): string[] {
  for (let i = results.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [results[i], results[j]] = [results[j] ?? '', results[i] ?? ''];
  }
  return results;
}
