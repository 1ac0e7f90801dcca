import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { KeyRow } from '../../../src/core/key-row.ts';
import { folderOf } from '../../../src/core/report.ts';
import { forHtml } from '../../../src/core/text.ts';
import { KINDS, openRowWriter } from '../../../src/page/rows.ts';
import { SCRIPT } from '../../../src/page/script.ts';
import { LOGIC } from '../../../src/page/script-logic.ts';
import { AWKWARD_KEYS } from '../../acceptance/support/awkward-keys.ts';
import { NASTY_KEYS } from '../action/support.ts';
import { failed, restored } from './support.ts';

const EVERY_KEY = [...NASTY_KEYS, ...AWKWARD_KEYS.map(([, key]) => key)];

interface Logic {
  visible(text: string): string;
  folderOf(key: string, base: number): string;
  unpack(data: unknown, i: number): Record<string, unknown>;
  haystack(data: unknown, i: number): string;
  passing(data: unknown, filter: unknown, find: (i: number) => string): number[];
  sorted(data: unknown, places: number[], order: { by: string; down: boolean }): number[];
}

const logic = runInNewContext(`${LOGIC}; ({ visible, folderOf, unpack, haystack, passing, sorted })`) as Logic;

/** What the page reads of these rows. */
function dataOf(rows: readonly KeyRow[], base = 0): { rows: unknown[] } & Record<string, unknown> {
  const writer = openRowWriter();
  const packed = rows.map((row) => JSON.parse(writer.row(row)) as unknown);
  return { rows: packed, words: writer.words(), kinds: KINDS, labels: KINDS, folders: [], base, reasons: {} };
}

interface Filter {
  readonly kinds?: readonly KeyRow['kind'][];
  readonly folder?: string;
  readonly search?: string;
}

function keysThat(rows: readonly KeyRow[], filter: Filter, base = 0) {
  const data = dataOf(rows, base);
  const kinds = new Set((filter.kinds ?? []).map((kind) => KINDS.indexOf(kind)));
  const find = (i: number) => logic.haystack(data, i);
  const places = logic.passing(data, { kinds, folder: filter.folder, search: filter.search ?? '' }, find);
  return places.map((i) => rows[i]?.key);
}

it('the script is JavaScript without a fault that its types can tell', () => {
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-script-'));
  const options = {
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    target: 'es2024',
    lib: ['es2024', 'dom', 'dom.iterable'],
    types: [],
  };
  writeFileSync(join(folder, 'script.js'), SCRIPT);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['script.js'] }));
  const tsc = resolve(import.meta.dirname, '../../../node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  } catch (error) {
    expect.fail(error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('what cannot be seen is shown as it is in log and summary', () => {
  it.each(EVERY_KEY.map((key) => [JSON.stringify(key.slice(0, 40)), key]))('%s', (_, key) => {
    const fromHtml = forHtml(key).replace(/&#(\d+);/g, (__, code: string) => String.fromCharCode(Number(code)));
    expect(logic.visible(key)).toBe(fromHtml);
  });
});

it('folders are those of the report', () => {
  for (const [key, prefix] of [
    ['site/img/a.png', 'site/'],
    ['site/a.png', 'site/'],
    ['a', ''],
    ['a/b/c', ''],
    ['site/img/a', 'site/im'],
    ['/', ''],
  ] as const) {
    expect(logic.folderOf(key, prefix.lastIndexOf('/') + 1)).toBe(folderOf(key, prefix));
  }
});

it('a row is what was packed', () => {
  const rows = [
    failed('a\nb', { principal: 'AWS:ops', sourceIp: '10.0.0.1', rule: 'site' }),
    restored('c', { from: null, to: null, steps: { 'copy-version': 2, 'add-delete-marker': 1 } }),
    restored('d', { from: { versionId: 'old', deleteMarker: false, etag: 'x' } }),
    { bucket: 'my-site', key: 'e', kind: 'unchanged' } as const,
    { bucket: 'my-site', key: 'f', kind: 'restored', to: 'v', path: 'f%0A' } as const,
  ];
  const data = dataOf(rows);
  expect(rows.map((_, i) => logic.unpack(data, i))).toMatchObject([
    {
      key: 'a\\nb',
      reason: 'AccessDenied',
      message: 'Access Denied',
      before: 'deleted',
      after: 'version-id',
      steps: 'remove the delete marker',
      who: 'AWS:ops · 10.0.0.1',
      rule: 'site',
    },
    { before: 'nothing', after: 'deleted', steps: 'copy 2 versions on top, add a delete marker' },
    { before: 'old', after: 'version-id' },
    { before: '', after: '', steps: '', planned: false },
    { before: '', after: 'v', steps: 'f%0A', planned: true },
  ]);
});

describe('rows that pass', () => {
  const rows = [
    failed('site/img/a.png'),
    restored('site/img/B.png'),
    restored('site/c.html', { to: 'Id+(1)' }),
    restored('site/d\n.html', { kind: 'conflict', message: 'somebody wrote' }),
  ];
  it.each<[string, Filter, number[]]>([
    ['all, without a filter', {}, [0, 1, 2, 3]],
    ['of an outcome', { kinds: ['failed'] }, [0]],
    ['of either of two', { kinds: ['failed', 'conflict'] }, [0, 3]],
    ['of a folder', { folder: 'site/img/' }, [0, 1]],
    ['of no folder below', { folder: 'site/' }, [2, 3]],
    ['of both', { kinds: ['restored'], folder: 'site/img/' }, [1]],
    ['whatever the case', { search: 'b.PNG' }, [1]],
    ['by version id, to the letter', { search: 'id+(1' }, [2]],
    ['by message', { search: 'access denied' }, [0]],
    ['by what was found', { search: 'somebody' }, [3]],
    ['by the text that is shown', { search: 'd\\n.' }, [3]],
    ['none, for a pattern is no pattern', { search: 'site/.*' }, []],
  ])('%s', (_, filter, places) => {
    expect(keysThat(rows, filter, 5)).toEqual(places.map((i) => rows[i]?.key));
  });

  it.each(EVERY_KEY.map((key) => [JSON.stringify(key.slice(0, 40)), key]))('found by its whole name: %s', (_, key) => {
    const found = keysThat([restored('another'), restored(key)], { search: key });
    expect(found).toContain(key);
  });
});

describe('rows in another order', () => {
  const rows = [
    failed('b', { reason: 'Z' }),
    restored('c'),
    restored('a', { kind: 'skipped', reason: 'archived' }),
    restored('B'),
  ];
  it.each([
    ['as they came', '', false, 'b c a B'],
    ['by key', 'key', false, 'B a b c'],
    ['by key, downwards', 'key', true, 'c b a B'],
    ['by outcome, what needs a look first', 'kind', false, 'b a c B'],
    ['by outcome, downwards; equals as they came', 'kind', true, 'c B a b'],
    ['by reason; what has none comes last', 'reason', false, 'b a c B'],
    ['by reason, downwards; what has none comes last, too', 'reason', true, 'a b c B'],
  ])('%s', (_, by, down, keys) => {
    const places = logic.sorted(dataOf(rows), [0, 1, 2, 3], { by, down });
    expect(places.map((i) => rows[i]?.key).join(' ')).toBe(keys);
  });
});
