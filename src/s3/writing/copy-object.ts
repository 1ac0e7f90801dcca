import { CopyObjectCommand, type CopyObjectCommandInput } from '@aws-sdk/client-s3';
import { CancelledError } from '../../core/errors.ts';
import type { CopyStep, Seen } from '../../core/plan.ts';
import type { Write } from '../../core/ports.ts';
import type { Bucket } from '../bucket.ts';
import { BadAnswer, RequestError } from '../errors.ts';
import { unquote } from '../listing/list-xml.ts';
import type { Requester } from '../request.ts';
import { copyInParts } from './copy-multipart.ts';
import {
  carriedFields,
  isSelfCopy,
  type Source,
  sourceChanged,
  sourceFields,
  sourceOf,
  sourceStands,
} from './copy-source.ts';
import {
  CONFLICT,
  failedWrite,
  guardHeld,
  guardOf,
  lookFirst,
  notDone,
  UNSURE,
  type Without,
  withoutRefused,
} from './guard.ts';
import { learnSelfCopy, refusalOf, type ServerMemory } from './server-memory.ts';

/**
 * Copy a version on top of a key, if that is still what was seen.
 * `from`: the bucket that `step.source` names, where it is another; it may be in another region.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 * @throws CancelledError
 */
export async function copyVersion(
  requester: Requester,
  bucket: Bucket,
  key: string,
  step: CopyStep,
  seen: Seen,
  memory: ServerMemory,
  from: Bucket = bucket,
): Promise<Write> {
  const selfCopy = isSelfCopy(bucket, key, step);
  const source = sourceOf(bucket, key, step, from);
  if (step.multipart !== undefined || (selfCopy && memory.refusesSelfCopy)) {
    return copyInParts({ requester, bucket, key, step, seen, memory, source });
  }
  const copy: Copy = { requester, bucket, key, step, seen, source };
  const wanted = step.carry?.annotations === true;
  let guarded = true as boolean;
  try {
    const made = await withoutRefused(memory, ['annotations', 'conditions'], wanted, (without) => {
      guarded = !without.conditions;
      return sendCopy(copy, without);
    });
    return { ok: true, ...made, ...(!guarded && { unguarded: true }) };
  } catch (error) {
    if (selfCopy && error instanceof RequestError && refusesSelfCopy(error)) {
      learnSelfCopy(memory);
      return copyInParts({ requester, bucket, key, step, seen, memory, source });
    }
    return explain(copy, guarded, error);
  }
}

interface Copy {
  readonly requester: Requester;
  readonly bucket: Bucket;
  readonly key: string;
  readonly step: CopyStep;
  readonly seen: Seen;
  readonly source: Source;
}

/** Said so, or still refused with nothing left to leave out. */
function refusesSelfCopy({ trouble }: RequestError): boolean {
  const refused = refusalOf(trouble);
  return refused === 'self-copy' || refused === 'unnamed';
}

async function sendCopy(copy: Copy, without: Without): Promise<{ versionId?: string; etag: string }> {
  const { requester, bucket, key, seen } = copy;
  const input = copyInput(copy, without);
  const { value } = await requester.send({
    kind: 'copy',
    ...(without.conditions && { before: lookFirst(requester, bucket, key, seen) }),
    send: async (abortSignal) => {
      const output = await bucket.client.send(new CopyObjectCommand(input), { abortSignal });
      // S3 answers 200 before it has copied; an error that comes after is in the body, and the SDK does not see
      // every form of it. Only the ETag says that there is a copy.
      if (!output.CopyObjectResult?.ETag)
        throw new BadAnswer('InternalError', "the server's answer to CopyObject has no ETag");
      return {
        etag: unquote(output.CopyObjectResult.ETag),
        ...(output.VersionId !== undefined && { versionId: output.VersionId }),
      };
    },
  });
  return value;
}

function copyInput({ bucket, key, step, seen, source }: Copy, without: Without): CopyObjectCommandInput {
  return {
    Bucket: bucket.name,
    Key: key,
    ...sourceFields(source, bucket, step.etag),
    MetadataDirective: 'COPY',
    TaggingDirective: 'COPY',
    // Copied, each is billed as a PUT and takes permissions of its own.
    ...(!without.annotations && { AnnotationDirective: step.carry?.annotations === true ? 'COPY' : 'EXCLUDE' }),
    ...(!without.conditions && guardOf(seen)),
    ...carriedFields(step),
  };
}

/** What an answer means that is not a copy: the key has changed, the source has, or it failed. */
async function explain(copy: Copy, guarded: boolean, error: unknown): Promise<Write> {
  const { requester, step, seen, source } = copy;
  if (!(error instanceof RequestError)) return failedWrite('copy', error);
  const held = guarded && guardHeld(error, guardOf(seen));
  const failed = error.trouble.status === 412;
  // A 412 is also what a condition on the source gets, and a 404 what a missing source elsewhere gets.
  const either = failed ? step.etag !== undefined : held && step.source !== undefined;
  const stands = () =>
    sourceStands(requester, source, step.etag).catch((stopped: unknown) => {
      throw stopped instanceof CancelledError ? new CancelledError(error.unsure) : stopped;
    });
  if (either && !(await stands())) {
    return notDone(sourceChanged(source).failure, error.unsure);
  }
  if (held) return error.unsure ? UNSURE : CONFLICT;
  return failedWrite('copy', error, step.carry);
}
