import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Place } from '../core/decide.ts';
import { parseJournalLine } from '../core/journal.ts';
import { linesOf } from '../core/lines.ts';
import { parsePlanLine } from '../core/plan.ts';

/** What a journal says of a run that could not speak for itself. Counts are of steps. */
export interface JournalFindings {
  /** S3 said that it is done, or that there was nothing left to do. */
  done: number;
  /** The guard held: somebody had written meanwhile, and nothing was changed. */
  conflicts: number;
  failed: number;
  /** Begun, and no answer seen: may or may not have taken effect. */
  readonly open: ReadonlyMap<number, Place>;
  /** Begun, whatever became of it, without those that were not sent after all. */
  begun: number;
  /** The run had come to its end with the bucket. */
  ended: boolean;
}

/**
 * Read the journal of the run that began at `startedAt` (ms), line by line: memory holds what is in flight.
 * `undefined`: there is none, so nothing was changed. A journal that is older is another run's.
 */
export async function readJournal(file: string, startedAt: number): Promise<JournalFindings | undefined> {
  if (!(await exists(file))) return undefined;
  const open = new Map<number, Place>();
  const findings = { done: 0, conflicts: 0, failed: 0, open, begun: 0, ended: false };
  let ours = false;
  try {
    for await (const text of linesOf(createReadStream(file))) {
      const line = parseJournalLine(text);
      // Only the last line may be cut short, by the death of its writer: its step was never sent.
      if (line === undefined) continue;
      if ('kind' in line) {
        ours = Date.parse(line.startedAt) >= startedAt;
        if (!ours) return undefined;
      } else if ('intent' in line) {
        findings.begun += 1;
        open.set(line.intent, { bucket: line.bucket, key: line.key });
      } else if ('result' in line) {
        open.delete(line.result);
        if (line.status === 'done' || line.status === 'gone') findings.done += 1;
        else if (line.status === 'conflict') findings.conflicts += 1;
        else if (line.status === 'failed') findings.failed += 1;
        else findings.begun -= 1;
      } else {
        findings.ended = true;
      }
    }
  } catch (error) {
    // The last line may also end in the middle of a character.
    if (!(error instanceof TypeError)) throw error;
  }
  return ours ? findings : undefined;
}

/** The steps of a plan, or `undefined` where the plan cannot be read to its end. */
export async function countPlannedSteps(file: string): Promise<number | undefined> {
  let steps = 0;
  let number = 0;
  try {
    for await (const text of linesOf(createReadStream(file))) {
      number += 1;
      if (number > 1) steps += parsePlanLine(text, number).steps.length;
    }
    return steps;
  } catch {
    return undefined;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
