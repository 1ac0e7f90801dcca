import type { FileHandle } from 'node:fs/promises';
import type { JournalLine } from '../core/journal.ts';
import { openForWriting } from './open.ts';

/** The journal on disk. Lines that wait together are written and synced together (group commit). */
export interface JournalFile {
  /** Resolves when the lines are on the disk, not only in a buffer. @throws what the file system throws */
  append(lines: readonly JournalLine[]): Promise<void>;
  /** Waits for what was appended. */
  close(): Promise<void>;
}

/** @throws RollbackError `file-not-writable` */
export async function openJournal(file: string): Promise<JournalFile> {
  const handle = await openForWriting(file, 'journal-file');
  let waiting: { text: string; done: () => void; failed: (error: unknown) => void }[] = [];
  let writing: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        await writeAll(handle, group.map((w) => w.text).join(''));
        await handle.datasync();
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

/** One write call may take only a part (a full disk says so first that way). */
async function writeAll(handle: FileHandle, text: string): Promise<void> {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    const { bytesWritten } = await handle.write(bytes);
    bytes = bytes.subarray(bytesWritten);
  }
}
