import { isUtf8 } from 'node:buffer';
import { constants, createReadStream } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RollbackError } from '../core/errors.ts';
import { fileKindOf } from '../core/file-kind.ts';
import { type JournalHeader, parseJournalLine } from '../core/journal.ts';
import { compareKeys } from '../core/keys.ts';
import { linesOf } from '../core/lines.ts';
import { forLog } from '../core/text.ts';
import type { JournalStep, Window } from '../core/undo.ts';
import { openSorter, type Sorter } from '../files/sort.ts';

/** The steps of an earlier run, sorted by key, on disk where there are many. */
export interface JournalSteps {
  readonly header: JournalHeader;
  readonly buckets: ReadonlySet<string>;
  readonly steps: Sorter<JournalStep>;
  /** The run came to its end. */
  readonly ended: boolean;
  /** By the clock of the runner that it was on. */
  readonly window: Window;
}

/** All steps of one key, in the order of the journal; at least one. */
export interface KeySteps {
  readonly bucket: string;
  readonly key: string;
  readonly steps: readonly JournalStep[];
}

/** A run that was killed noted no end; a job on a runner of GitHub lasts no longer. https://docs.github.com/en/actions/reference/limits */
const LONGEST = 6 * 60 * 60_000;

const GROUP = 1000;
const BATCH = 1000;

/**
 * Read a journal to its end. Memory holds what was in flight at a time, whatever its length. The last line may be cut short, by
 * the death of its writer: the step of an intent that is cut was never sent.
 * @throws RollbackError `journal-not-found`, `invalid-journal` with the line
 */
export async function readJournalSteps(file: string, folder: string, stop: AbortSignal): Promise<JournalSteps> {
  await checkFile(file);
  const steps = openSorter<JournalStep>({
    folder: join(folder, 'journal-steps'),
    stop,
    encode: (step) => JSON.stringify(step),
    decode: (line) => JSON.parse(line) as JournalStep,
    compare: ({ intent: a }, { intent: b }) =>
      compareKeys(a.bucket, b.bucket) || compareKeys(a.key, b.key) || a.intent - b.intent,
  });
  const open = new Map<number, JournalStep['intent']>();
  const buckets = new Set<string>();
  let header: JournalHeader | undefined;
  let end: string | undefined;
  let answered: JournalStep[] = [];
  let number = 0;
  let last = 0;
  let broken: number | undefined;
  try {
    for await (const text of lines(file)) {
      number += 1;
      if (broken !== undefined) throw invalid(file, broken, 'is not a line of a journal, or was cut in the middle');
      const line = text === undefined ? undefined : parseJournalLine(text);
      if (header === undefined) {
        if (line === undefined || !('kind' in line)) throw invalid(file, number, whatElse(text));
        header = line;
      } else if (line === undefined) {
        broken = number;
      } else if ('intent' in line) {
        // Counted by the run, and written in that order.
        if (line.intent !== last + 1) throw invalid(file, number, `is step ${line.intent}, after step ${last}`);
        last = line.intent;
        open.set(line.intent, line);
        buckets.add(line.bucket);
      } else if ('result' in line) {
        const intent = open.get(line.result);
        if (intent === undefined) throw invalid(file, number, 'is the answer to a step that is not there');
        open.delete(line.result);
        answered.push({ intent, result: line });
        if (answered.length >= BATCH) {
          await steps.add(answered);
          answered = [];
        }
      } else if ('end' in line) end = line.end;
      else throw invalid(file, number, 'is a second header: these are the journals of two runs');
    }
    if (header === undefined) throw invalid(file, 1, 'is missing: the file is empty');
    await steps.add([...answered, ...[...open.values()].map((intent) => ({ intent }))]);
    return { header, buckets, steps, ended: end !== undefined, window: windowOf(file, header, end, number) };
  } catch (error) {
    await steps.cleanUp();
    throw error;
  }
}

/** @throws RollbackError `invalid-journal` for what is no time */
function windowOf(file: string, { startedAt }: JournalHeader, end: string | undefined, last: number): Window {
  const from = Date.parse(startedAt);
  if (Number.isNaN(from)) throw invalid(file, 1, `says that the run began at ${forLog(startedAt)}, which is no time`);
  const to = end === undefined ? from + LONGEST : Date.parse(end);
  if (Number.isNaN(to)) throw invalid(file, last, `says that the run ended at ${forLog(end ?? '')}, which is no time`);
  return { from, to };
}

/** The keys of a journal in groups, each of one bucket. */
export async function* stepGroups(steps: Sorter<JournalStep>): AsyncGenerator<KeySteps[]> {
  let group: KeySteps[] = [];
  let own: JournalStep[] = [];
  const close = (first: JournalStep) => group.push({ bucket: first.intent.bucket, key: first.intent.key, steps: own });
  for await (const batch of steps.sorted()) {
    for (const step of batch) {
      const [first] = own;
      const { bucket, key } = step.intent;
      if (first !== undefined && (first.intent.key !== key || first.intent.bucket !== bucket)) {
        close(first);
        own = [];
        if (group.length >= GROUP || first.intent.bucket !== bucket) {
          yield group;
          group = [];
        }
      }
      own.push(step);
    }
  }
  const [first] = own;
  if (first !== undefined) close(first);
  if (group.length > 0) yield group;
}

/** `undefined`: a line that is no UTF-8; the last one may end in the middle of a character. */
async function* lines(file: string): AsyncGenerator<string | undefined> {
  // A byte a character: a bad one must not take the lines before it with it.
  for await (const bytes of linesOf(createReadStream(file, 'latin1'))) yield utf8(Buffer.from(bytes, 'latin1'));
}

function utf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

/** The first line is no header of a journal: what else may it be? */
function whatElse(text: string | undefined): string {
  const data = fileKindOf(text ?? '');
  if (data === undefined) return 'is not the header of a journal';
  if (data.kind === 'journal' && data.schemaVersion === 1) return 'is a header of a journal that was changed';
  if (data.kind !== 'journal') return `says that this is a ${forLog(data.kind)}, not a journal`;
  return `is of another version of s3-rollback (schemaVersion ${data.schemaVersion}): take it back with that one`;
}

async function checkFile(file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  const isReadable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (there?.isFile() === true && isReadable) return;
  const what = there === undefined ? 'there is no file' : there.isFile() ? 'this job may not read' : 'no file is at';
  throw new RollbackError(
    'journal-not-found',
    `input "journal-file": ${what} ${forLog(file)}`,
    'Give the path at which actions/download-artifact put the journal of the run to take back: its output journal-file.',
  );
}

function invalid(file: string, line: number, what: string): RollbackError {
  return new RollbackError(
    'invalid-journal',
    `input "journal-file": line ${line} of ${forLog(file)} ${what}`,
    'Give the whole file, as the run wrote it. Nothing was changed.',
  );
}
