import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyRow } from '../../../src/core/key-row.ts';
import { html, type Page, writePage } from '../../../src/page/index.ts';
import { AWKWARD_KEYS } from '../../acceptance/support/awkward-keys.ts';
import { NASTY_KEYS } from '../action/support.ts';
import { failed, pageOf, reading, reportOf, restored } from './support.ts';

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 's3-rollback-page-'));
});
afterEach(() => rmSync(workspace, { recursive: true }));

async function written(rows: readonly KeyRow[], page: Page = pageOf(rows)): Promise<string> {
  const file = join(workspace, 'report.html');
  await writePage({ file, workspace }, page, reading(rows));
  return readFileSync(file, 'utf8');
}

interface Data {
  readonly rows: readonly (readonly [kind: number, bucket: number, key: string])[];
  readonly words: readonly string[];
  readonly folders: readonly string[];
}

/** The scripts of a page, as a browser parts it: up to the next end tag, whatever stands in quotes. */
function scriptsOf(text: string): string[] {
  return [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script/gi)].map((match) => match[1] ?? '');
}

function dataOf(text: string): Data {
  return JSON.parse(scriptsOf(text)[0] ?? '') as Data;
}

const tagsOf = (text: string) => [...text.matchAll(/<[a-z!/][^>]*>/gi)].map(([tag]) => tag);

describe('text from outside', () => {
  const plain = Array.from({ length: 3 }, (_, i) => `plain-${i}`);
  const keys = [...NASTY_KEYS, ...AWKWARD_KEYS.map(([, key]) => key)];

  function hostile(text: string): KeyRow {
    return failed(text, {
      bucket: text,
      reason: text,
      message: text,
      hint: text,
      from: { versionId: text, deleteMarker: false, etag: text },
      to: text,
      source: { bucket: text, key: text },
      principal: text,
      sourceIp: text,
      rule: text,
    });
  }

  /** The same page with other text in all places. */
  function pageWith(text: string): Promise<string> {
    const rows = [hostile(text)];
    const report = reportOf(rows, {
      scope: { bucket: text, prefix: text },
      notes: [text],
      error: { code: text, message: text, hint: text },
    });
    return written(rows, pageOf(rows, { report, files: [[text, text]], reasons: { [text]: text }, madeBy: text }));
  }

  it.each(keys.map((key) => [JSON.stringify(key.slice(0, 40)), key]))('is no markup: %s', async (_, key) => {
    const usual = await pageWith(plain[0] ?? '');
    const page = await pageWith(key);
    expect(scriptsOf(page)).toHaveLength(2);
    expect(scriptsOf(page)[1]).toBe(scriptsOf(usual)[1]);
    const names = (text: string) =>
      tagsOf(text.replace(/<script type[\s\S]*?<\/script>/, '')).map((tag) => tag.split(/[\s>]/)[0]);
    expect(names(page)).toEqual(names(usual));
    // Whole, and as it was: but for halves of characters, which no file of UTF-8 can hold, JSON keeps all.
    expect(dataOf(page).rows[0]?.[2]).toBe(key);
    expect(page).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u2028\u2029\u0000\u001b]/);
  });

  it('is no markup in the template for sections either', () => {
    expect(html`<p title="${'"><script>'}">${'</p>'}</p>`.markup).toBe(
      '<p title="&#34;&#62;&#60;script&#62;">&#60;/p&#62;</p>',
    );
  });
});

describe('the policy of the page', () => {
  it('allows its own style and script by their hashes, and nothing else', async () => {
    const page = await written([restored('a')]);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src ${hash(/<style>([\s\S]*?)<\/style>/.exec(page)?.[1])}`,
      `script-src ${hash(scriptsOf(page)[1])}`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it('stands before anything that it is about', async () => {
    const page = await written([restored('a')]);
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.search(/<(style|script|title)/));
  });

  it('needs no exceptions: no address, no style or handler in an attribute', async () => {
    const page = await written([restored('a'), failed('b')]);
    for (const tag of tagsOf(page)) expect(tag).not.toMatch(/\s(style|on\w+|src|srcset|action)=|href="(?!#)/i);
    expect(page).not.toMatch(/@import|url\(|https?:\/\/(?!www\.w3\.org)/);
  });
});

describe('rows', () => {
  it('come with what needs a look first, each kind in the order of the keys', async () => {
    const rows = [restored('a'), failed('b'), restored('c', { kind: 'conflict' }), restored('d'), failed('e')];
    expect(dataOf(await written(rows)).rows.map(([, , key]) => key)).toEqual(['b', 'c', 'e', 'a', 'd']);
  });

  it('are a hundred thousand at most; of more the page says how many there are, and none that failed is missing', async () => {
    const rows: KeyRow[] = Array.from({ length: 100_005 }, (_, i) => restored(`k${String(i).padStart(6, '0')}`));
    rows.push(failed('z1'), failed('z2'));
    const page = await written(rows);
    const keys = dataOf(page).rows.map(([, , key]) => key);
    expect(keys).toHaveLength(100_000);
    expect(keys.slice(0, 3)).toEqual(['z1', 'z2', 'k000000']);
    expect(keys.at(-1)).toBe('k099997');
    expect(page).toContain('the first 100,000 of 100,007 keys');
  });

  it('of exactly as many are all there, and nothing is said', async () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => restored(`k${i}`));
    const page = await written(rows);
    expect(dataOf(page).rows).toHaveLength(100_000);
    expect(page).not.toContain('These are the first');
  });

  it('that only failed are cut, too', async () => {
    const rows = [
      restored('a'),
      ...Array.from({ length: 100_001 }, (_, i) => failed(`k${String(i).padStart(6, '0')}`)),
    ];
    const { rows: packed } = dataOf(await written(rows));
    expect(packed).toHaveLength(100_000);
    expect(packed.at(-1)?.[2]).toBe('k099999');
  });

  it('that share texts share them in the file, too, up to a bound', async () => {
    const rows = Array.from({ length: 6_000 }, (_, i) => failed(`k${i}`, { message: `request ${i} was denied` }));
    const { words } = dataOf(await written(rows));
    expect(words).toHaveLength(5_000);
    expect(words.filter((word) => word === 'AccessDenied')).toHaveLength(1);
  });

  it('of none there is neither table nor data', async () => {
    const page = await written([]);
    expect(page).toContain('There is no key to list.');
    expect(scriptsOf(page)).toHaveLength(1);
  });
});

describe('what stands above the keys', () => {
  it('is verdict, error, counts, facts, notes, reasons, and what an operation has of its own', async () => {
    const rows = [restored('a'), restored('b', { kind: 'skipped', reason: 'nothing-to-restore' })];
    const error = { code: 'max-changes', message: 'too many', hint: 'Raise it.' };
    const report = reportOf(rows, { notes: ['Worth it.'], error });
    const sections = [{ id: 'timeline', title: 'Timeline', body: html`<p>${'<b>'}</p>` }];
    const page = await written(rows, pageOf(rows, { report, sections }));
    for (const part of [
      '<h1>⚠️ Some keys restored in <code>my-site</code></h1>',
      'too many',
      'Raise it.',
      'max-changes',
      '<dt>restored</dt><dd>1</dd>',
      '<th align="left">Operation</th>',
      '<li>Worth it.</li>',
      'No version is left.',
      '<h2 id="timeline">Timeline</h2><p>&#60;b&#62;</p>',
    ]) {
      expect(page).toContain(part);
    }
  });

  it('says what the operation does: a download fetches', async () => {
    const rows = [restored('a', { path: 'a' })];
    const page = await written(rows, pageOf(rows, { report: reportOf(rows, { operation: 'download' }) }));
    expect(page).toContain('<dt>fetched</dt><dd>1</dd>');
  });

  it('shows a column only where a run has something for it', async () => {
    const columns = (page: string) => [...page.matchAll(/data-column="(\w+)"/g)].map((match) => match[1]);
    const unchanged: KeyRow = { bucket: 'my-site', key: 'a', kind: 'unchanged' };
    expect(columns(await written([unchanged]))).toEqual(['kind', 'key']);
    const rows = [failed('a', { principal: 'x' }), restored('b', { bucket: 'other' })];
    expect(columns(await written(rows))).toEqual([
      'kind',
      'bucket',
      'key',
      'reason',
      'before',
      'after',
      'steps',
      'who',
    ]);
  });

  it('has a bar for each of the largest folders, and one for all others', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => restored(`site/${String(i % 20).padStart(2, '0')}/k${i}`));
    rows.push(restored('site/00/more'));
    const page = await written(rows);
    expect(page.match(/data-folder="/g)).toHaveLength(12);
    expect(page).toMatch(/data-folder="0"[^>]*title="3 restored"/);
    expect(page).toContain('all others');
  });
});

describe('the file', () => {
  const rows = [restored('a')];
  const write = (path: string) => writePage({ file: join(workspace, path), workspace }, pageOf(rows), reading(rows));

  it('has its folders made', async () => {
    await write('out/deep/report.html');
    expect(readdirSync(join(workspace, 'out/deep'))).toEqual(['report.html']);
  });

  it('replaces what an earlier run wrote', async () => {
    writeFileSync(join(workspace, 'report.html'), 'old');
    await write('report.html');
    expect(readFileSync(join(workspace, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('is the old one, and nothing besides, where rows cannot be read to their end', async () => {
    writeFileSync(join(workspace, 'report.html'), 'old');
    const broken = async function* () {
      yield rows;
      throw new Error('the disk is full');
    };
    const place = { file: join(workspace, 'report.html'), workspace };
    await expect(writePage(place, pageOf(rows), broken)).rejects.toThrow('the disk is full');
    expect(readdirSync(workspace)).toEqual(['report.html']);
    expect(readFileSync(join(workspace, 'report.html'), 'utf8')).toBe('old');
  });

  it('is not written through a link that leads out of the workspace by now', async () => {
    const outside = mkdtempSync(join(tmpdir(), 's3-rollback-outside-'));
    try {
      symlinkSync(outside, join(workspace, 'out'));
      await expect(write('out/report.html')).rejects.toThrow('leads out of the workspace');
      expect(readdirSync(outside)).toEqual([]);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it('takes the place of a link, and leaves alone what that leads to', async () => {
    const elsewhere = join(workspace, 'elsewhere.txt');
    writeFileSync(elsewhere, 'precious');
    mkdirSync(join(workspace, 'out'));
    symlinkSync(elsewhere, join(workspace, 'out/report.html'));
    await write('out/report.html');
    expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
    expect(readFileSync(join(workspace, 'out/report.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });
});
