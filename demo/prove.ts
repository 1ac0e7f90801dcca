import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bucket, Entry, RequestRecord } from '../sandbox/index.ts';
import { type Published, SITE, type Story } from './site.ts';
import { count, grouped } from './terminal.ts';

/** The demo's own judgement. It looks into the bucket, not at what the action says of itself. */

export interface Check {
  readonly ok: boolean;
  readonly says: string;
}

/** How the site stands against what the last good deploy published. */
export interface Standing {
  /** Live, byte for byte and with the content type that was published. */
  readonly right: number;
  readonly wrong: number;
  readonly missing: number;
  /** Live, and never published. */
  readonly extra: number;
}

export function standingOf(bucket: Bucket, good: Story['good']): Standing {
  let right = 0;
  let missing = 0;
  for (const [key, published] of good) {
    const current = bucket.current(key);
    if (current === undefined || current.deleteMarker) missing += 1;
    else if (isSame(current, published)) right += 1;
  }
  const extra = bucket.keys().filter((key) => key.startsWith(SITE) && !good.has(key) && isLive(bucket, key)).length;
  return { right, missing, wrong: good.size - right - missing, extra };
}

export function isSame(entry: Entry, published: Published): boolean {
  return entry.contentType === published.contentType && published.body.equals(entry.body ?? Buffer.of());
}

function isLive(bucket: Bucket, key: string): boolean {
  return bucket.current(key)?.deleteMarker === false;
}

export function asPublished(bucket: Bucket, good: Story['good']): Check {
  const { right, extra } = standingOf(bucket, good);
  const all = count(good.size, 'object');
  return right === good.size && extra === 0
    ? { ok: true, says: `all ${all} are byte for byte what the last good deploy published, and there are no others` }
    : { ok: false, says: `only ${grouped(right)} of ${all} are as published, and ${grouped(extra)} are too many` };
}

/** What a reader would have met at that time. */
function entryAt(bucket: Bucket, key: string, at: number): Entry | undefined {
  const entry = bucket.entries(key).find(({ lastModified }) => lastModified <= at);
  return entry?.deleteMarker === false ? entry : undefined;
}

export function copiedAsAt(from: Bucket, to: Bucket, prefix: string, at: number): Check {
  const keys = from.keys().filter((key) => key.startsWith(prefix) && entryAt(from, key, at) !== undefined);
  const right = keys.filter((key) => {
    const [there, then] = [to.current(key), entryAt(from, key, at)];
    return there?.body !== undefined && then?.body !== undefined && Buffer.compare(there.body, then.body) === 0;
  });
  return right.length === keys.length && to.keys().length === keys.length
    ? {
        ok: true,
        says: `the ${count(keys.length, 'object')} there are byte for byte what was live then, and no others`,
      }
    : { ok: false, says: `only ${grouped(right.length)} of ${count(keys.length, 'object')} are what was live then` };
}

export function fetchedAsAt(from: Bucket, key: string, folder: string, at: number): Check {
  const then = entryAt(from, key, at)?.body;
  const file = readFileSync(join(folder, key));
  return then !== undefined && file.equals(then)
    ? { ok: true, says: `${key} is on disk, byte for byte what was live then` }
    : { ok: false, says: `${key} on disk is not what was live then` };
}

/** `retired`: what somebody took away on purpose. */
export function checkStayDeleted(
  bucket: Bucket,
  retired: readonly string[],
  { noun, by } = { noun: 'page', by: 'an earlier deploy' },
): Check {
  const back = retired.filter((key) => isLive(bucket, key));
  return back.length === 0
    ? {
        ok: true,
        says: `the ${count(retired.length, noun)} that ${by} took away on purpose did not come back`,
      }
    : { ok: false, says: `${count(back.length, noun)} that ${by} took away on purpose came back, first ${back[0]}` };
}

/** An output or a number is what it should be. */
export function is(what: string, found: string | number | null | undefined, expected: string | number): Check {
  const ok = String(found) === String(expected);
  const shown = typeof expected === 'number' ? grouped(expected) : expected;
  return { ok, says: ok ? `${what}: ${shown}` : `${what}: ${found}, expected ${shown}` };
}

/** Everything in a bucket, as far as it matters that it stays. */
export interface Photograph {
  /** Per key: its history with the bytes of every version. */
  readonly histories: ReadonlyMap<string, string>;
  /** Every version (not the delete markers) there is. */
  readonly versions: ReadonlySet<string>;
}

export function photograph(bucket: Bucket): Photograph {
  const histories = new Map<string, string>();
  const versions = new Set<string>();
  for (const key of bucket.keys()) {
    const hash = createHash('sha256');
    for (const { versionId, deleteMarker, lastModified, body = '' } of bucket.entries(key)) {
      hash.update(`${versionId} ${deleteMarker} ${lastModified} `).update(body);
      if (!deleteMarker) versions.add(`${versionId} ${key}`);
    }
    histories.set(key, hash.digest('hex'));
  }
  return { histories, versions };
}

/** What is not the site's: nothing added, nothing removed, nothing changed. */
export function checkNeighbours(before: Photograph, after: Photograph): Check {
  const keys = new Set([...before.histories.keys(), ...after.histories.keys()].filter((key) => !key.startsWith(SITE)));
  const touched = [...keys].filter((key) => before.histories.get(key) !== after.histories.get(key));
  return touched.length === 0
    ? { ok: true, says: `the ${keys.size} keys beside ${SITE} are untouched` }
    : { ok: false, says: `${touched.length} keys beside ${SITE} were touched, first ${touched[0]}` };
}

export function checkNothingChanged(before: Photograph, after: Photograph): Check {
  const keys = new Set([...before.histories.keys(), ...after.histories.keys()]);
  const changed = [...keys].filter((key) => before.histories.get(key) !== after.histories.get(key));
  return changed.length === 0
    ? { ok: true, says: 'nothing in the bucket has changed' }
    : { ok: false, says: `${changed.length} keys have changed, first ${changed[0]}` };
}

export function checkNoVersionLost(before: Photograph, after: Photograph): Check {
  const lost = [...before.versions].filter((version) => !after.versions.has(version));
  const all = grouped(before.versions.size);
  return lost.length === 0
    ? { ok: true, says: `no version was lost: all ${all} are still there` }
    : { ok: false, says: `${lost.length} of ${all} versions are gone, first ${lost[0]}` };
}

const WRITES = new Set(['PUT', 'POST', 'DELETE']);

export function isWrite(request: RequestRecord): boolean {
  return WRITES.has(request.method);
}

/** Also of what came to nothing: no request that could change something names a key outside of the site. */
export function checkScope(requests: readonly RequestRecord[]): Check {
  const named = requests
    .filter(isWrite)
    .flatMap(({ key, keys = [] }) => [...(key === undefined ? [] : [key]), ...keys.map((one) => one.key)]);
  const outside = named.filter((key) => !key.startsWith(SITE));
  return outside.length === 0
    ? { ok: true, says: `no request to change anything named a key outside of ${SITE}` }
    : { ok: false, says: `${outside.length} requests named a key outside of ${SITE}, first ${outside[0]}` };
}
