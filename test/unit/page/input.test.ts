import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, problemsOf, UNDELETE } from '../action/inputs-support.ts';

let folder: string;
let workspace: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 's3-rollback-input-')));
  workspace = join(folder, 'space');
  for (const path of ['space/out', 'space/folder.html', 'outside']) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'outside/there.html'), '');
  writeFileSync(join(workspace, 'plain'), '');
  writeFileSync(join(workspace, 'own.html'), '');
  symlinkSync(join(folder, 'outside'), join(workspace, 'away'));
  symlinkSync(join(folder, 'outside/there.html'), join(workspace, 'away.html'));
  symlinkSync(join(folder, 'outside/not-there.html'), join(workspace, 'nowhere.html'));
  symlinkSync(join(workspace, 'out'), join(workspace, 'within'));
  symlinkSync(workspace, join(folder, 'link-to-space'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const env = () => ({ GITHUB_WORKSPACE: workspace });
const page = (path: string) => parse({ ...UNDELETE, 'report-html': path }, env()).page;

it('nobody asked: no page', () => {
  expect(parse(UNDELETE).page).toBeUndefined();
});

describe('a path in the workspace', () => {
  it.each([
    'report.html',
    'out/report.html',
    './out/../report.html',
    'new/folders/Report.HTM',
    'own.html',
    'within/a.html',
  ])('%s', (path) => {
    expect(page(path)).toEqual({ file: join(workspace, path), workspace });
  });

  it('absolute', () => {
    expect(page(join(workspace, 'a.html'))?.file).toBe(join(workspace, 'a.html'));
  });

  it('in a workspace that is itself a link', () => {
    const linked = { GITHUB_WORKSPACE: join(folder, 'link-to-space') };
    const given = { ...UNDELETE, 'report-html': 'out/a.html' };
    expect(parse(given, linked).page?.file).toBe(join(folder, 'link-to-space/out/a.html'));
  });
});

describe('refused, and nothing is sent', () => {
  it.each([
    ['above the workspace', '../report.html', /outside the workspace/],
    ['beside it, with its name', '../space-2/report.html', /outside the workspace/],
    ['elsewhere', '/tmp/report.html', /outside the workspace/],
    ['below a folder that is a link to elsewhere', 'away/report.html', /leads out of the workspace, by a link/],
    ['below a new folder in one', 'away/new/report.html', /leads out of the workspace, by a link/],
    ['a link to a file elsewhere', 'away.html', /is a link that leads out of the workspace/],
    ['a link to nothing, elsewhere', 'nowhere.html', /cannot be looked at/],
    ['a folder', 'folder.html', /is no file/],
    ['a folder to come', 'out/', /does not end in .html/],
    ['below a file', 'plain/report.html', /no folder/],
    ['another ending', 'report.txt', /does not end in .html/],
    ['nothing but the ending', 'out/.html', /does not end in .html/],
    ['two lines', 'a\nb.html', /not the path of a file/],
    ['a NUL', 'a\0b.html', /not the path of a file/],
  ])('%s', (_, path, problem) => {
    const problems = problemsOf({ ...UNDELETE, 'report-html': path }, env());
    expect(problems).toMatchObject([{ input: 'report-html', problem: expect.stringMatching(problem) }]);
    expect(problems[0]?.mend).toContain('.html');
  });

  it.each(['plan-file', 'journal-file'])('the same file as %s', (name) => {
    const problems = problemsOf({ ...UNDELETE, 'report-html': 'a.html', [name]: './a.html' }, env());
    expect(problems).toMatchObject([{ input: 'report-html', problem: `is the same file as ${name}` }]);
  });
});
