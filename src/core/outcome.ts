import type { SkipReason } from './target.ts';

/** What became of one key. */
export type Outcome =
  | { readonly kind: 'restored' }
  | { readonly kind: 'unchanged' }
  /** `again`: of the bot, in how many seconds the events of the key are looked at again. */
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly again?: number }
  /** It changed under us and was left alone. */
  | { readonly kind: 'conflict'; readonly found: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Something that S3 refused or that went wrong: its own code and message, and the mend. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface KeyFailure extends Failure {
  readonly bucket: string;
  readonly key: string;
}

export type Status = 'success' | 'no-change' | 'planned' | 'partial' | 'failed';

/** When does the step fail? */
export type FailOn = 'failures' | 'conflicts' | 'never';

export interface Counts {
  readonly planned: number;
  readonly restored: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly conflicts: number;
  readonly failed: number;
}

/** The run's status from its counts. `stopped`: refused before the first change, cancelled, or broken off. */
export function statusOf(counts: Counts, run: { dryRun: boolean; stopped: boolean }): Status {
  const { restored, failed, conflicts } = counts;
  if (run.stopped) return restored > 0 ? 'partial' : 'failed';
  if (run.dryRun) return counts.planned === 0 && failed > 0 ? 'failed' : 'planned';
  if (restored === 0 && failed > 0) return 'failed';
  if (failed > 0 || conflicts > 0) return 'partial';
  return restored > 0 ? 'success' : 'no-change';
}

/** Should the step be red? `stopped` as in `statusOf`. */
export function stepFails(counts: Counts, run: { stopped: boolean }, failOn: FailOn): boolean {
  if (failOn === 'never') return false;
  return run.stopped || counts.failed > 0 || (failOn === 'conflicts' && counts.conflicts > 0);
}

const POINTLESS = new Set([
  'AccountProblem',
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'ECONNREFUSED',
  'ENOTFOUND',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidSecurity',
  'InvalidToken',
  'NoSuchBucket',
  'NotSignedUp',
  'PermanentRedirect',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  /** Ours: see the rate controller. */
  'throttled',
]);

/** Does this error say that no other request of the run can succeed either? */
export function stopsTheRun(code: string): boolean {
  return POINTLESS.has(code);
}
