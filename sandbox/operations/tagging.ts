import type { KeyHandler } from '../http/context.ts';
import { empty, S3Error, xml } from '../http/reply.ts';
import { child, childText, element, NAMESPACE } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';
import type { Entry } from '../store/entry.ts';
import { documentOf } from './bucket-configuration.ts';
import { entryOf, notAgainstMarker } from './checks.ts';
import { versionHeader } from './headers.ts';

export const getObjectTagging: KeyHandler = (request, bucket, key) => {
  const entry = versionOrMarker(bucket, key, request.query.versionId, request.method);
  const tags = Object.entries(entry.tags)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `<Tag>${element('Key', name)}${element('Value', value)}</Tag>`);
  return xml(`<Tagging ${NAMESPACE}><TagSet>${tags.join('')}</TagSet></Tagging>`, versionHeader(bucket, entry));
};

/** Tags belong to a version and change in place. */
export const putObjectTagging: KeyHandler = (request, bucket, key, context) => {
  const entry = versionOrMarker(bucket, key, request.query.versionId, request.method);
  const set = child(documentOf(request, 'Tagging'), 'TagSet');
  const tags: Record<string, string> = {};
  for (const tag of set?.children ?? []) {
    const name = childText(tag, 'Key') ?? '';
    if (name in tags) {
      throw new S3Error(400, 'InvalidTag', 'Cannot provide multiple Tags with the same key', { TagKey: name });
    }
    tags[name] = childText(tag, 'Value') ?? '';
  }
  entry.tags = tags;
  context.events.happened(request, bucket, 'ObjectTagging:Put', key, entry);
  return empty(200, versionHeader(bucket, entry));
};

/** For sub-resources: a marker is refused whether it is named or current. */
export function versionOrMarker(bucket: Bucket, key: string, versionId: string | undefined, method: string): Entry {
  const entry = entryOf(bucket, key, versionId);
  if (entry.deleteMarker) throw notAgainstMarker(entry, method);
  return entry;
}
