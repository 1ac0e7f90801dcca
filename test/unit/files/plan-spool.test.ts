import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../../src/core/errors.ts';
import { type PlannedKey, parsePlanHeader, planDigest, planLine } from '../../../src/core/plan.ts';
import { openPlanSpool, readPlan } from '../../../src/files/plan-spool.ts';

const HEADER = {
  schemaVersion: 1,
  kind: 'plan',
  operation: 'undelete',
  bucket: 'b',
  scope: { bucket: 'b', prefix: '' },
  target: { kind: 'undelete' },
  method: 'copy',
  createdAt: '2026-11-22T14:00:00Z',
} as const;

function line(key: string): PlannedKey {
  return {
    bucket: 'b',
    key,
    from: { versionId: 'm', deleteMarker: true, etag: null },
    to: { versionId: 'v' },
    steps: [{ do: 'remove-delete-marker', versionId: 'm' }],
  };
}

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plan-'));
  file = join(folder, 'plan.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Segments as they arrive: [start, keys]. */
async function spooled(...segments: [string, string[]][]): Promise<string> {
  const spool = await openPlanSpool(file, folder, HEADER);
  for (const [start, keys] of segments) {
    const segment = spool.segment(start);
    for (const key of keys) await segment.write([line(key)]);
    await segment.end();
  }
  const { digest } = await spool.finish(() => {});
  await spool.cleanUp();
  return digest;
}

async function keysIn(plan: string, digest?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of readPlan(plan, digest)) keys.push(key);
  return keys;
}

describe('the plan on disk', () => {
  it('is sorted as S3 sorts, in whatever order the segments arrived, empty ones among them', async () => {
    const digest = await spooled(
      ['m', ['n', 'o']],
      ['\u{1F600}', ['\u{1F600}x']],
      ['', ['a', 'b']],
      ['q', []],
      ['\uFFFD', ['\uFFFDx']],
    );
    expect(await keysIn(file, digest)).toEqual(['a', 'b', 'n', 'o', '\uFFFDx', '\u{1F600}x']);
  });

  it('has the digest of its bytes in its header', async () => {
    const digest = await spooled(['', ['a']], ['k', ['z']]);
    const [header = '', ...lines] = readFileSync(file, 'utf8').split('\n');
    const again = planDigest(HEADER);
    again.add(`${lines.join('\n')}`);
    expect(parsePlanHeader(header).digest).toBe(digest);
    expect(again.digest()).toBe(digest);
  });

  it('told to stop while it is put together, says so, and not that the disk is at fault', async () => {
    const spool = await openPlanSpool(file, folder, HEADER);
    const segment = spool.segment('');
    await segment.write([line('a')]);
    await segment.end();
    const stopped = new CancelledError();
    const stop = () => {
      throw stopped;
    };
    await expect(spool.finish(stop)).rejects.toBe(stopped);
    await spool.cleanUp();
  });

  it('carries keys with every kind of line break', async () => {
    const keys = ['a\nb', 'a\rb', 'a\u0085b', 'a\u2028b', 'a\u2029b'];
    await spooled(['', keys]);
    expect(await keysIn(file)).toEqual(keys);
  });

  it('may be empty', async () => {
    const digest = await spooled();
    expect(await keysIn(file, digest)).toEqual([]);
  });

  it.each([
    ['a line was added', (text: string) => `${text}${planLine(line('zz'))}`],
    [
      'a line was taken away',
      (text: string) =>
        text
          .split('\n')
          .filter((_, i) => i !== 1)
          .join('\n'),
    ],
    ['a key was changed', (text: string) => text.replace('"key":"a"', '"key":"c"')],
    [
      'the digest was changed',
      (text: string) => text.replace(/sha256:./, (d) => (d.endsWith('0') ? 'sha256:1' : 'sha256:0')),
    ],
  ])('is refused when %s', async (_, change) => {
    await spooled(['', ['a', 'b']]);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    await expect(keysIn(file)).rejects.toMatchObject({ code: 'plan-digest-mismatch' });
  });

  it('is refused when it was cut short', async () => {
    await spooled(['', ['a', 'b']]);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20));
    await expect(keysIn(file)).rejects.toMatchObject({ code: 'invalid-plan' });
  });

  it('names the input when the path does not work, before anything else is done', async () => {
    await expect(openPlanSpool(folder, folder, HEADER)).rejects.toMatchObject({
      code: 'file-not-writable',
      message: expect.stringContaining('input "plan-file"'),
    });
  });
});
