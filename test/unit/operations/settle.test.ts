import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CopyQuestion } from '../../../src/core/decide.ts';
import type { ObjectHead } from '../../../src/core/head.ts';
import type { Entry } from '../../../src/core/history.ts';
import type { BucketPort, Buckets } from '../../../src/core/ports.ts';
import { overlaps, type SettledCopy, settleCopy } from '../../../src/operations/settle.ts';
import { marker, version } from '../core/entries.ts';

/** A copy is settled by looking at versions: which lie on top already, which can be copied. */

const OPTIONS = { preserve: { objectLock: false, annotations: false }, now: 0 };

/** What HeadObject says of a version whose id begins with `A` is equal to all others that begin so, and so on. */
function headOf(versionId: string, more: Partial<ObjectHead> = {}): ObjectHead {
  return { versionId, etag: `etag-${versionId[0]}`, size: 3, metadata: {}, checksums: {}, ...more };
}

const entry = (versionId: string) => version(versionId, 0, { etag: `etag-${versionId[0]}` });

async function settled(
  wanted: readonly Entry[],
  entries: readonly Entry[],
  more: { heads?: Record<string, Partial<ObjectHead> | undefined>; question?: Partial<CopyQuestion> } = {},
): Promise<{ settled: SettledCopy; asked: string[] }> {
  const asked: string[] = [];
  const open = (bucket: string) => {
    const port: Pick<BucketPort, 'headVersion'> = {
      headVersion: async (key, versionId) => {
        asked.push(`${bucket}/${key} ${versionId}`);
        const { heads = {} } = more;
        return versionId in heads && heads[versionId] === undefined ? undefined : headOf(versionId, heads[versionId]);
      },
    };
    return port as BucketPort;
  };
  const requests = { list: 0, head: 0, get: 0, copy: 0, delete: 0, put: 0, retries: 0, throttled: 0 };
  const buckets: Buckets = { open, requests, notes: new Set() };
  const source = { bucket: 'b', key: 'k' };
  const question = { ...source, entries, source, wanted, destroysNull: false, ...more.question };
  return { settled: await settleCopy(question, buckets, OPTIONS), asked };
}

/** In short: the steps, or why there are none. */
function inShort(it: SettledCopy): string {
  if (it.kind === 'change') {
    return it.line.steps.map((s) => (s.do === 'copy-version' ? s.versionId : s.do)).join(' ');
  }
  if (it.kind === 'archived') return `archived ${it.versions.map((v) => v.versionId).join(' ')}`;
  return it.kind === 'skipped' ? `skipped ${it.reason}` : it.kind;
}

describe('which versions are copied', () => {
  // The first letter of an id is its content: A2 is equal to A1. Newest first, as a history; the wanted oldest first.
  it.each<[string, string, string, string]>([
    ['one, over another', 'A1', 'B2 A1', 'A1'],
    ['one, over nothing', 'A1', '', 'A1'],
    ['one that is on top already', 'A1', 'A2 B1', 'unchanged'],
    ['several, none of them on top', 'A1 B1', 'C3 B1 A1', 'A1 B1'],
    ['several, as they lie', 'A1 B1 C1', 'C1 B1 A1', 'unchanged'],
    ['several, copied by an earlier run', 'A1 B1', 'B9 A9 C3 B1 A1', 'unchanged'],
    ['several, of which an earlier run copied the oldest', 'A1 B1', 'A9 C3 B1 A1', 'B1'],
    ['several, of which the first two are there', 'A1 B1 C1', 'B9 A9 D1', 'C1'],
    ['in another order', 'B1 A1', 'B9 A9', 'A1'],
    ['with a marker between', 'A1 DM1 B1', 'C1', 'A1 add-delete-marker B1'],
    ['with a marker on top, as they lie elsewhere', 'A1 DM1', 'DM9 A9', 'unchanged'],
    ['with a marker to be added', 'A1 DM1', 'A9', 'add-delete-marker'],
  ])('%s', async (_, wanted, entries, expected) => {
    const entriesOf = (words: string) =>
      words
        .split(' ')
        .filter((w) => w !== '')
        .map((w) => (w.startsWith('DM') ? marker(w) : entry(w)));
    expect(inShort((await settled(entriesOf(wanted), entriesOf(entries))).settled)).toBe(expected);
  });

  it('becomes a line that goes from what is current to the newest of them', async () => {
    const { settled: found } = await settled([entry('A1'), entry('B1')], [entry('C1'), entry('B1')]);
    expect(found).toEqual({
      kind: 'change',
      line: {
        bucket: 'b',
        key: 'k',
        from: { versionId: 'C1', deleteMarker: false, etag: 'etag-C' },
        to: { versionId: 'B1' },
        steps: [
          { do: 'copy-version', versionId: 'A1' },
          { do: 'copy-version', versionId: 'B1' },
        ],
      },
    });
  });

  it('goes from nothing where there is nothing, and from a marker without an ETag', async () => {
    expect((await settled([entry('A1')], [])).settled).toMatchObject({ line: { from: null } });
    expect((await settled([entry('A1')], [marker('DM1')])).settled).toMatchObject({
      line: { from: { versionId: 'DM1', deleteMarker: true, etag: null } },
    });
  });
});

describe('what stands against a copy', () => {
  const A = entry('A1');
  const B = entry('B1');

  it.each<[string, Entry[], Parameters<typeof settled>[2], string]>([
    [
      'it would destroy a null version',
      [A],
      { question: { destroysNull: true } },
      'skipped would-destroy-null-version',
    ],
    [
      'it is encrypted with a customer key',
      [A],
      { heads: { A1: { customerKey: true } } },
      'skipped customer-encryption-key',
    ],
    ['one of several is', [B, A], { heads: { A1: { customerKey: true } } }, 'skipped customer-encryption-key'],
    ['it is archived, which the listing tells', [{ ...A, storageClass: 'GLACIER' }], {}, 'archived A1'],
    [
      'it is in an archive tier, which only HEAD tells',
      [A],
      { heads: { A1: { archiveStatus: 'ARCHIVE_ACCESS' } } },
      'archived A1',
    ],
    ['one of several is: none is copied', [B, { ...A, storageClass: 'GLACIER' }], {}, 'archived A1'],
    ['it was deleted meanwhile', [A], { heads: { A1: undefined } }, 'conflict'],
  ])('%s', async (_, wanted, more, expected) => {
    expect(inShort((await settled(wanted, [entry('C1')], more)).settled)).toBe(expected);
  });

  it('being there already comes before every obstacle', async () => {
    const glacier = { ...A, storageClass: 'GLACIER' };
    const { settled: found } = await settled([glacier], [entry('A9')], { question: { destroysNull: true } });
    expect(inShort(found)).toBe('unchanged');
  });
});

describe('what nothing can tell', () => {
  const multipart = version('A1', 0, { etag: 'x-2' });
  const settledOn = (source: object, there: object) =>
    settled([multipart], [version('B1', 0, { etag: 'y' })], {
      heads: { A1: { etag: 'x-2', ...source }, B1: { etag: 'y', ...there } },
    });

  it.each<[string, object, object, boolean]>([
    ['uploaded in parts, no checksum', {}, {}, true],
    [
      'uploaded in parts, a checksum each, of two kinds',
      { checksums: { SHA256: 's' } },
      { checksums: { CRC32: 'c' } },
      true,
    ],
    ['under KMS', { etag: 'x', encryption: 'aws:kms' }, {}, true],
    ['a checksum tells', { checksums: { CRC32: 'd' } }, { checksums: { CRC32: 'c' } }, false],
    ['the ETags tell', { etag: 'x' }, {}, false],
    ['the headers tell', { contentType: 'text/css' }, {}, false],
  ])('is said: %s', async (_, source, there, unproven) => {
    const { settled: found } = await settledOn(source, there);
    expect(found.kind === 'change' && found.unproven === true).toBe(unproven);
  });
});

describe('what is asked', () => {
  it('only the source, where no entry on top has its size', async () => {
    const { asked } = await settled([entry('A1')], [version('B1', 0, { size: 4 }), entry('A1')]);
    expect(asked).toEqual(['b/k A1']);
  });

  it('nothing of an archived version that is not on top', async () => {
    const archived = version('A1', 0, { storageClass: 'GLACIER' });
    expect((await settled([archived], [version('B1', 0, { size: 4 })])).asked).toEqual([]);
  });

  it('each version once', async () => {
    const { asked } = await settled([entry('A1'), entry('B1')], [entry('C9'), entry('D9')]);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('a source in its own bucket and key', async () => {
    const source = { bucket: 'there', key: 'x' };
    const { asked } = await settled([entry('A1')], [], { question: { source } });
    expect(asked).toEqual(['there/x A1']);
  });
});

describe('how many may lie there already', () => {
  it('is what trying each number would find', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, sizes, (wanted, all) => {
        const there = all.slice(0, wanted.length);
        const found = wanted
          .map((_, i) => i + 1)
          .filter(
            (n) => n <= there.length && wanted.slice(0, n).every((size, i) => size === there[there.length - n + i]),
          )
          .toReversed();
        expect(overlaps(wanted, there)).toEqual(found);
      }),
    );
  });
});
