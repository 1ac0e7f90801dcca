import type { Method } from './decide.ts';
import type { FailOn } from './outcome.ts';
import type { Scope } from './scope.ts';
import type { Target } from './target.ts';

/** The operations that this engine carries out. */
export type Operation = 'undelete' | 'rollback';

/** Everything that a run was asked to do. */
export interface RestoreRequest {
  readonly operation: Operation;
  readonly scope: Scope;
  readonly target: Target;
  readonly method: Method;
  /** The most versions (not markers) that may be deleted for good. Required by method `delete`. */
  readonly maxDeletes?: number;
  readonly dryRun: boolean;
  readonly maxChanges?: number;
  readonly verify: boolean;
  readonly failOn: FailOn;
  /** Absolute paths. */
  readonly planFile: string;
  readonly journalFile: string;
  readonly reportFile: string;
}
