import { archivedIn } from '../core/archive.ts';
import { CancelledError, RollbackError } from '../core/errors.ts';
import { type Failure, type Outcome, stopsTheRun } from '../core/outcome.ts';
import { type BucketPort, type ObjectStream, S3Failure } from '../core/ports.ts';
import type { Tally } from '../core/report.ts';
import { forLog } from '../core/text.ts';
import { checkOf, isMd5, md5Check } from '../files/object-check.ts';
import type { Tree } from '../files/tree.ts';
import { FileProblem, inTheWay } from '../files/tree-errors.ts';
import type { NewFile, TreeFile } from '../files/tree-file.ts';
import { countArchived } from './archived.ts';
import type { NamedVersion } from './download-names.ts';

export interface FetchDeps {
  readonly port: BucketPort;
  readonly tree: Tree;
  readonly stop: AbortSignal;
  /** A file is complete of which nothing but the size could be checked. */
  readonly onUnproven: () => void;
}

/** What became of a key; and what then ends the run, if no other can be fetched either. */
export interface Fetched {
  readonly outcome: Outcome;
  readonly fatal?: RollbackError;
}

/** Read again from the start where the bytes are not those that S3 has. */
const RETRIES = 3;

/** Fetches one version into its file, or sees that it is there. Throws CancelledError, and nothing that is about one key. */
export function fetcher(deps: FetchDeps, tally: Tally): (version: NamedVersion) => Promise<Fetched> {
  const { port, tree, stop } = deps;

  return async (version) => {
    try {
      return { outcome: version.isFolder ? await makeFolder(version) : await settleFile(version) };
    } catch (error) {
      if (error instanceof FileProblem) return { outcome: { kind: 'failed', failure: error.failure } };
      if (error instanceof S3Failure) return s3Outcome(version, error.failure);
      if (error instanceof RollbackError && !(error instanceof CancelledError)) {
        const { code, message, hint } = error;
        return { outcome: { kind: 'failed', failure: { code, message, hint } }, fatal: error };
      }
      throw error;
    }
  };

  async function makeFolder({ path }: NamedVersion): Promise<Outcome> {
    const { made } = await tree.folder(path.slice(0, -1));
    return { kind: made ? 'restored' : 'unchanged' };
  }

  async function settleFile(version: NamedVersion): Promise<Outcome> {
    const file = await tree.file(version.path);
    const there = await file.look();
    if (there === undefined) return fetchFile(version, file);
    if (there.size === version.size && (await isComplete(version, file, there.modified))) return { kind: 'unchanged' };
    throw inTheWay(`a different file is there already: ${forLog(version.path)}`);
  }

  /**
   * Is the file that is there this version? Its MD5 tells, where the ETag is one; elsewhere the time that we gave it when
   * it was complete.
   */
  async function isComplete(version: NamedVersion, file: TreeFile, modified: number): Promise<boolean> {
    const { key, versionId, etag, lastModified } = version;
    // Whole seconds: some file systems keep no more, and S3 tells no more.
    const isOurTime = Math.floor(modified / 1000) === Math.floor(lastModified / 1000);
    if (!isMd5(etag)) return isOurTime;
    const check = md5Check(etag);
    for await (const bytes of file.read()) {
      if (stop.aborted) throw new CancelledError();
      check.update(bytes);
    }
    if (await check.holds()) return true;
    if (!isOurTime) return false;
    // An object encrypted with a KMS key has an ETag that looks like an MD5, and is none.
    const head = await port.headVersion(key, versionId, false);
    return head?.encryption?.startsWith('aws:kms') === true || head?.customerKey === true;
  }

  async function fetchFile(version: NamedVersion, file: TreeFile): Promise<Outcome> {
    for (let retries = 0; ; retries++) {
      // Before the object is asked for: what is wrong here should not hold a connection.
      const target = await file.begin();
      try {
        const read = await readInto(target, version);
        if (read === 'another') {
          return { kind: 'conflict', found: 'the version was written over after it was listed' };
        }
        if (read === 'complete') {
          await target.finish(version.lastModified);
          return { kind: 'restored' };
        }
        if (retries === RETRIES) return { kind: 'failed', failure: MISMATCH };
      } finally {
        await target.discard();
      }
    }
  }

  async function readInto(target: NewFile, version: NamedVersion): Promise<'complete' | 'another' | 'damaged'> {
    const stream = await port.readObject(version.key, version.versionId);
    // Only the id `null` can be another object by now.
    if (stream.size !== version.size || (version.etag !== undefined && stream.etag !== version.etag)) {
      await giveUp(stream);
      return 'another';
    }
    const check = checkOf(stream);
    let size = 0;
    for await (const bytes of stream.chunks) {
      if (stop.aborted) throw new CancelledError();
      size += bytes.length;
      check?.update(bytes);
      await target.write(bytes);
    }
    if (size !== version.size || (await check?.holds()) === false) return 'damaged';
    if (check === undefined) deps.onUnproven();
    return 'complete';
  }

  async function s3Outcome({ key, ...version }: NamedVersion, failure: Failure): Promise<Fetched> {
    const outcome = { kind: 'failed', failure } as const;
    if (stopsTheRun(failure.code)) {
      return { outcome, fatal: new RollbackError(failure.code, failure.message, failure.hint) };
    }
    if (failure.code === 'changed-while-read') return { outcome: { kind: 'conflict', found: failure.message } };
    // What the listing does not tell: an archive tier, a restored copy that is gone by now, a key that only its owner has.
    if (failure.code !== 'InvalidObjectState' && failure.code !== 'InvalidRequest') return { outcome };
    try {
      const head = await port.headVersion(key, version.versionId, false);
      if (head?.customerKey === true) return { outcome: { kind: 'skipped', reason: 'customer-encryption-key' } };
      const entry = { ...version, deleteMarker: false, isLatest: false };
      const archived = head && archivedIn({ bucket: port.bucket, key }, entry, head);
      if (archived === undefined) return { outcome };
      countArchived(tally, [archived]);
      return { outcome: { kind: 'skipped', reason: 'archived' } };
    } catch (error) {
      if (error instanceof S3Failure) return { outcome };
      throw error;
    }
  }
}

/** Its connection is taken until somebody begins to read, and leaves. */
async function giveUp({ chunks }: ObjectStream): Promise<void> {
  for await (const _ of chunks) return;
}

const MISMATCH: Failure = {
  code: 'checksum-mismatch',
  message: `what was read is not what S3 has: size or checksum are wrong, ${RETRIES + 1} times in a row`,
  hint: 'Something between S3 and this runner damages the bytes. Try another runner, or see what a proxy does.',
};
