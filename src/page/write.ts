import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { KeyRow, ReadRows } from '../core/key-row.ts';
import { countRows, type RowCounts } from './counts.ts';
import { closingOf, MAX_ROWS, openingOf, type Page } from './document.ts';
import { forScript, KINDS, needsLook, openRowWriter } from './rows.ts';
import { labelsOf, prefixOf } from './words.ts';

/** Where the page is to be. Both absolute. */
export interface PagePlace {
  readonly file: string;
  /** The file lies in it, and nothing is written outside of it. */
  readonly workspace: string;
}

const FLUSH_CHARACTERS = 256 * 1024;

/**
 * Write a page, row by row, whatever their number. It appears whole under its name, or not at all.
 * @throws Error of the file system; of `read`
 */
export async function writePage(place: PagePlace, page: Page, read: ReadRows): Promise<void> {
  const folder = await folderOf(place);
  const part = join(folder, `.${randomUUID().slice(0, 13)}.part`);
  const handle = await open(part, 'wx', 0o644);
  try {
    try {
      await writeTo(handle, page, read);
    } finally {
      await handle.close();
    }
    // What is there is replaced; were it a link, the link.
    await rename(part, join(folder, basename(place.file)));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** The folder, made where it is not there. The inputs were looked at when the run began; what runs since may have changed it. */
async function folderOf({ file, workspace }: PagePlace): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const folder = await realpath(dirname(file));
  const way = relative(await realpath(workspace), folder);
  if (way === '..' || /^\.\.[\\/]/.test(way)) throw new Error(`${dirname(file)} leads out of the workspace`);
  return folder;
}

async function writeTo(handle: FileHandle, page: Page, read: ReadRows): Promise<void> {
  const prefix = prefixOf(page.report);
  const counts = await countRows(read, prefix);
  let text = openingOf(page, counts);
  if (counts.keys > 0) {
    const writer = openRowWriter();
    let between = '{"rows":[\n';
    for await (const row of chosen(read, counts)) {
      text += `${between}${writer.row(row)}`;
      between = ',\n';
      if (text.length < FLUSH_CHARACTERS) continue;
      await handle.appendFile(text);
      text = '';
    }
    const labels = labelsOf(page.report);
    const rest = {
      words: writer.words(),
      kinds: KINDS,
      labels: KINDS.map((kind) => labels[kind]),
      folders: counts.folders.map(({ folder }) => folder),
      base: prefix.lastIndexOf('/') + 1,
      reasons: page.reasons,
    };
    text += `\n],${forScript(rest).slice(1)}`;
  }
  await handle.appendFile(text + closingOf(counts));
}

/** The rows of the page: what needs a look first, then the others, as many as it may have. */
async function* chosen(read: ReadRows, { kinds, keys }: RowCounts): AsyncGenerator<KeyRow> {
  const trouble = (kinds.failed ?? 0) + (kinds.conflict ?? 0);
  yield* some(read, needsLook, Math.min(trouble, MAX_ROWS));
  yield* some(read, (row) => !needsLook(row), Math.min(keys, MAX_ROWS) - Math.min(trouble, MAX_ROWS));
}

async function* some(read: ReadRows, wanted: (row: KeyRow) => boolean, most: number): AsyncGenerator<KeyRow> {
  let left = most;
  if (left === 0) return;
  for await (const batch of read()) {
    for (const row of batch) {
      if (!wanted(row)) continue;
      yield row;
      left -= 1;
      if (left === 0) return;
    }
  }
}
