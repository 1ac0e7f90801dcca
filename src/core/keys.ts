/** Facts about S3 object keys. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */

/** The longest key S3 stores, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;

/**
 * S3's own order of keys: by bytes of UTF-8. JavaScript's `<` compares UTF-16 units, which sorts an emoji
 * before U+FFFD where S3 sorts it after; equal for everything below the surrogates, hence the fast path.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x < 0xd800 || y < 0xd800) return x - y;
    // The first difference may be in the second half of a character: compare from its beginning.
    const start = isHighSurrogate(a.charCodeAt(i - 1)) ? i - 1 : i;
    return Buffer.compare(Buffer.from(a.slice(start)), Buffer.from(b.slice(start)));
  }
  return a.length - b.length;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** Length of a key in bytes of UTF-8. */
export function keyBytes(key: string): number {
  return Buffer.byteLength(key);
}

const NOT_XML =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Can this key stand in the XML body of DeleteObjects? One that cannot makes S3 refuse the whole batch
 * (MalformedXML), so it goes alone, in the path of a DeleteObject. https://www.w3.org/TR/xml/#charsets
 */
export function fitsInXml(key: string): boolean {
  return !NOT_XML.test(key);
}
