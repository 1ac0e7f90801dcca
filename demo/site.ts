import { createHash } from 'node:crypto';
import type { Bucket } from '../sandbox/index.ts';

/** The site of a coffee roaster, what three deploys published of it, and what a fourth one did to it. */

export const SITE = 'site/';
const DAY = 86_400_000;
const MINUTE = 60_000;

export interface Published {
  readonly body: Buffer;
  readonly contentType: string;
}

/** What one deploy did. */
export interface Deploy {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly added: number;
  readonly changed: number;
  readonly deleted: number;
}

export interface Story {
  readonly deploys: readonly Deploy[];
  readonly bad: Deploy & { readonly deletedTwice: number };
  /** What the last good deploy left: exactly what should be on the site. */
  readonly good: ReadonlyMap<string, Published>;
  /** Pages that an earlier deploy took away on purpose. They must not come back. */
  readonly retired: readonly string[];
  readonly junk: readonly string[];
}

/** The site as three good deploys left it. */
export interface GoodSite {
  readonly deploys: readonly Deploy[];
  readonly site: ReadonlyMap<string, Published>;
  readonly retired: readonly string[];
}

/** Write the whole story into a bucket, up to some minutes before `now`. */
export function tellStory(bucket: Bucket, now: number): Story {
  const { deploys, site, retired } = publishSite(bucket, now);
  return { deploys, good: new Map(site), retired, ...deployTheWrongFolder(bucket, site, now - 18 * MINUTE) };
}

/** What was good of it. */
export function publishSite(bucket: Bucket, now: number): GoodSite {
  const site = new Map<string, Published>();
  const deploys: Deploy[] = [];

  function deploy(name: string, at: number, files: readonly string[], edition: number, gone: readonly string[] = []) {
    const added = files.filter((key) => !site.has(key)).length;
    files.forEach((key, i) => {
      const file = fileOf(key, edition);
      site.set(key, file);
      bucket.put(key, { ...file, lastModified: at + i * 10, metadata: { release: String(edition) } });
    });
    for (const key of gone) {
      site.delete(key);
      bucket.delete(key, { lastModified: at });
    }
    deploys.push({ name, at, added, changed: files.length - added, deleted: gone.length });
  }

  publishNeighbours(bucket, now - 30 * DAY);
  const retired = Array.from({ length: 24 }, (_, i) => `${SITE}campaigns/spring/offer-${i + 1}/index.html`);
  const shop = shopFiles();
  deploy('first release', now - 21 * DAY, [...TOP, ...shop, ...blog(0, 700), ...assets(1), ...retired], 1);
  deploy('redesign', now - 6 * DAY, [...TOP, ...shop.filter(isPage), ...assets(2)], 2, [...retired, ...assets(1)]);
  deploy('autumn news', now - DAY, [...TOP, ...blog(680, 740)], 3);

  return { deploys, site, retired };
}

/** The fourth deploy synced the wrong folder: half-rendered pages over good ones, its own litter, and all else deleted. */
function deployTheWrongFolder(bucket: Bucket, site: ReadonlyMap<string, Published>, at: number) {
  const keys = [...site.keys()];
  const overwritten = keys.filter((key) => isPage(key) && (TOP.includes(key) || key.includes('/shop/')));
  const kept = (key: string) => key.startsWith(`${SITE}fonts/`) || key.startsWith(`${SITE}img/shop/brazil-`);
  const lost = keys.filter((key) => !overwritten.includes(key) && !kept(key));
  // The sync was started a second time while the first was running.
  const twice = lost.filter((_, i) => i % 9 === 0);
  const junk = Array.from({ length: 40 }, (_, i) => `${SITE}.cache/chunk-${i}.tmp`);

  for (const key of overwritten) bucket.put(key, { body: BROKEN, contentType: 'text/html', lastModified: at });
  for (const key of junk) bucket.put(key, { body: `tmp ${key}`, lastModified: at + 5_000 });
  for (const key of lost) bucket.delete(key, { lastModified: at + 10_000 });
  for (const key of twice) bucket.delete(key, { lastModified: at + 70_000 });
  const bad = {
    name: 'the wrong folder',
    at,
    added: junk.length,
    changed: overwritten.length,
    deleted: lost.length,
    deletedTwice: twice.length,
  };
  return { bad, junk };
}

const BROKEN = '<!doctype html><title>undefined</title>{{ content }}';

/** Objects of other people in the same bucket, also below prefixes that only look like the site's. */
function publishNeighbours(bucket: Bucket, at: number): void {
  for (let i = 0; i < 300; i++) {
    const key = `data/orders/${new Date(at + i * 3_600_000).toISOString().slice(0, 13)}.csv`;
    bucket.put(key, { body: `order,total\n${i},42\n`, lastModified: at });
    if (i % 3 === 0) bucket.put(key, { body: `order,total\n${i},43\n`, lastModified: at + DAY });
    // Deleted by its owner: no business of ours.
    if (i % 5 === 0) bucket.delete(key, { lastModified: at + 2 * DAY });
  }
  for (let i = 0; i < 60; i++) bucket.put(`site-archive/2019/${i}.html`, { body: `old ${i}`, lastModified: at });
  bucket.put('site', { body: 'a key that is called like the folder', lastModified: at });
}

const TOP = ['', 'about/', 'shops/', 'jobs/', 'impressum/', 'de/über-uns/'].map((path) => `${SITE}${path}index.html`);

const ORIGINS = ['brazil', 'colombia', 'ethiopia', 'guatemala', 'kenya', 'peru', 'rwanda', 'sumatra'];

/** A page and three pictures for each coffee; and some files with names as people give them. */
function shopFiles(): string[] {
  const coffees = ORIGINS.flatMap((origin) => Array.from({ length: 68 }, (_, i) => `${origin}-${100 + i}`));
  return [
    ...coffees.map((name) => `${SITE}shop/${name}/index.html`),
    ...coffees.flatMap((name) => [480, 960, 1600].map((width) => `${SITE}img/shop/${name}-${width}.webp`)),
    ...['regular', 'italic', 'bold'].map((cut) => `${SITE}fonts/rosewood-${cut}.woff2`),
    `${SITE}press/Price list (autumn) 100% + tax.pdf`,
    `${SITE}press/カフェ.pdf`,
  ];
}

function blog(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => {
    const post = from + i + 1;
    const month = new Date(Date.UTC(2018, 0, 4 * post)).toISOString().slice(0, 7).replace('-', '/');
    return `${SITE}blog/${month}/post-${post}/index.html`;
  });
}

/** Names with a hash of their content: every edition has others. */
function assets(edition: number): string[] {
  const names = ['app', 'cart', 'search', 'vendor', 'polyfill', 'styles', 'print', 'fonts'];
  return names.map((name) => {
    const type = ['styles', 'print', 'fonts'].includes(name) ? 'css' : 'js';
    return `${SITE}assets/${name}.${sha(`${name} ${edition}`).slice(0, 8)}.${type}`;
  });
}

function isPage(key: string): boolean {
  return key.endsWith('.html');
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css',
  js: 'text/javascript',
  webp: 'image/webp',
  woff2: 'font/woff2',
  pdf: 'application/pdf',
};

function typeOf(key: string): string {
  return TYPES[key.slice(key.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

export function fileOf(key: string, edition: number): Published {
  return { body: bodyOf(key, edition), contentType: typeOf(key) };
}

/** Always the same for a key and an edition, and different from all others. */
function bodyOf(key: string, edition: number): Buffer {
  const mark = sha(`${key} ${edition}`);
  if (!isPage(key)) return Buffer.from(mark.repeat(20), 'hex');
  const name = key.slice(SITE.length, -'index.html'.length).replace(/\/$/, '') || 'home';
  return Buffer.from(
    `<!doctype html><title>Rosewood Coffee · ${name}</title><p>Edition ${edition}</p><!-- ${mark} -->`,
  );
}

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
