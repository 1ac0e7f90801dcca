import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_SUMMARY_BYTES, writeSummary } from '../../../src/action/summary-file.ts';

describe('writeSummary', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'summary-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('appends, after an empty line that ends what was before, and tells how much room there is', async () => {
    const file = join(folder, 'some.md');
    writeFileSync(file, '<table>');
    let room = 0;
    const problem = await writeSummary({ GITHUB_STEP_SUMMARY: file }, (maxBytes) => {
      room = maxBytes;
      return '## ours\n';
    });
    expect(problem).toBeUndefined();
    expect(room).toBe(MAX_SUMMARY_BYTES - '<table>\n\n'.length);
    expect(readFileSync(file, 'utf8')).toBe('<table>\n\n## ours\n');
  });

  it('makes the file', async () => {
    const file = join(folder, 'new.md');
    expect(await writeSummary({ GITHUB_STEP_SUMMARY: file }, () => 'x')).toBeUndefined();
    expect(readFileSync(file, 'utf8')).toBe('x');
  });

  it.each([[{}], [{ GITHUB_STEP_SUMMARY: '' }]])('does nothing outside GitHub', async (env) => {
    const problem = await writeSummary(env, () => {
      throw new Error('not asked');
    });
    expect(problem).toBeUndefined();
  });

  it('warns when it cannot be written', async () => {
    const problem = await writeSummary({ GITHUB_STEP_SUMMARY: join(folder, 'no', 'such', 'file') }, () => 'x');
    expect(problem).toMatch(/^The job summary could not be written: ENOENT/);
  });

  it('warns when there is no room', async () => {
    const file = join(folder, 'full.md');
    writeFileSync(file, 'x'.repeat(MAX_SUMMARY_BYTES));
    expect(await writeSummary({ GITHUB_STEP_SUMMARY: file }, (max) => (max > 0 ? 'x' : ''))).toMatch(/is full/);
    expect(readFileSync(file, 'utf8')).toHaveLength(MAX_SUMMARY_BYTES);
  });

  it('warns when it cannot be rendered: a summary never breaks a run', async () => {
    const problem = await writeSummary({ GITHUB_STEP_SUMMARY: join(folder, 'broken.md') }, () => {
      throw new Error('bug');
    });
    expect(problem).toBe('The job summary could not be written: bug');
  });
});
