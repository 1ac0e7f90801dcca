import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, type ExpectStatic } from 'vitest';
import type { Inputs } from '../../support/runner.ts';
import type { Act, ActOptions } from './act.ts';
import { type PlannedFile, plannedFiles } from './download-plan.ts';

const yards: string[] = [];

afterAll(() => {
  for (const yard of yards) rmSync(yard, { recursive: true, force: true });
});

/** What downloads are called while they are under way. */
const TEMPORARY = '.s3-rollback-';

export interface Downloads {
  /** Two folders above `directory`, with other things in it that are not to be touched. */
  readonly yard: string;
  readonly workspace: string;
  /** What the input `directory` names, unless a run has another: `restored` in the workspace. Not there yet. */
  readonly directory: string;
  /** Runs a download into `directory`; checks that nothing beside it has changed. */
  readonly download: (inputs: Inputs, options?: ActOptions) => Promise<Download>;
  /** Every file below `directory` with its content, every folder as `name/`, every link as `-> target`. */
  readonly files: () => Record<string, string>;
  /** The time of a file, milliseconds since 1970. */
  readonly time: (path: string) => number;
}

export interface Download extends Act {
  /** The plan of it. */
  files(): PlannedFile[];
}

interface Context {
  readonly act: (inputs: Inputs, options?: ActOptions) => Promise<Act>;
  readonly expect: ExpectStatic;
}

/** A folder for the downloads of one test, in surroundings that nothing may get into, and nothing may be lost from. */
export function downloads({ act, expect }: Context): Downloads {
  const yard = mkdtempSync(join(tmpdir(), 's3-rollback-yard-'));
  yards.push(yard);
  const workspace = join(yard, 'work', 'space');
  const directory = join(workspace, 'restored');
  mkdirSync(join(workspace, 'etc'), { recursive: true });
  mkdirSync(join(yard, 'etc'));
  for (const file of ['etc/passwd', 'work/secret', 'work/space/a', 'work/space/etc/x']) {
    writeFileSync(join(yard, file), `${file}, not to be touched`);
  }
  const around = () =>
    Object.fromEntries(Object.entries(listed(yard)).filter(([path]) => !isIn(path, relative(yard, directory))));
  return {
    yard,
    workspace,
    directory,
    files: () => listed(directory),
    time: (path) => statSync(join(directory, path)).mtimeMs,
    async download(inputs, options = {}) {
      const before = around();
      const env = { GITHUB_WORKSPACE: workspace, ...options.env };
      const run = await act({ operation: 'download', directory: 'restored', ...inputs }, { ...options, env });
      expect(around(), 'what lies beside the folder').toEqual(before);
      if (run.signal === null) {
        const left = Object.keys(listed(directory)).filter((path) => path.includes(TEMPORARY));
        expect(left, 'files that are under way, after the run').toEqual([]);
      }
      return { ...run, files: () => plannedFiles(readFileSync(run.outputs['plan-file'] ?? '', 'utf8')) };
    },
  };
}

function isIn(path: string, folder: string): boolean {
  return path === `${folder}/` || path.startsWith(`${folder}/`);
}

/** Larger files are told by their size. */
const SHOWN_BYTES = 1024 * 1024;

function listed(folder: string): Record<string, string> {
  const found: [path: string, content: string][] = [];
  const walk = (at: string, path: string) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const full = join(at, entry.name);
      const name = path + entry.name;
      if (entry.isSymbolicLink()) found.push([name, `-> ${readlinkSync(full)}`]);
      else if (entry.isDirectory()) {
        found.push([`${name}/`, '']);
        walk(full, `${name}/`);
      } else found.push([name, contentOf(full)]);
    }
  };
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) walk(folder, '');
  // Also of a file that is called __proto__.
  return Object.fromEntries(found);
}

function contentOf(file: string): string {
  const { size } = statSync(file);
  return size > SHOWN_BYTES ? `${size} bytes` : readFileSync(file).toString('latin1');
}
