import type { Entry } from '../../../src/core/history.ts';

/** Seconds after the morning on which the histories of these tests begin, in ms since 1970. */
export function at(seconds: number): number {
  return Date.UTC(2026, 10, 22, 9) + seconds * 1000;
}

/** A version; its ETag is its id unless told, so that equal content must be asked for. */
export function version(versionId: string, seconds = 0, more: Partial<Entry> = {}): Entry {
  return {
    versionId,
    deleteMarker: false,
    lastModified: at(seconds),
    isLatest: false,
    etag: `etag-${versionId}`,
    size: 3,
    storageClass: 'STANDARD',
    ...more,
  };
}

export function marker(versionId: string, seconds = 0, more: Partial<Entry> = {}): Entry {
  return { versionId, deleteMarker: true, lastModified: at(seconds), isLatest: false, ...more };
}

/**
 * A history in shorthand, oldest first as it happened: `V1 DM1 V2`. An entry's stamp is its place, in seconds, from 1;
 * `@n` after it gives another. The result is newest first.
 */
export function history(shorthand: string): Entry[] {
  const words = shorthand.split(' ').filter((word) => word !== '');
  return words
    .map((word, i) => {
      const [id = '', seconds = String(i + 1)] = word.split('@');
      const isLatest = i === words.length - 1;
      const isMarker = id.startsWith('DM');
      const versionId = id.includes('null') ? 'null' : id;
      return (isMarker ? marker : version)(versionId, Number(seconds), { isLatest });
    })
    .toReversed();
}
