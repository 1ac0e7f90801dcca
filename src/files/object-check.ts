import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import type { ObjectStream } from '../core/ports.ts';

/** Proves bytes while they go by. */
export interface Check {
  update(bytes: Uint8Array): void;
  /** Were these all bytes of the object, and no others? */
  holds(): boolean | Promise<boolean>;
}

/** An ETag that may be the MD5 of the content. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html */
export function isMd5(etag: string | undefined): etag is string {
  return etag !== undefined && /^[0-9a-f]{32}$/i.test(etag);
}

export function md5Check(etag: string): Check {
  return hashCheck('md5', 'hex', etag.toLowerCase());
}

/**
 * How to prove what is read: by the MD5 in the ETag, which it is where S3 or nobody encrypts; or by a checksum of the whole
 * object. `undefined` where there is none that can be computed here.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export function checkOf({ etag, encryption, checksums }: Omit<ObjectStream, 'chunks'>): Check | undefined {
  if (isMd5(etag) && (encryption === undefined || encryption === 'AES256')) return md5Check(etag);
  const { SHA256, SHA1, CRC32, CRC32C, CRC64NVME } = checksums;
  if (SHA256 !== undefined) return hashCheck('sha256', 'base64', SHA256);
  if (SHA1 !== undefined) return hashCheck('sha1', 'base64', SHA1);
  if (CRC32 !== undefined) return crcCheck(CRC32);
  if (CRC64NVME !== undefined) return sdkCheck(new Crc64Nvme(), CRC64NVME);
  if (CRC32C !== undefined) return sdkCheck(new Crc32c(), CRC32C);
  return undefined;
}

function hashCheck(algorithm: string, encoding: 'hex' | 'base64', expected: string): Check {
  const hash = createHash(algorithm);
  return {
    update: (bytes) => void hash.update(bytes),
    holds: () => hash.digest(encoding) === expected,
  };
}

/** The two that node does not have. */
function sdkCheck(checksum: Crc64Nvme | Crc32c, expected: string): Check {
  return {
    update: (bytes) => checksum.update(bytes),
    holds: async () => Buffer.from(await checksum.digest()).toString('base64') === expected,
  };
}

function crcCheck(expected: string): Check {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    holds: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64') === expected;
    },
  };
}
