import type { Method, Place } from './decide.ts';
import type { ManifestFormat, ManifestLocation } from './manifest.ts';
import type { FailOn } from './outcome.ts';
import type { DrainLimits } from './queue.ts';
import type { Scope } from './scope.ts';
import type { Target } from './target.ts';

/** The operations that this engine carries out. */
export type Operation = 'undelete' | 'rollback' | 'recover' | 'apply' | 'undo' | 'guard' | 'history' | 'download';

/** What every run is asked. */
interface AnyRequest {
  readonly scope: Scope;
  readonly target: Target;
  readonly dryRun: boolean;
  readonly failOn: FailOn;
  /** Absolute paths. */
  readonly planFile: string;
  readonly journalFile: string;
  readonly reportFile: string;
}

/** Everything that a run which changes a bucket was asked to do. */
export interface ChangeRequest extends AnyRequest {
  readonly operation: 'undelete' | 'rollback' | 'recover' | 'apply' | 'undo';
  /** The keys, and perhaps their versions, in a list. */
  readonly manifest?: ManifestRequest;
  /** Copy there instead of in place. */
  readonly destination?: Destination;
  readonly method: Method;
  /** The most versions (not markers) that may be deleted for good. Required by method `delete`. */
  readonly maxDeletes?: number;
  readonly maxChanges?: number;
  readonly verify: boolean;
  /** Request archived versions from their archive; absent: leave them. */
  readonly archived?: ArchiveRequest;
  readonly preserve: Preserve;
}

/** Keys of a scope, or of a manifest, go back. */
export interface RestoreRequest extends ChangeRequest {
  readonly operation: 'undelete' | 'rollback';
}

/** What events tell of is undone where a policy says that it was not wanted. */
export interface RecoverRequest extends ChangeRequest {
  readonly operation: 'recover';
  readonly intake: Intake;
  readonly policyFile: PolicyFile;
}

/** Where the events come from. */
export type Intake =
  | { readonly kind: 'queue'; readonly url: string; readonly limits: DrainLimits }
  /** One payload, as JSON. */
  | { readonly kind: 'event'; readonly payload: string };

export interface PolicyFile {
  /** Absolute. */
  readonly path: string;
  /** As the user wrote it, for messages. */
  readonly given: string;
  /** It was asked for, so it has to be there. */
  readonly required: boolean;
}

/** A plan that an earlier dry run made, and somebody looked at, is carried out: exactly that plan. */
export interface ApplyRequest extends ChangeRequest {
  readonly operation: 'apply';
  readonly reviewed: ReviewedPlan;
}

export interface ReviewedPlan {
  /** Absolute. */
  readonly file: string;
  /** The digest that was approved; absent: that of the file itself, which tells damage and nothing else. */
  readonly digest?: string;
  /** ms. */
  readonly maxAge: number;
}

/** An earlier run is taken back, from its journal. */
export interface UndoRequest extends ChangeRequest {
  readonly operation: 'undo';
  /** Absolute: of the run to take back. */
  readonly undoneJournal: string;
}

/** The moment before a deployment is noted; the post step goes back to it if the job fails. */
export interface GuardRequest extends AnyRequest {
  readonly operation: 'guard';
  readonly maxChanges?: number;
  readonly verify: boolean;
}

/** What happened to a key, or under a prefix. Read only. */
export interface HistoryRequest extends AnyRequest {
  readonly operation: 'history';
}

/** Everything that a download was asked to do. */
export interface DownloadRequest extends AnyRequest {
  readonly operation: 'download';
  /** Absolute path of the folder to fill. */
  readonly directory: string;
}

export type Request =
  | RestoreRequest
  | RecoverRequest
  | ApplyRequest
  | UndoRequest
  | GuardRequest
  | HistoryRequest
  | DownloadRequest;

/** Of what changes the bucket. */
export function isChange(
  request: Request,
): request is Exclude<Request, GuardRequest | HistoryRequest | DownloadRequest> {
  return 'method' in request;
}

export interface ManifestRequest {
  readonly location: ManifestLocation;
  /** As the user wrote it, for messages. */
  readonly given: string;
  readonly format: ManifestFormat;
}

export interface Destination {
  /** Absent: the bucket that the key is in. */
  readonly bucket?: string;
  /** Goes before the whole key; '' where the key stays as it is. */
  readonly prefix: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html */
export type RestoreTier = 'Standard' | 'Bulk' | 'Expedited';

export interface ArchiveRequest {
  /** How long the restored copy stays. */
  readonly days: number;
  readonly tier: RestoreTier;
}

/** What copies keep besides what they always keep. */
export interface Preserve {
  /** Retention and legal hold of the version. */
  readonly objectLock: boolean;
  readonly annotations: boolean;
}

/** Where the change for a key takes place: at the key itself, or at its destination. */
export function changedPlace({ destination }: ChangeRequest, { bucket, key }: Place): Place {
  if (destination === undefined) return { bucket, key };
  return { bucket: destination.bucket ?? bucket, key: destination.prefix + key };
}

/** What all keys that may change begin with. */
export function changedPrefix({ destination, scope }: ChangeRequest): string {
  return (destination?.prefix ?? '') + scope.prefix;
}
