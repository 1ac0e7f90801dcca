import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RollbackError } from '../core/errors.ts';
import { compareKeys } from '../core/keys.ts';
import { linesOf } from '../core/lines.ts';
import {
  NO_DIGEST,
  type PlanHeader,
  type PlannedKey,
  parsePlanHeader,
  parsePlanLine,
  planDigest,
  planHeaderLine,
  planLine,
} from '../core/plan.ts';
import { makeFolder, openForWriting, orNotWritable } from './open.ts';

/**
 * The plan on its way to disk. Listing runs side by side, so lines arrive in segments of neighbouring keys; each
 * segment is spooled to a part of its own, and the parts, sorted, become the plan file. Memory holds a few kilobytes
 * a segment, whatever the plan's length.
 */
export interface PlanSpool {
  segment(start: string): SegmentSpool;
  /** Put the parts together, in order, with header and digest. `onLine` sees each line as it goes by. */
  finish(onLine: (line: string) => void): Promise<{ digest: string }>;
  /** Remove the parts, whatever happened. */
  cleanUp(): Promise<void>;
}

export interface SegmentSpool {
  /** Lines in S3's order of keys. */
  write(lines: readonly PlannedKey[]): Promise<void>;
  end(): Promise<void>;
}

const FLUSH_CHARACTERS = 64 * 1024;

/**
 * `tempFolder`: where the parts are put meanwhile.
 * @throws RollbackError `file-not-writable` at once, before any work is done in vain.
 */
export async function openPlanSpool(
  planFile: string,
  tempFolder: string,
  header: Omit<PlanHeader, 'digest'>,
): Promise<PlanSpool> {
  const place = { file: planFile, input: 'plan-file' } as const;
  const plan = await openForWriting(place);
  const folder = join(tempFolder, 'plan-parts');
  await orNotWritable(place, () => makeFolder(folder));
  const parts: { start: string; file: string }[] = [];
  let opened = 0;

  return {
    segment(start) {
      const file = join(folder, `${opened++}.jsonl`);
      let handle: FileHandle | undefined;
      let buffer = '';
      async function flush(): Promise<void> {
        if (buffer === '') return;
        if (handle === undefined) {
          handle = await open(file, 'w', 0o600);
          parts.push({ start, file });
        }
        const text = buffer;
        buffer = '';
        await handle.appendFile(text);
      }
      return {
        async write(lines) {
          for (const line of lines) buffer += planLine(line);
          if (buffer.length >= FLUSH_CHARACTERS) await orNotWritable(place, flush);
        },
        async end() {
          try {
            await orNotWritable(place, flush);
          } finally {
            await handle?.close();
          }
        },
      };
    },

    finish: (onLine) => orNotWritable(place, () => assemble(onLine)),

    async cleanUp() {
      await plan.close();
      await rm(folder, { recursive: true, force: true });
    },
  };

  async function assemble(onLine: (line: string) => void): Promise<{ digest: string }> {
    const digest = planDigest(header);
    await plan.appendFile(planHeaderLine({ ...header, digest: NO_DIGEST }));
    for (const part of parts.sort((a, b) => compareKeys(a.start, b.start))) {
      let buffer = '';
      for await (const line of linesOf(createReadStream(part.file))) {
        onLine(line);
        buffer += `${line}\n`;
        if (buffer.length >= FLUSH_CHARACTERS) {
          digest.add(buffer);
          await plan.appendFile(buffer);
          buffer = '';
        }
      }
      digest.add(buffer);
      await plan.appendFile(buffer);
    }
    const value = digest.digest();
    // The header's length does not depend on the digest, so it can be put in afterwards. A file whose writer died
    // before has a digest of zeros, which matches nothing.
    await plan.write(planHeaderLine({ ...header, digest: value }), 0);
    await plan.datasync();
    return { digest: value };
  }
}

/** The first line of a plan. @throws RollbackError `invalid-plan` */
export async function readPlanHeader(planFile: string): Promise<PlanHeader> {
  for await (const text of linesOf(createReadStream(planFile))) return parsePlanHeader(text);
  return parsePlanHeader('');
}

/**
 * Read a plan line by line. Its digest is checked at the end of the file; the caller that must not begin before it is
 * known reads the file twice (`for await` over it once, doing nothing).
 * @throws RollbackError `invalid-plan`, `plan-digest-mismatch`
 */
export async function* readPlan(planFile: string, expectedDigest?: string): AsyncGenerator<PlannedKey> {
  let number = 0;
  let header: PlanHeader | undefined;
  let digest: ReturnType<typeof planDigest> | undefined;
  for await (const text of linesOf(createReadStream(planFile))) {
    number += 1;
    if (header === undefined || digest === undefined) {
      header = parsePlanHeader(text);
      digest = planDigest(header);
      continue;
    }
    digest.add(`${text}\n`);
    yield parsePlanLine(text, number);
  }
  const found = digest?.digest();
  if (found === undefined || found !== (expectedDigest ?? header?.digest)) {
    throw new RollbackError(
      'plan-digest-mismatch',
      `${planFile} is not the plan that was made: its digest is ${found ?? 'missing'}`,
      'The file was changed. Make a new plan with dry-run: true.',
    );
  }
}
