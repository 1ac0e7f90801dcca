import { RollbackError } from '../core/errors.ts';
import type { BucketFacts } from '../core/ports.ts';
import { forLog } from '../core/text.ts';
import type { RunDeps } from './run.ts';

/** The buckets of a run, and who says so. */
export interface Looked {
  /** Of the input `bucket`. */
  readonly input: string | undefined;
  readonly named: Iterable<string>;
  /** What names them: `the manifest`. */
  readonly by: string;
  /** Of the input `destination-bucket`. */
  readonly destination?: string | undefined;
}

/**
 * Preflight of every bucket that the run reads or writes, before anything changes.
 * @throws RollbackError for the first that cannot be used
 */
export async function lookAtBuckets(
  { input, named, by, destination }: Looked,
  { buckets, narrator }: Pick<RunDeps, 'buckets' | 'narrator'>,
): Promise<Map<string, BucketFacts>> {
  const facts = new Map<string, BucketFacts>();
  for (const bucket of new Set([input, ...named, destination])) {
    if (bucket === undefined) continue;
    const found = await buckets
      .open(bucket)
      .preflight()
      .catch((error: unknown) => {
        if (bucket === input || !(error instanceof RollbackError)) throw error;
        throw bucket === destination ? aboutDestination(error) : aboutNamed(error, by);
      });
    facts.set(bucket, found);
    narrator.say(`Bucket ${forLog(bucket)}: versioning ${found.versioning.toLowerCase()}.`);
  }
  return facts;
}

/** An error about a bucket that the input `bucket` does not name: say who named it. */
function aboutNamed(error: RollbackError, by: string): RollbackError {
  const { code, message, hint } = error;
  return new RollbackError(code, `${message} (named in ${by})`, hint, { cause: error });
}

function aboutDestination(error: RollbackError): RollbackError {
  const { code, message, hint } = error;
  const mend =
    code === 'versioning-off'
      ? 'Copies must not replace anything for good: switch versioning on there (aws s3api put-bucket-versioning), and run this again.'
      : hint;
  return new RollbackError(code, `input "destination-bucket": ${message}`, mend, { cause: error });
}
