import { createHash } from 'node:crypto';

/** Keys as buckets have them. How well a listing can be cut into ranges depends on their shape. */

export const SHAPES = ['dates', 'hashes', 'numbers', 'site'] as const;
export type Shape = (typeof SHAPES)[number];

/** The i-th of n keys of a shape, in no particular order. */
export function keyAt(shape: Shape, i: number, n: number): string {
  switch (shape) {
    case 'dates': {
      // A log of a year and a half, most of it under the same few characters.
      const at = new Date(Date.UTC(2025, 5, 1) + Math.floor((i / n) * 540 * 24) * 3_600_000).toISOString();
      return `logs/${at.slice(0, 10).replaceAll('-', '/')}/${at.slice(11, 13)}/web-${i % 7}/${hash(i).slice(0, 12)}.json.gz`;
    }
    case 'hashes': {
      const name = hash(i);
      return `objects/${name.slice(0, 2)}/${name.slice(2)}`;
    }
    case 'numbers':
      return `uploads/IMG_${String(i).padStart(8, '0')}.jpg`;
    case 'site': {
      // Uneven: nine tenths of the keys are pictures.
      if (i % 10 > 0) return `site/assets/images/produkt (${i % 97})/${i}-960x640.webp`;
      return i % 20 === 0 ? `site/blog/2026/post-${i}/index.html` : `site/über-uns/${i}/index.html`;
    }
  }
}

function hash(i: number): string {
  return createHash('sha1').update(String(i)).digest('hex');
}
