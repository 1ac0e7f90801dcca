/**
 * What happened to a key, as a bucket told it, whatever way the news came. An event says where to look, never what is
 * there: delivery is at least once and in no order, and the key may have been written since.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
 */

/** What a rule can act on. `overwrite`: something was written; only the history tells whether it replaced anything. */
export const EVENT_KINDS = ['delete-marker', 'lifecycle-delete-marker', 'overwrite'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface BucketEvent {
  /** `other`: understood, and never acted on (the removal of a marker, a tag, a restore from an archive, …). */
  readonly kind: EventKind | 'other';
  /** As S3 names it: `ObjectRemoved:DeleteMarkerCreated`, or of EventBridge `Object Deleted: Delete Marker Created`. */
  readonly name: string;
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  /** Of the marker, or of the version written; absent where versioning is suspended (`null`). */
  readonly versionId?: string;
  /** Hexadecimal; orders the events of one key. */
  readonly sequencer?: string;
  /** When S3 had done it, in ms since 1970. */
  readonly at: number;
  /** `overwrite` only: by a copy, or an upload in parts, as this tool writes. */
  readonly copied?: true;
  readonly who: Who;
}

/** Who did it, as far as the event tells. Text from outside. */
export interface Who {
  /** `AWS:AROA…:session` of a native event; only an account id, or a service, of EventBridge's. */
  readonly principal?: string;
  readonly sourceIp?: string;
  readonly requestId?: string;
}

/** A message, or payload, taken apart. */
export type ParsedMessage =
  | { readonly kind: 'events'; readonly events: readonly BucketEvent[] }
  /** What S3 sends when notifications are switched on. */
  | { readonly kind: 'test' }
  /** Never acknowledged. `problem` says in words what is wrong with it; text from outside in it is quoted, safe for the log. */
  | { readonly kind: 'invalid'; readonly problem: string };

/**
 * Which of two events of one key happened later: negative where `a` came first. Sequencers are compared as numbers (the
 * shorter one is padded on the left); where one lacks it, the times decide.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function compareEvents(a: BucketEvent, b: BucketEvent): number {
  if (a.sequencer !== undefined && b.sequencer !== undefined) {
    const difference = sequence(a.sequencer) - sequence(b.sequencer);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  return a.at - b.at;
}

function sequence(hex: string): bigint {
  return BigInt(`0x${hex}`);
}

/** The same for all deliveries of one event, and for no other event of the key. */
export function identityOf({ kind, versionId, sequencer, at }: BucketEvent): string {
  return `${kind} ${versionId ?? 'null'} ${sequencer === undefined ? at : sequence(sequencer)}`;
}
