import { type FileHandle, rename, stat } from 'node:fs/promises';
import type { JournalLine } from '../core/journal.ts';
import type { Narrator } from '../core/narrator.ts';
import { forLog } from '../core/text.ts';
import { openForWriting, orNotWritable } from './open.ts';

/** The journal on disk. Lines that wait together are written and synced together (group commit). */
export interface JournalFile {
  /** Resolves when the lines are on the disk, not only in a buffer. @throws RollbackError `file-not-writable` */
  append(lines: readonly JournalLine[]): Promise<void>;
  /** Waits for what was appended. */
  close(): Promise<void>;
}

/**
 * Open a run's journal. One that an earlier run left under this name is what can take that run back: it is moved to
 * `<file>.1` (`.2`, …), never written over.
 * @throws RollbackError `file-not-writable`
 */
export async function openJournal(file: string, narrator: Narrator): Promise<JournalFile> {
  const kept = await keepEarlier(file);
  if (kept !== undefined) narrator.say(`The journal of an earlier run was moved to ${forLog(kept)}.`);
  const place = { file, input: 'journal-file' } as const;
  const handle = await openForWriting(place);
  let waiting: { text: string; done: () => void; failed: (error: unknown) => void }[] = [];
  let writing: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        await orNotWritable(place, async () => {
          await writeAll(handle, group.map((w) => w.text).join(''));
          await handle.datasync();
        });
        for (const w of group) w.done();
      } catch (error) {
        for (const w of group) w.failed(error);
      }
    }
    writing = undefined;
  }

  return {
    append(lines) {
      if (lines.length === 0) return Promise.resolve();
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      const written = new Promise<void>((done, failed) => waiting.push({ text, done, failed }));
      writing ??= drain();
      return written;
    },
    async close() {
      await writing;
      await handle.close();
    },
  };
}

async function keepEarlier(file: string): Promise<string | undefined> {
  if (!(await hasContent(file))) return undefined;
  for (let n = 1; ; n++) {
    const kept = `${file}.${n}`;
    if (await hasContent(kept)) continue;
    await orNotWritable({ file, input: 'journal-file' }, () => rename(file, kept));
    return kept;
  }
}

async function hasContent(file: string): Promise<boolean> {
  const stats = await stat(file).catch(() => undefined);
  return stats?.isFile() === true && stats.size > 0;
}

/** One write call may take only a part (a full disk says so first that way). */
async function writeAll(handle: FileHandle, text: string): Promise<void> {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    const { bytesWritten } = await handle.write(bytes);
    bytes = bytes.subarray(bytesWritten);
  }
}
