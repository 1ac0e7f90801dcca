/** What HeadObject says of a version, as far as a copy needs it. Strings as S3 sent them. */
export interface ObjectHead {
  readonly versionId?: string;
  /** Without its quotes. */
  readonly etag: string;
  readonly size: number;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  /** The header's text, valid date or not. */
  readonly expires?: string;
  readonly websiteRedirect?: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Absent for STANDARD. */
  readonly storageClass?: string;
  readonly encryption?: string;
  readonly kmsKeyId?: string;
  readonly bucketKey?: boolean;
  /** The object is encrypted with a key that only the customer has (SSE-C). */
  readonly customerKey?: boolean;
  /** Checksums of the whole object by algorithm; composite (per part) ones are left out. */
  readonly checksums: Readonly<Record<string, string>>;
  /** An Intelligent-Tiering archive tier. */
  readonly archiveStatus?: string;
  /** The x-amz-restore header of an archived object. */
  readonly restore?: string;
  /** Object Lock, where the role may see it. */
  readonly lockMode?: string;
  /** RFC 3339. */
  readonly lockUntil?: string;
  readonly legalHold?: boolean;
}
