import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { Files } from './input-files.ts';
import { workspaceOf } from './input-files.ts';
import { type Env, type InputReader, quoted } from './input-reader.ts';

/** Where the report goes as a page. Both absolute. */
export interface PageAccess {
  readonly file: string;
  readonly workspace: string;
}

/**
 * The path of the page; `undefined` where none is asked for, or with a problem. It lies in the workspace, whatever links lead
 * where: what may be uploaded and published from there must not be written over elsewhere.
 */
export function parsePage(read: InputReader, env: Env, files: Files | undefined): PageAccess | undefined {
  const given = read.text('report-html');
  if (given === '') return undefined;
  const workspace = workspaceOf(env);
  const file = resolve(workspace, given);
  const wrong = problemOf(given, file, workspace) ?? clash(file, files);
  if (wrong === undefined) return { file, workspace };
  read.problem('report-html', wrong, 'Give a path in the workspace that ends in .html, such as out/report.html.');
  return undefined;
}

function problemOf(given: string, file: string, workspace: string): string | undefined {
  const is = quoted(given);
  if (given.includes('\0') || /[\r\n]/.test(given)) return `${is} is not the path of a file`;
  if (!isInside(workspace, file)) return `${is} is outside the workspace`;
  if (!/[^\\/]\.html?$/i.test(given)) return `${is} does not end in .html`;
  try {
    const above = nearest(dirname(file));
    if (above !== realpathSync(workspace) && !isInside(realpathSync(workspace), above))
      return `${is} leads out of the workspace, by a link`;
    if (!statSync(above).isDirectory()) return `${is} lies below something that is no folder`;
    const link = lstatSync(file, { throwIfNoEntry: false });
    if (link !== undefined) {
      if (!isInside(realpathSync(workspace), realpathSync(file)))
        return `${is} is a link that leads out of the workspace`;
      if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return `${is} is there, and is no file`;
    }
  } catch (error) {
    return `${is} cannot be looked at (${error instanceof Error ? error.message : String(error)})`;
  }
  return undefined;
}

function clash(file: string, files: Files | undefined): string | undefined {
  if (files?.planFile === file) return 'is the same file as plan-file';
  return files?.journalFile === file ? 'is the same file as journal-file' : undefined;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !/^\.\.[\\/]/.test(way) && !isAbsolute(way);
}

/** Where the nearest folder leads that is there already. */
function nearest(folder: string): string {
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) return realpathSync(folder);
  return dirname(folder) === folder ? folder : nearest(dirname(folder));
}
