import type { ReviewedPlan } from '../core/request.ts';
import { parseEarlierFile } from './input-files.ts';
import { type Env, type InputReader, quoted } from './input-reader.ts';

/** What `apply` carries out. With a problem the result means nothing. */
export function parseReviewed(read: InputReader, env: Env): ReviewedPlan {
  const file = parseEarlierFile(read, env, 'plan-file');
  const digest = read.text('plan-digest');
  if (digest !== '' && !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    read.problem(
      'plan-digest',
      `${quoted(digest)} is no digest of a plan`,
      'Give the output plan-digest of the dry run: sha256: and 64 hexadecimal digits.',
    );
  }
  return { file, ...(digest !== '' && { digest }), maxAge: read.duration('max-plan-age') ?? 0 };
}
