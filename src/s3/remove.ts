import {
  type DeletedObject,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type DeleteObjectsCommandOutput,
} from '@aws-sdk/client-s3';
import { CancelledError } from '../core/errors.ts';
import { fitsInXml } from '../core/keys.ts';
import type { EntryName, Removal } from '../core/ports.ts';
import type { Bucket } from './bucket.ts';
import { BadAnswer, failureOf, mayHaveLanded, RequestError, sorted } from './errors.ts';
import type { Answer, Requester } from './request.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export const MAX_BATCH = 1000;
/** How often an entry that failed alone (SlowDown, InternalError inside a good answer) is sent in all. */
const MOST_ROUNDS = 8;

export interface RemoveOptions {
  readonly bypassGovernanceRetention: boolean;
  /** This server says of a marker that it removed that it was one. Some never do; learned where it is not known. */
  namesMarkers: boolean;
}

/** An entry still without its answer: where it stood in the call, and whether an earlier try may have removed it. */
interface Open {
  readonly name: EntryName;
  readonly indexes: number[];
  unsure: boolean;
}

/**
 * Remove entries by their version ids. As many answers as entries, in their order.
 * @throws RangeError for an empty key or version id, before anything is sent: an empty key in the path of a DELETE is
 * the request that deletes the bucket, and an empty version id adds a marker instead of removing one.
 * @throws CancelledError
 */
export async function removeEntries(
  requester: Requester,
  bucket: Bucket,
  entries: readonly EntryName[],
  options: RemoveOptions,
): Promise<readonly Removal[]> {
  const open = new Map<string, Open>();
  entries.forEach((name, index) => {
    if (name.key === '' || name.versionId === '') throw new RangeError('an entry needs a key and a version id');
    const id = nameOf(name.key, name.versionId);
    const twin = open.get(id);
    if (twin === undefined) open.set(id, { name, indexes: [index], unsure: false });
    else twin.indexes.push(index);
  });

  const answers = new Map<number, Removal>();
  const settle = (one: Open, removal: Removal) => {
    const unsure = one.unsure && !(removal.ok && removal.confirmed);
    for (const index of one.indexes) answers.set(index, { ...removal, ...(unsure && { unsure }) });
  };
  const all = [...open.values()];
  const alone = all.filter((one) => !fitsInXml(one.name.key));
  const together = all.filter((one) => fitsInXml(one.name.key));
  const removal = { requester, bucket, options, settle };
  const work: Promise<void>[] = [];
  for (let i = 0; i < together.length; i += MAX_BATCH)
    work.push(removeBatch(removal, together.slice(i, i + MAX_BATCH)));
  for (const one of alone) work.push(removeOne(removal, one));
  try {
    await allSettled(work);
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    // Stopped half-way: what S3 did confirm must not be forgotten, nor what it may have done.
    if (answers.size === 0) throw new CancelledError(all.some(({ unsure }) => unsure));
    const { code, message, hint } = error;
    const stopped: Removal = { ok: false, failure: { code, message, hint } };
    for (const one of all) if (one.indexes.some((index) => !answers.has(index))) settle(one, stopped);
  }
  return entries.map((_, index) => answers.get(index) ?? NO_ANSWER);
}

interface Context {
  readonly requester: Requester;
  readonly bucket: Bucket;
  readonly options: RemoveOptions;
  readonly settle: (one: Open, removal: Removal) => void;
}

const NO_ANSWER: Removal = {
  ok: false,
  failure: {
    code: 'no-answer',
    message: 'the server did not say what became of this entry',
    hint: 'Run it again: what is already removed is left alone.',
  },
  unsure: true,
};

function nameOf(key: string, versionId: string): string {
  return `${versionId}\n${key}`;
}

/** Waits for all before it throws, so that no answer of a request in flight is lost. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}

async function removeBatch(context: Context, batch: readonly Open[]): Promise<void> {
  let open = batch;
  for (let round = 1; open.length > 0; round++) {
    const output = await sendBatch(context, open).catch((error: unknown) => {
      if (leavesOpen(error)) markUnsure(open);
      if (!(error instanceof RequestError)) throw error;
      const failure = failureOf('remove', error.trouble);
      for (const one of open) context.settle(one, { ok: false, failure });
      return undefined;
    });
    if (output === undefined) return;

    if (output.unsure) markUnsure(open);
    const { again, unanswered, sort } = sortOut(context, open, output.value, round === MOST_ROUNDS);
    // A key that the XML of the answer garbled has no answer that is its own; asked alone it has. It may be removed by now.
    markUnsure(unanswered);
    await allSettled(unanswered.map((one) => removeOne(context, one)));
    if (again.length === 0) return;
    await context.requester.pause(round - 1, sort, false);
    context.requester.counts.retries += 1;
    open = again;
  }
}

/** Was it given up, or cut, without knowing what became of it? */
function leavesOpen(error: unknown): boolean {
  return error instanceof CancelledError ? error.maybeSent : error instanceof RequestError && mayHaveLanded(error);
}

function markUnsure(open: readonly Open[]): void {
  for (const one of open) one.unsure = true;
}

function sendBatch(context: Context, open: readonly Open[]): Promise<Answer<DeleteObjectsCommandOutput>> {
  const { requester, bucket, options } = context;
  return requester.send({
    kind: 'delete',
    keys: open.length,
    send: async (abortSignal, throttled) => {
      const output = await bucket.client.send(
        new DeleteObjectsCommand({
          Bucket: bucket.name,
          Delete: { Objects: open.map(({ name }) => ({ Key: name.key, VersionId: name.versionId })), Quiet: false },
          ...(options.bypassGovernanceRetention && { BypassGovernanceRetention: true }),
          ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
        }),
        { abortSignal },
      );
      if ((output.Deleted?.length ?? 0) + (output.Errors?.length ?? 0) === 0) {
        throw new BadAnswer('InternalError', "the server's answer to DeleteObjects names no entry");
      }
      const slowed = output.Errors?.find((e) => sorted(e.Code ?? '').sort === 'throttled');
      if (
        slowed !== undefined &&
        (output.Deleted?.length ?? 0) === 0 &&
        output.Errors?.every((e) => e.Code === slowed.Code)
      ) {
        throw new BadAnswer(slowed.Code ?? 'SlowDown', slowed.Message ?? 'no details');
      }
      if (slowed !== undefined) throttled();
      return output;
    },
  });
}

/** Match the answers, which come in any order, with what was asked. */
function sortOut(
  context: Context,
  asked: readonly Open[],
  output: DeleteObjectsCommandOutput,
  lastRound: boolean,
): { again: Open[]; unanswered: Open[]; sort: 'throttled' | 'transient' } {
  const open = new Map(asked.map((one) => [nameOf(one.name.key, one.name.versionId), one]));
  if (output.Deleted?.some((deleted) => deleted.DeleteMarker === true)) context.options.namesMarkers = true;
  const take = (key: string | undefined, versionId: string | undefined): Open | undefined => {
    const id = nameOf(key ?? '', versionId ?? '');
    const one = open.get(id);
    open.delete(id);
    return one;
  };
  const strangers: DeletedObject[] = [];
  for (const deleted of output.Deleted ?? []) {
    const one = take(deleted.Key, deleted.VersionId);
    if (one === undefined) strangers.push(deleted);
    else removed(context, one, deleted.DeleteMarker);
  }
  // White space in a key does not always survive the XML; version ids do, and no two entries share one, `null` apart.
  for (const { VersionId: id, DeleteMarker: marker } of strangers) {
    const found = id === 'null' ? [] : [...open.values()].filter(({ name }) => name.versionId === id);
    const one = found.length === 1 ? found[0] : undefined;
    if (one !== undefined) removed(context, take(one.name.key, id) ?? one, marker);
  }
  const again: Open[] = [];
  let sort: 'throttled' | 'transient' = 'transient';
  for (const error of output.Errors ?? []) {
    const one = take(error.Key, error.VersionId) ?? onlyOneOfKey(open, error.Key);
    if (one === undefined) continue;
    open.delete(nameOf(one.name.key, one.name.versionId));
    const code = error.Code ?? 'Error';
    const trouble = { code, message: error.Message ?? 'no details', ...sorted(code) };
    one.unsure ||= trouble.mayHaveLanded;
    if (isGone(code)) context.settle(one, { ok: true, confirmed: false });
    else if (trouble.sort === 'permanent' || lastRound)
      context.settle(one, { ok: false, failure: failureOf('remove', trouble) });
    else {
      again.push(one);
      if (trouble.sort === 'throttled') sort = 'throttled';
    }
  }
  return { again, unanswered: [...open.values()], sort };
}

/** `marker`: what the answer says. One that says nothing of a marker that was removed says nothing of who removed it. */
function removed({ options, settle }: Context, one: Open, marker: boolean | undefined): void {
  const isMarker = marker === true;
  if (isMarker) options.namesMarkers = true;
  if (one.name.deleteMarker && !options.namesMarkers) one.unsure = true;
  settle(one, { ok: true, confirmed: isMarker === one.name.deleteMarker });
}

/** Not there any more; servers differ in how they say so. By code, for a missing bucket is a 404 too. */
function isGone(code: string): boolean {
  return code === 'NoSuchVersion' || code === 'NoSuchKey';
}

/** Some servers name only the key in an error; that will do where the key was asked for once. */
function onlyOneOfKey(open: ReadonlyMap<string, Open>, key: string | undefined): Open | undefined {
  const found = [...open.values()].filter((one) => one.name.key === key);
  return found.length === 1 ? found[0] : undefined;
}

async function removeOne(context: Context, one: Open): Promise<void> {
  const { requester, bucket, options, settle } = context;
  const { key, versionId } = one.name;
  try {
    const { value, unsure } = await requester.send({
      kind: 'delete',
      keys: 1,
      send: (abortSignal) =>
        bucket.client.send(
          new DeleteObjectCommand({
            Bucket: bucket.name,
            Key: key,
            VersionId: versionId,
            ...(options.bypassGovernanceRetention && { BypassGovernanceRetention: true }),
            ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
          }),
          { abortSignal },
        ),
    });
    one.unsure ||= unsure;
    removed(context, one, value.DeleteMarker);
  } catch (error) {
    one.unsure ||= leavesOpen(error);
    if (!(error instanceof RequestError)) throw error;
    if (isGone(error.trouble.code)) settle(one, { ok: true, confirmed: false });
    else settle(one, { ok: false, failure: failureOf('remove', error.trouble) });
  }
}
