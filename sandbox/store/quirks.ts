/** What some servers other than AWS do. Every quirk is off unless a test asks for it. */
export interface Quirks {
  /** CopyObject onto its own key is refused, also where the source names a version or something else changes. */
  refusesSelfCopy?: boolean;
  /** CopyObject, CompleteMultipartUpload and DeleteObject with `If-Match` or `If-None-Match` are not implemented. */
  refusesConditions?: boolean;
  /** Those conditions are accepted and not looked at. */
  ignoresConditions?: boolean;
  /** Every request with a header about annotations is not implemented. */
  refusesAnnotations?: boolean;
  /** Answers to CopyObject and CompleteMultipartUpload do not tell the id of the new version. */
  hidesVersionIds?: boolean;
}
