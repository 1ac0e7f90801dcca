import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SILENT } from '../../../src/core/narrator.ts';
import { openJournal } from '../../../src/files/journal.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the journal on disk', () => {
  it('holds a line when its append resolves, before the file is closed', async () => {
    const file = join(folder, 'deep', 'er', 'journal.jsonl');
    const journal = await openJournal(file, SILENT);
    await journal.append([{ end: '2026-11-22T14:00:00Z' }]);
    expect(readFileSync(file, 'utf8')).toBe('{"end":"2026-11-22T14:00:00Z"}\n');
    await journal.close();
  });

  it('keeps the order of appends that nobody waited for', async () => {
    const file = join(folder, 'journal.jsonl');
    const journal = await openJournal(file, SILENT);
    const numbers = Array.from({ length: 200 }, (_, i) => i + 1);
    await Promise.all(numbers.map((n) => journal.append([{ result: n, status: 'done' }])));
    await journal.close();
    const results = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(results.map((line) => JSON.parse(line).result)).toEqual(numbers);
  });

  it('never writes over the journal of an earlier run', async () => {
    const file = join(folder, 'journal.jsonl');
    const said: string[] = [];
    for (const run of ['one', 'two', 'three']) {
      const journal = await openJournal(file, { ...SILENT, say: (line) => said.push(line) });
      await journal.append([{ end: run }]);
      await journal.close();
    }
    const ends = [`${file}.1`, `${file}.2`, file].map((f) => JSON.parse(readFileSync(f, 'utf8')).end);
    expect(ends).toEqual(['one', 'two', 'three']);
    expect(said).toHaveLength(2);
  });

  it('names the input when the path does not work', async () => {
    writeFileSync(join(folder, 'file'), 'x');
    await expect(openJournal(join(folder, 'file', 'journal.jsonl'), SILENT)).rejects.toMatchObject({
      code: 'file-not-writable',
      message: expect.stringContaining('input "journal-file"'),
    });
  });
});
