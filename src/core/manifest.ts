/** What a manifest says, whatever its format: which keys, or which of their versions. */

/** Where a manifest, or a file of one, lies. `file` is an absolute path. */
export type ManifestLocation = { readonly file: string } | { readonly bucket: string; readonly key: string };

/** The values of the input `manifest-format`. */
export type ManifestFormat = 'auto' | 'csv' | 'jsonl' | 'inventory';

/** A row: one key, or one version (or delete marker) of it. */
export interface ManifestRow {
  readonly bucket: string;
  /** As S3 knows it, decoded. */
  readonly key: string;
  readonly versionId?: string;
  /** 1-based line in its file, for messages. */
  readonly line: number;
}

/** A row of an S3 Inventory of all versions. */
export interface InventoryRow extends ManifestRow {
  /** `null` (the four letters) for the version that the inventory lists with an empty id. */
  readonly versionId: string;
  readonly latest: boolean;
  readonly deleteMarker: boolean;
  /** Milliseconds since 1970 (S3 gives whole seconds); absent where the inventory has no field LastModifiedDate. */
  readonly lastModified?: number;
}

/**
 * An open manifest. `rows` streams, in batches of about a thousand, and can be gone through once. A row that cannot be
 * read, or a file whose checksum is wrong, is an error on the way: only who has reached the end knows that all is well.
 */
export type Manifest = RowsManifest | InventoryManifest;

export interface RowsManifest {
  readonly kind: 'rows';
  /** `report`: the completion report of a Batch Operations job; its rows are those that failed, so there may be none. */
  readonly format: 'csv' | 'jsonl' | 'report';
  readonly rows: AsyncIterable<readonly ManifestRow[]>;
}

export interface InventoryManifest {
  readonly kind: 'inventory';
  readonly sourceBucket: string;
  /** When the scan of the bucket began, in milliseconds since 1970. */
  readonly createdAt: number;
  /** Whether the rows have `lastModified`. */
  readonly hasTimes: boolean;
  /** In no order at all, as S3 writes them. May be none. */
  readonly rows: AsyncIterable<readonly InventoryRow[]>;
}

/**
 * Can this be the name of a bucket? Lenient on purpose: buckets made before 2018 may have capitals and underscores, and
 * other servers allow more. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function isBucketName(name: string): boolean {
  return BUCKET.test(name) && !name.includes('..') && !IP_ADDRESS.test(name);
}

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;
const IP_ADDRESS = /^\d+(\.\d+){3}$/;

/** The name in `arn:aws:s3:::name`, of any partition; what is no ARN is a name already. */
export function bucketOfArn(arnOrName: string): string {
  return arnOrName.replace(/^arn:aws[a-z-]*:s3:::/, '');
}
