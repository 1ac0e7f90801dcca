import { createHash } from 'node:crypto';
import { NO_DIGEST } from '../core/plan.ts';
import { targetRecord } from '../core/report.ts';
import type { DownloadRequest } from '../core/request.ts';
import { scopeRecord } from '../core/scope.ts';
import { formatTime } from '../core/time.ts';
import { openForWriting, orNotWritable } from '../files/open.ts';
import type { NamedVersion } from './download-names.ts';

/**
 * The plan of a download: what will be fetched, and where to. JSON Lines like the plan of a restore, with the same kind of
 * digest (SHA-256 over all bytes, the header's digest as zeros), sorted by path with `/` before everything else.
 */
export interface DownloadPlan {
  write(bucket: string, versions: readonly NamedVersion[]): Promise<void>;
  finish(): Promise<{ readonly file: string; readonly digest: string }>;
  close(): Promise<void>;
}

const FLUSH_CHARACTERS = 64 * 1024;

/** @throws RollbackError `file-not-writable` at once, before any work is done in vain. */
export async function openDownloadPlan(request: DownloadRequest, now: number): Promise<DownloadPlan> {
  const place = { file: request.planFile, input: 'plan-file' } as const;
  const handle = await openForWriting(place);
  const createdAt = formatTime(now);
  let buffer = headerLine(request, createdAt, NO_DIGEST);
  const hash = createHash('sha256');

  async function flush(): Promise<void> {
    const text = buffer;
    buffer = '';
    hash.update(text);
    await orNotWritable(place, () => handle.appendFile(text));
  }

  return {
    async write(bucket, versions) {
      for (const { key, versionId, size, path } of versions) {
        buffer += `${JSON.stringify({ bucket, key, versionId, size, path })}\n`;
      }
      if (buffer.length >= FLUSH_CHARACTERS) await flush();
    },
    async finish() {
      await flush();
      const digest = `sha256:${hash.digest('hex')}`;
      await orNotWritable(place, async () => {
        // The header's length does not depend on the digest, so it can be put in afterwards.
        await handle.write(headerLine(request, createdAt, digest), 0);
        await handle.datasync();
      });
      return { file: request.planFile, digest };
    },
    close: () => handle.close(),
  };
}

function headerLine(
  { operation, scope, target, directory }: DownloadRequest,
  createdAt: string,
  digest: string,
): string {
  return `${JSON.stringify({
    schemaVersion: 1,
    kind: 'download',
    operation,
    bucket: scope.bucket,
    scope: scopeRecord(scope),
    target: targetRecord(target),
    directory,
    createdAt,
    digest,
  })}\n`;
}
