import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyRow } from '../../src/core/key-row.ts';
import { historyPage, writePage } from '../../src/page/index.ts';
import { AWKWARD_KEYS } from '../acceptance/support/awkward-keys.ts';
import { NASTY_KEYS } from '../unit/action/support.ts';
import { HISTORY } from '../unit/page/history.ts';
import { failed, pageOf, reading, reportOf, restored } from '../unit/page/support.ts';
import { type Browser, findChromium, startChromium, type Tab, type TabOptions } from './chromium.ts';

/** The page in a real browser: what it does, and that it asks nobody for anything. */

const chromium = findChromium();
const why = chromium === undefined ? ' — not run: there is no Chromium here; CHROMIUM may name one' : '';
if (why !== '') console.warn(`The page in a real browser${why}`);

const NASTY = [...new Set([...NASTY_KEYS, ...AWKWARD_KEYS.map(([, key]) => key)])];

/** Two failures, a conflict, three skipped, and enough restored that not all can be seen at once. */
const FEW: readonly KeyRow[] = [
  failed('site/img/broken.png'),
  failed('site/css/broken.css', { reason: 'SlowDown', message: 'Please reduce your request rate.' }),
  restored('site/img/written.png', { kind: 'conflict', message: 'somebody wrote it meanwhile' }),
  ...['a', 'b', 'c'].map((name) => ({
    bucket: 'my-site',
    key: `site/old/${name}.html`,
    kind: 'skipped' as const,
    reason: 'nothing-to-restore',
  })),
  ...Array.from({ length: 200 }, (_, i) => restored(`site/img/${String(i).padStart(3, '0')}.png`)),
];

const MANY = Array.from({ length: 100_000 }, (_, i) =>
  restored(`site/${i % 400}/object-${String(i).padStart(6, '0')}.html`),
);

describe.skipIf(chromium === undefined)(`the page in a real browser${why}`, () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 's3-rollback-browser-'));
    const report = (rows: readonly KeyRow[]) => reportOf(rows, { scope: { bucket: 'my-site', prefix: 'site/' } });
    for (const [name, rows] of Object.entries({ few: FEW, many: MANY })) {
      const place = { file: join(folder, `${name}.html`), workspace: folder };
      await writePage(place, pageOf(rows, { report: report(rows) }), reading(rows));
    }
    const rows = NASTY.map((key) => failed(key, { bucket: key, reason: key, message: key, hint: key, principal: key }));
    const nasty = reportOf(rows, {
      notes: NASTY,
      error: { code: NASTY[1] ?? '', message: NASTY[2] ?? '', hint: NASTY[3] ?? '' },
    });
    const place = { file: join(folder, 'nasty.html'), workspace: folder };
    await writePage(place, pageOf(rows, { report: nasty }), reading(rows));
    const found = reportOf([], { operation: 'history', history: HISTORY });
    const history = pageOf([], { report: found, sections: historyPage(HISTORY) });
    await writePage({ file: join(folder, 'history.html'), workspace: folder }, history, reading([]));
    browser = await startChromium(chromium ?? '');
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** With a page open; whatever is done there, it asks for nothing and has nothing to complain of. */
  async function on(
    name: 'few' | 'many' | 'nasty' | 'history',
    body: (tab: Tab) => Promise<void>,
    options?: TabOptions,
  ) {
    const tab = await browser.open(join(folder, `${name}.html`), options);
    try {
      await body(tab);
      expect(tab.requests).toEqual([]);
      expect(tab.complaints).toEqual([]);
    } finally {
      await tab.close();
    }
  }

  it.each([1280, 390])('shows a history with its charts, %d pixels wide, without scrolling sideways', (width) =>
    on(
      'history',
      async ({ evaluate }) => {
        expect(await evaluate('document.querySelectorAll("svg.time").length')).toBe(2);
        const heights = await evaluate<number[]>(
          'Array.from(document.querySelectorAll("svg.time:first-of-type rect"), (r) => r.getBoundingClientRect().height)',
        );
        expect(Math.max(...heights)).toBeGreaterThan(60);
        expect(await evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      },
      { width, height: 900 },
    ),
  );

  const keysOf = (tab: Tab) =>
    tab.evaluate<string[]>(`[...document.querySelectorAll('#rows .key')].map((key) => key.textContent)`);
  const statusOf = (tab: Tab) => tab.evaluate<string>(`document.getElementById('status').textContent`);
  const focusOf = (tab: Tab) =>
    tab.evaluate<string>(
      `(({ id, textContent, dataset }) => id || dataset.column || textContent.trim())(document.activeElement)`,
    );
  const activeOf = (tab: Tab) =>
    tab.evaluate<string | null>(
      `document.getElementById(document.getElementById('grid').getAttribute('aria-activedescendant'))?.querySelector('.key').textContent`,
    );
  const choose = (tab: Tab, folderName: string) =>
    tab.evaluate(`(() => { const s = document.getElementById('folder');
      s.value = [...s.options].find((o) => o.textContent === ${JSON.stringify(folderName)}).value;
      s.dispatchEvent(new Event('change')); })()`);
  const colourOf = (tab: Tab) => tab.evaluate<string>(`getComputedStyle(document.body).backgroundColor`);

  describe('rows', () => {
    it('those that need a look come first, and all can be scrolled to', () =>
      on('few', async (tab) => {
        expect((await keysOf(tab)).slice(0, 4)).toEqual([
          'site/img/broken.png',
          'site/css/broken.css',
          'site/img/written.png',
          'site/old/a.html',
        ]);
        expect(await statusOf(tab)).toBe('206 keys');
        await tab.evaluate(`document.getElementById('box').scrollTop = 1e6`);
        await tab.press('Shift');
        expect((await keysOf(tab)).at(-1)).toBe('site/img/199.png');
      }));

    it('are found, and counted aloud', () =>
      on('few', async (tab) => {
        await tab.click('#search');
        await tab.type('BROKEN.p');
        expect(await keysOf(tab)).toEqual(['site/img/broken.png']);
        expect(await statusOf(tab)).toBe('1 of 206 keys');
        expect(await tab.evaluate(`document.getElementById('status').getAttribute('role')`)).toBe('status');
      }));

    it('none is like that: it says so, and all come back', () =>
      on('few', async (tab) => {
        await tab.click('#search');
        await tab.type('no such key');
        expect(await keysOf(tab)).toEqual([]);
        expect(await tab.evaluate(`document.getElementById('none').checkVisibility()`)).toBe(true);
        await tab.click('#clear');
        expect(await statusOf(tab)).toBe('206 keys');
        expect(await focusOf(tab)).toBe('search');
      }));

    it('are filtered by outcome: one, two, none', () =>
      on('few', async (tab) => {
        await tab.click('[data-kind="5"]');
        expect(await keysOf(tab)).toEqual(['site/img/broken.png', 'site/css/broken.css']);
        expect(await tab.evaluate(`document.querySelector('[data-kind="5"]').getAttribute('aria-pressed')`)).toBe(
          'true',
        );
        await tab.click('[data-kind="4"]');
        expect(await statusOf(tab)).toBe('3 of 206 keys');
        await tab.click('[data-kind="5"]');
        await tab.click('[data-kind="4"]');
        expect(await statusOf(tab)).toBe('206 keys');
      }));

    it('are filtered by folder, also from the chart, and by all at once', () =>
      on('few', async (tab) => {
        await choose(tab, 'site/old/');
        expect(await keysOf(tab)).toEqual(['site/old/a.html', 'site/old/b.html', 'site/old/c.html']);
        await tab.click('[data-folder="0"]');
        expect(await statusOf(tab)).toBe('202 of 206 keys');
        expect(await tab.evaluate(`document.querySelector('[data-folder="0"]').getAttribute('aria-pressed')`)).toBe(
          'true',
        );
        await tab.click('[data-kind="5"]');
        expect(await keysOf(tab)).toEqual(['site/img/broken.png']);
        await tab.click('[data-folder="0"]');
        expect(await statusOf(tab)).toBe('2 of 206 keys');
      }));

    it('are sorted up, down, and as they came, and the heading says which', () =>
      on('few', async (tab) => {
        const sortOf = () => tab.evaluate(`document.querySelector('[data-column="key"]').getAttribute('aria-sort')`);
        expect(await sortOf()).toBe('none');
        await tab.click('[data-column="key"] button');
        expect([await sortOf(), (await keysOf(tab))[0]]).toEqual(['ascending', 'site/css/broken.css']);
        await tab.click('[data-column="key"] button');
        expect([await sortOf(), (await keysOf(tab))[0]]).toEqual(['descending', 'site/old/c.html']);
        await tab.click('[data-column="key"] button');
        expect([await sortOf(), (await keysOf(tab))[0]]).toEqual(['none', 'site/img/broken.png']);
      }));

    it('tell all about themselves', () =>
      on('few', async (tab) => {
        await tab.click('#row-1');
        const facts = await tab.evaluate<string>(`document.getElementById('detail-list').innerText`);
        for (const text of [
          'site/css/broken.css',
          'my-site',
          'failed',
          'SlowDown',
          'Please reduce',
          'Grant s3:',
          'marker-id',
          'version-id',
          'remove the delete marker',
        ]) {
          expect(facts).toContain(text);
        }
      }));
  });

  describe('by keyboard alone', () => {
    it('the first stop leads past everything to the keys', () =>
      on('few', async (tab) => {
        await tab.press('Tab');
        expect(await focusOf(tab)).toBe('Skip to the keys');
        await tab.press('Enter');
        expect(await focusOf(tab)).toBe('keys');
        await tab.press('Tab');
        expect(await focusOf(tab)).toBe('search');
      }));

    it('every stop comes in the order in which it stands, and has a name', () =>
      on('few', async (tab) => {
        await tab.evaluate(`document.getElementById('search').focus()`);
        const stops = [await focusOf(tab)];
        for (let i = 0; i < 7; i++) {
          await tab.press('Tab');
          stops.push(await focusOf(tab));
        }
        expect(stops).toEqual([
          'search',
          'folder',
          'failed 2',
          'conflict 1',
          'skipped 3',
          'restored 200',
          'grid',
          'Outcome',
        ]);
        const { nodes } = (await tab.command('Accessibility.getFullAXTree')) as { nodes: AxNode[] };
        const nameless = nodes.filter(
          ({ ignored, role, name }) => !ignored && NAMED.has(role?.value ?? '') && (name?.value ?? '') === '',
        );
        expect(nameless).toEqual([]);
      }));

    it('arrows, Home, End and pages go through the rows; Enter opens one, Escape closes it', () =>
      on('few', async (tab) => {
        await tab.evaluate(`document.getElementById('grid').focus()`);
        expect(await activeOf(tab)).toBe('site/img/broken.png');
        await tab.press('ArrowDown');
        expect(await activeOf(tab)).toBe('site/css/broken.css');
        await tab.press('ArrowUp');
        await tab.press('ArrowUp');
        expect(await activeOf(tab)).toBe('site/img/broken.png');
        await tab.press('End');
        expect(await activeOf(tab)).toBe('site/img/199.png');
        await tab.press('PageUp');
        expect(await activeOf(tab)).toMatch(/^site\/img\/1\d\d\.png$/);
        await tab.press('Home');
        expect(await activeOf(tab)).toBe('site/img/broken.png');
        await tab.press('Enter');
        expect(await tab.evaluate(`document.getElementById('detail').open`)).toBe(true);
        expect(await focusOf(tab)).toBe('detail-close');
        await tab.press('Escape');
        expect(await tab.evaluate(`document.getElementById('detail').open`)).toBe(false);
        expect(await focusOf(tab)).toBe('grid');
      }));

    it('sorts', () =>
      on('few', async (tab) => {
        await tab.evaluate(`document.querySelector('[data-column="key"] button').focus()`);
        await tab.press('Enter');
        expect((await keysOf(tab))[0]).toBe('site/css/broken.css');
        await tab.press(' ');
        expect((await keysOf(tab))[0]).toBe('site/old/c.html');
      }));
  });

  describe('light and dark', () => {
    it('as the system has it', async () => {
      await on('few', async (tab) => expect(await colourOf(tab)).toBe('rgb(246, 247, 249)'), { dark: false });
      await on('few', async (tab) => expect(await colourOf(tab)).toBe('rgb(14, 17, 22)'), { dark: true });
    });

    it('or as somebody says, and it is remembered', async () => {
      await on('few', async (tab) => {
        await tab.click('#theme');
        await tab.click('#theme');
        expect(await tab.evaluate(`document.getElementById('theme').textContent`)).toBe('Theme: dark');
        expect(await colourOf(tab)).toBe('rgb(14, 17, 22)');
      });
      await on('few', async (tab) => {
        expect(await colourOf(tab)).toBe('rgb(14, 17, 22)');
        await tab.click('#theme');
        expect(await colourOf(tab)).toBe('rgb(246, 247, 249)');
      });
    });

    it.each([false, true])('all text can be read on what is behind it; dark: %s', (dark) =>
      on('few', async (tab) => expect(await tab.evaluate(FAINT)).toEqual([]), { dark }),
    );
  });

  describe('on a phone', () => {
    it.each(['few', 'many', 'nasty'] as const)('nothing is wider than the screen: %s', (name) =>
      on(
        name,
        async (tab) => {
          expect(await tab.evaluate(`document.documentElement.scrollWidth`)).toBe(360);
          expect(
            await tab.evaluate(
              `document.getElementById('box').scrollWidth <= document.getElementById('box').clientWidth`,
            ),
          ).toBe(true);
        },
        { width: 360, height: 740, mobile: true },
      ),
    );

    it('a row says in two lines what the columns say elsewhere', () =>
      on(
        'few',
        async (tab) => {
          expect(await tab.evaluate(`document.querySelector('#row-0').innerText`)).toMatch(
            /failed[\s\S]*AccessDenied · remove the delete marker/,
          );
        },
        { width: 360, height: 740, mobile: true },
      ));
  });

  describe('a hundred thousand rows', () => {
    const nodes = (tab: Tab) => tab.evaluate<number>(`document.querySelectorAll('*').length`);

    it('are never all in the page, wherever one looks', () =>
      on('many', async (tab) => {
        expect(await statusOf(tab)).toBe('100,000 keys');
        for (const part of [0, 0.3, 0.7, 1]) {
          await tab.evaluate(
            `document.getElementById('box').scrollTop = ${part} * document.getElementById('box').scrollHeight`,
          );
          await tab.press('Shift');
          expect(await nodes(tab)).toBeLessThan(1500);
          expect((await keysOf(tab)).length).toBeGreaterThan(5);
        }
        expect((await keysOf(tab)).at(-1)).toBe('site/399/object-099999.html');
      }));

    it('are searched, filtered, sorted and gone through like few', () =>
      on('many', async (tab) => {
        await tab.click('#search');
        await tab.type('object-0777');
        expect(await statusOf(tab)).toBe('100 of 100,000 keys');
        await choose(tab, 'site/77/');
        expect(await statusOf(tab)).toBe('0 of 100,000 keys');
        await choose(tab, 'site/100/');
        expect(await keysOf(tab)).toEqual(['site/100/object-077700.html']);
        await tab.click('#clear');
        await tab.click('[data-column="key"] button');
        await tab.click('[data-column="key"] button');
        expect((await keysOf(tab))[0]).toBe('site/99/object-099699.html');
        await tab.evaluate(`document.getElementById('grid').focus()`);
        await tab.press('End');
        expect(await activeOf(tab)).toBe('site/0/object-000000.html');
        expect(await tab.evaluate(`document.getElementById('grid').getAttribute('aria-rowcount')`)).toBe('100001');
      }));

    it('are printed to the first thousand, which is said', () =>
      on('many', async (tab) => {
        await tab.command('Emulation.setEmulatedMedia', { media: 'print' });
        await tab.evaluate(`window.dispatchEvent(new Event('beforeprint'))`);
        expect(await keysOf(tab)).toHaveLength(1000);
        expect(await tab.evaluate(`document.getElementById('printed').checkVisibility()`)).toBe(true);
        await tab.command('Emulation.setEmulatedMedia', { media: '' });
        await tab.evaluate(`window.dispatchEvent(new Event('afterprint'))`);
        expect(await nodes(tab)).toBeLessThan(1500);
      }));
  });

  describe('names that somebody chose to be read as something else', () => {
    it('are text, all of them', () =>
      on('nasty', async (tab) => {
        await tab.evaluate(`window.dispatchEvent(new Event('beforeprint'))`);
        expect(await keysOf(tab)).toHaveLength(NASTY.length);
        const elements = `[...new Set([...document.body.querySelectorAll('*')].map((e) => e.localName))].sort().join(' ')`;
        expect(await tab.evaluate(elements)).toBe(
          'a b button code dd dialog div dl dt fieldset footer form h1 h2 header input label legend li main noscript ' +
            'option p rect script section select span svg table tbody td th thead tr ul',
        );
        expect(await tab.evaluate(`document.scripts.length + document.links.length + document.images.length`)).toBe(3);
      }));

    it('are found, and told in whole, without a character that cannot be seen', () =>
      on('nasty', async (tab) => {
        await tab.evaluate(`window.dispatchEvent(new Event('beforeprint'))`);
        const seen = await tab.evaluate<string>(
          `[...document.querySelectorAll('#rows tr')].map((row) => { row.click(); const text = document.body.textContent;
            document.getElementById('detail').close(); return text.replace(document.getElementById('data').textContent, '')
            .replaceAll([...document.scripts].at(-1).textContent, ''); }).join('')`,
        );
        expect(seen).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/,
        );
        for (const text of ['<script>alert(1)</script>', 'e'.repeat(1024), '\\u202egnp.exe', '../../etc/passwd'])
          expect(seen).toContain(text);
      }));
  });
});

interface AxNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}

const NAMED = new Set(['button', 'searchbox', 'combobox', 'grid', 'columnheader', 'link', 'region', 'search', 'group']);

/**
 * Texts whose contrast with what is behind them is under 4.5. Disabled ones need none, nor what is as large as a heading.
 * https://www.w3.org/TR/WCAG22/#contrast-minimum
 */
const FAINT = `(() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = new Set();
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === '' || !e.checkVisibility() || e.closest('script, :disabled, option')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.add(e.className + ': ' + e.textContent.slice(0, 30) + ' ' + ((a + 0.05) / (b + 0.05)).toFixed(2));
  }
  return [...faint];
})()`;
