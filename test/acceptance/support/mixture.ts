import type { Bucket } from '../../../sandbox/index.ts';
import { minute, seed } from './sandbox.ts';

/**
 * Sixty keys of six kinds, and what they are again after a rollback to `minute(0)`: in short, see shape.ts. '' is no key
 * any more.
 */
const KINDS = [
  { before: 'A', copy: 'A', delete: 'A' },
  { before: 'A x', copy: 'A', delete: 'A' },
  { before: 'A x x', copy: 'A', delete: 'A' },
  { before: 'A B', copy: 'A B A', delete: 'A' },
  { before: 'A B C x', copy: 'A B C x A', delete: 'A' },
  { before: 'B', copy: 'B x', delete: '' },
] as const;

const COUNT = 60;

export function seedMixture(bucket: Bucket): void {
  for (const [key, kind] of mixture()) {
    if (kind.before === 'B') bucket.put(key, { body: 'B', lastModified: minute(1) });
    else seed(bucket, key, kind.before);
  }
  bucket.put('outside', { body: 'A' });
  bucket.delete('outside');
}

export function mixtureAfter(method: 'copy' | 'delete'): Record<string, string> {
  const after = mixture().flatMap(([key, kind]) => (kind[method] === '' ? [] : [[key, kind[method]] as const]));
  return { ...Object.fromEntries(after), outside: 'A x' };
}

/** A rollback whose target stands still, in requests small enough that there are many. */
export function mixtureInputs(method: 'copy' | 'delete'): Record<string, string> {
  return {
    operation: 'rollback',
    prefix: 'k/',
    'to-time': new Date(minute(0)).toISOString(),
    method,
    ...(method === 'delete' && { 'max-deletes': '100' }),
    'batch-size': '2',
  };
}

function mixture(): [string, (typeof KINDS)[number]][] {
  return KINDS.flatMap((kind, n) =>
    Array.from({ length: COUNT / KINDS.length }, (_, i) => [`k/${i}-${n}`, kind] satisfies [string, typeof kind]),
  );
}
