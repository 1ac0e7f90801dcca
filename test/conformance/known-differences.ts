import { type Differences, differs } from '../support/differences.ts';

/** One per file of this suite: `list-order` is list-order.conformance.ts. */
export type Area =
  | 'archive'
  | 'awkward-keys'
  | 'buckets'
  | 'conditional-delete'
  | 'conditional-writes'
  | 'copy'
  | 'delete-markers'
  | 'delete-objects'
  | 'list-encoding'
  | 'list-order'
  | 'list-pages'
  | 'list-prefix'
  | 'multipart'
  | 'multipart-metadata'
  | 'null-versions'
  | 'object-lock'
  | 'part-numbers'
  | 'read';

const ignored = (what: string, seen: RegExp) => differs(`${what} is ignored`, seen);

const noArchive = differs('there is no storage class GLACIER', /^InvalidArgument/);

/** Ceph object gateway 16.2 (Pacific), as Debian 12 has it, set up by test/servers/ceph-rgw-up.sh. */
const cephRgw: Partial<Record<Area, Differences>> = {
  archive: {
    'an archived version is listed with its storage class, and HEAD tells it': noArchive,
    'GET of an archived version: 403': noArchive,
    'a copy of an archived version: 403, and no version is added': noArchive,
    'an archived version can be covered by a marker and uncovered, without a restore': noArchive,
    'a restore is accepted once, and HEAD tells that it goes on': noArchive,
    'a listing tells of restores only where one was asked for, and when it is asked to': noArchive,
    'a restore of what is not archived: 403': differs('there are no restores', /'501 NotImplemented' to be '403/),
    'an expedited restore from DEEP_ARCHIVE: 400': differs('there is no such storage class', /^InvalidArgument/),
  },

  'awkward-keys': {
    'the refusal of a long key is KeyTooLongError': differs('another code', /InvalidObjectName/),
  },

  buckets: {
    'a request that expects another owner of the bucket is refused': ignored('ExpectedBucketOwner', /'200' to be '403/),
  },

  'conditional-delete': {
    'If-Match with another ETag: 412, and no marker': ignored('If-Match on DELETE', /'204' to be '412/),
    'If-Match looks at the current version, not at an older one': ignored('If-Match on DELETE', /204 to be 412/),
    'If-Match: * on a deleted key: 412': ignored('If-Match on DELETE', /204 to be 412/),
  },

  'conditional-writes': {
    'copy, If-None-Match: * over a live key: 412, and no version is added': ignored(
      'a condition on the destination of a copy',
      /'200' to be '412/,
    ),
    'copy, If-Match with the ETag of an older version: 412, and no version is added': ignored(
      'a condition on the destination of a copy',
      /'200' to be '412/,
    ),
    'copy, If-Match over a marker: 404': ignored('a condition on the destination of a copy', /'200' to be '404/),
    'copy, If-Match over nothing: 404': ignored('a condition on the destination of a copy', /'200' to be '404/),
    'copy, If-None-Match with an ETag and If-Match: * are not implemented': ignored(
      'a condition on the destination of a copy',
      /'200' to be '501/,
    ),
    'put, If-None-Match: * over a live key: 412': ignored(
      'If-None-Match on PUT in a versioned bucket',
      /resolved .* instead of rejecting/,
    ),
    'put, If-Match with the ETag of the current version: done': differs(
      'in a versioned bucket If-Match on PUT never holds',
      /^PreconditionFailed/,
    ),
    'put, If-Match over a marker: 404': differs(
      'in a versioned bucket If-Match on PUT is always answered 412',
      /expected PreconditionFailed/,
    ),
  },

  copy: {
    'the answer tells the id of the new version': differs('copies are answered without ids', /undefined to be '/),
    'the answer tells the id of the source': differs('copies are answered without ids', /undefined to be '/),
    'the answer tells the ETag, in quotes': differs(
      'the ETag of a copy comes without quotes',
      /'5d41402abc4b2a76b9719d911017c592' to be/,
    ),
    'the copy of a multipart object has the ETag of an object put in one piece': differs(
      'the copy keeps the ETag of the multipart object',
      /-1"' to be/,
    ),
    'a website redirect does not come along': differs('copies keep the redirect', /'\/elsewhere' to be undefined/),
    'a marker as the source, by its id: 400': differs(
      'a marker is like no version at all',
      /'404 NoSuchKey' to be '400/,
    ),
    'a source whose ETag is not as expected: 412': ignored('x-amz-copy-source-if-match', /'200' to be '412/),
  },

  'delete-markers': {
    'DELETE on a deleted key stacks another marker': differs('markers do not stack', /answered no version id/),
    'removing the top one of two markers leaves the key deleted': differs(
      'markers do not stack',
      /answered no version id/,
    ),
    'removing a version that has gone already echoes its id': differs('the id is not echoed', /undefined to be '/),
    'a version id that cannot be one is refused': differs('any string may be a version id', /'204' to be '400/),
  },

  'delete-objects': {
    'an id that cannot be one is an error of that entry; the others are done': differs(
      'any string may be a version id, so it counts as gone already',
      /undefined to match/,
    ),
    'Quiet: errors are told': differs('any string may be a version id, so there is no error', /undefined to match/),
    'the refusal of 1001 entries is MalformedXML': differs('the refusal has no body', /'Unknown' to be/),
    'no entries at all are refused': differs('an empty batch is accepted', /'200' to be '400/),
    'a key that XML cannot carry fails the whole batch, and nothing is deleted': differs(
      'the refusal has no body',
      /'400 Unknown' to be/,
    ),
    'an ETag that does not match is an error of that entry; the others are done': ignored(
      'the ETag of an entry',
      /undefined to match/,
    ),
  },

  'list-encoding': {
    'EncodingType=url, the key holds a space': differs('a space is %20', /'a%20b\.txt'/),
    'EncodingType=url, the key holds a slash': differs('slashes are encoded', /'a%2Fb'/),
    'the keys of delete markers are encoded too': differs('a space is %20', /'a%20%C3%BC'/),
    'KeyMarker and NextKeyMarker are encoded': differs('markers are plain', /'a b' to be/),
    'Prefix is encoded': differs('the prefix is plain', /'a b' to be/),
    'Delimiter and CommonPrefixes are encoded': differs('a space is %20', /'run%20'/),
    'another encoding than url is refused': ignored('an unknown encoding', /'200' to be '400/),
  },

  'list-order': {
    'LastModified is in whole seconds': differs('LastModified has milliseconds', /\.\d{3}Z' to match/),
  },

  'list-pages': {
    'a key marker alone skips every entry of that key': differs(
      'a key marker alone is inclusive: https://tracker.ceph.com/issues/68055',
      /expected \[ \[ 'a', 'marker', …\(1\) \], …\(8\) \]/,
    ),
    'the entry that the markers name may have gone meanwhile': differs(
      'when the named entry has gone, the rest of its key is skipped',
      /expected \[ \[ 'b', 'version', …\(1\) \], …\(3\) \]/,
    ),
    'list a page, delete it, list the next: every entry is seen': differs(
      'when the named entry has gone, the rest of its key is skipped',
      /expected \[ .*…\(3\) \] to deeply equal/,
    ),
    'a version id marker without a key marker is refused': ignored('a lone version id marker', /'200' to be '400/),
    'a version id marker that is no version id is refused': differs(
      'any string may be a version id',
      /'200' to be '400/,
    ),
  },

  'list-prefix': {
    'a rolled-up prefix counts as an entry and is the next key marker, with no version id': differs(
      'the next version id marker behind a prefix is null',
      /'null' to be ''/,
    ),
  },

  multipart: {
    'the answer to a copied part tells the id of the source': differs(
      'copies are answered without ids',
      /undefined to be '/,
    ),
    'a marker as the source of a part, by its id: 400': differs(
      'a marker is like no version at all',
      /'404 NoSuchKey' to be '400/,
    ),
    'of two uploads the one that was started last is current, not the one completed last': differs(
      'the order is that of completion',
      /'started first' to be 'started second'/,
    ),
    'LastModified is when the upload was started, not when it was completed': differs(
      'LastModified is the time of completion',
      /expected (0|1000) to be greater/,
    ),
    'completion, If-None-Match: * over a live key: 412': ignored('a condition on completion', /'200' to be '412/),
    'completion, If-Match with the ETag of an older version: 412': ignored(
      'a condition on completion',
      /'200' to be '412/,
    ),
    'completion, If-Match with the ETag of what was written since the start: 409, start again': ignored(
      'a condition on completion',
      /'200' to be '409/,
    ),
  },

  'multipart-metadata': {
    'tags said at the start are those of that version': ignored(
      'x-amz-tagging at the start of an upload',
      /undefined to/,
    ),
    'a legal hold and a retention said at the start are kept': ignored(
      'Object Lock at the start of an upload',
      /to match object \{ ObjectLockMode: 'GOVERNANCE'/,
    ),
    'a checksum of checksums says how many there were': differs(
      'there are no checksums but the ETag',
      /\[ undefined, undefined \]/,
    ),
    'a checksum of the whole is that of the bytes': differs(
      'there are no checksums but the ETag',
      /\[ undefined, undefined \]/,
    ),
    'a completion that claims another size: 400, and no version is added': ignored(
      'x-amz-mp-object-size',
      /'200' to be '400/,
    ),
    'completion, If-Match over a marker: 404': ignored('a condition on completion', /'200' to be '404/),
  },

  'null-versions': {
    'GET and HEAD of a current null version tell the id null': differs(
      'the id null is told only when it was asked for',
      /undefined to be 'null'/,
    ),
    'the answer to removing a null marker says that it was one': differs(
      'of a null marker nothing says that it was one',
      /\[ undefined, 'null' \]/,
    ),
    'its answer in DeleteObjects says that it was one': differs(
      'of a null marker nothing says that it was one',
      /to match object \[ \{ DeleteMarker: true/,
    ),
    'the answer to a copy while suspended says null': differs(
      'copies are answered without ids',
      /undefined to be 'null'/,
    ),
  },

  'object-lock': {
    'a marker cannot be locked: 405': differs('a marker is like no version at all', /'404 NoSuchKey' to be '405/),
    'where there is no Object Lock there is nothing to bypass: 400': ignored(
      'a bypass where there is no lock',
      /\[ '204', '200' \]/,
    ),
    'a lock does not come along with a copy': differs(
      'a copy onto the same key keeps the retention',
      /'GOVERNANCE' to be undefined/,
    ),
  },

  'part-numbers': {
    'HEAD of a part tells its size, its place and how many there are': ignored(
      'partNumber',
      /ContentLength: 5242887, .* to match object \{ ContentLength: 5242880/,
    ),
    'GET of a part gives its bytes': ignored('partNumber', /\[ '200', /),
    'a copy in the parts of its source has the ETag of its source': ignored('partNumber', /-2"' to be '"/),
    'an object uploaded in one part has a count of one': ignored('partNumber', /\[ 200, undefined, undefined \]/),
    'an object put in one piece is its own first part, without a count': ignored(
      'partNumber',
      /\[ 200, undefined, undefined \]/,
    ),
    'a part beyond the last: 416': ignored('partNumber', /'200' to be '416/),
    'a second part of an object put in one piece: 416': ignored('partNumber', /'200' to be '416/),
    'a part and a range together: 400': ignored('partNumber', /'206' to be '400/),
    'a part of an older version': ignored('partNumber', /to match object/),
  },

  read: {
    'the 404 of a deleted key says that there is a marker, and its id': differs(
      'no headers about markers',
      /undefined to be 'true'/,
    ),
    'GET and HEAD of a marker by its id: 405': differs('a marker is like no version at all', /'404 NoSuchKey' to be/),
    'the 405 of a marker tells what can be done with it, and when it was put': differs(
      'no headers about markers',
      /undefined to be 'true'/,
    ),
    'GET of a version that has gone: 404 NoSuchVersion': differs('another code', /'404 NoSuchKey' to be/),
    'GET of a version id that cannot be one: 400': differs('any string may be a version id', /'404 NoSuchKey' to be/),
  },
};

/** By the name that CONFORMANCE_SERVER gives. The sandbox is not here: it is meant to answer as AWS does. */
const knownDifferences: Readonly<Record<string, Partial<Record<Area, Differences>>>> = {
  'ceph-rgw': cephRgw,
};

export function differencesOf(server: string, area: Area): Differences {
  return knownDifferences[server]?.[area] ?? {};
}
