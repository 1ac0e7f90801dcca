/** What the sandbox sends events about, and what S3 tells in each. */

/** What an event says of the object, besides its key and version id. */
export type Told = 'size' | 'etag' | 'sequencer';

interface Kind {
  readonly tells: readonly Told[];
  readonly version: '2.1' | '2.3';
  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-mapping-troubleshooting.html */
  readonly bridge: { readonly type: string; readonly reason?: string; readonly deletion?: string };
}

const WRITTEN = { tells: ['size', 'etag', 'sequencer'], version: '2.1' } as const;
const REMOVED = { tells: ['sequencer'], version: '2.1' } as const;
const MARKED = { tells: ['etag', 'sequencer'], version: '2.1' } as const;
const MARKER_CREATED = 'Delete Marker Created';
const FOR_GOOD = 'Permanently Deleted';

export const EVENTS = {
  'ObjectCreated:Put': { ...WRITTEN, bridge: { type: 'Object Created', reason: 'PutObject' } },
  'ObjectCreated:Copy': { ...WRITTEN, bridge: { type: 'Object Created', reason: 'CopyObject' } },
  'ObjectCreated:CompleteMultipartUpload': {
    ...WRITTEN,
    bridge: { type: 'Object Created', reason: 'CompleteMultipartUpload' },
  },
  'ObjectRemoved:Delete': {
    ...REMOVED,
    bridge: { type: 'Object Deleted', reason: 'DeleteObject', deletion: FOR_GOOD },
  },
  'ObjectRemoved:DeleteMarkerCreated': {
    ...MARKED,
    bridge: { type: 'Object Deleted', reason: 'DeleteObject', deletion: MARKER_CREATED },
  },
  'LifecycleExpiration:Delete': {
    ...REMOVED,
    version: '2.3',
    bridge: { type: 'Object Deleted', reason: 'Lifecycle Expiration', deletion: FOR_GOOD },
  },
  'LifecycleExpiration:DeleteMarkerCreated': {
    ...MARKED,
    version: '2.3',
    bridge: { type: 'Object Deleted', reason: 'Lifecycle Expiration', deletion: MARKER_CREATED },
  },
  'ObjectRestore:Post': { ...WRITTEN, bridge: { type: 'Object Restore Initiated' } },
  'ObjectTagging:Put': { tells: ['etag'], version: '2.3', bridge: { type: 'Object Tags Added' } },
} as const satisfies Record<string, Kind>;

export type EventName = keyof typeof EVENTS;

export function kindOf(name: EventName): Kind {
  return EVENTS[name];
}

/** What may be asked for: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html */
const ASKABLE: Readonly<Record<string, readonly string[]>> = {
  ReducedRedundancyLostObject: [],
  ObjectCreated: ['*', 'Put', 'Post', 'Copy', 'CompleteMultipartUpload'],
  ObjectRemoved: ['*', 'Delete', 'DeleteMarkerCreated'],
  ObjectRestore: ['*', 'Post', 'Completed', 'Delete'],
  Replication: [
    '*',
    'OperationFailedReplication',
    'OperationMissedThreshold',
    'OperationReplicatedAfterThreshold',
    'OperationNotTracked',
  ],
  LifecycleTransition: [],
  LifecycleExpiration: ['*', 'Delete', 'DeleteMarkerCreated'],
  IntelligentTiering: [],
  ObjectTagging: ['*', 'Put', 'Delete'],
  ObjectAcl: ['Put'],
  ObjectAnnotation: ['*', 'Put', 'Delete'],
  ObjectRetention: ['Put'],
};

/** Is it a type that a notification can name, such as `s3:ObjectRemoved:*`? */
export function isEventType(type: string): boolean {
  const [service, family = '', member, ...more] = type.split(':');
  const members = Object.hasOwn(ASKABLE, family) ? ASKABLE[family] : undefined;
  if (service !== 's3' || members === undefined || more.length > 0) return false;
  return member === undefined ? members.length === 0 : members.includes(member);
}

/** Does a type that a notification names, maybe with `*`, cover another one? */
export function covers(type: string, other: string): boolean {
  return type === other || (type.endsWith(':*') && other.startsWith(type.slice(0, -1)));
}
