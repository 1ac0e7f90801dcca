import { describe, expect, it } from 'vitest';
import * as model from '../../support/model.ts';
import { earlier } from '../../support/model-earlier.ts';

/** What a run of `undo` asks, tells and writes; what becomes of a key is told in core/undo.test.ts. */

const { undo } = earlier();
const AT = Date.parse('2026-11-22T14:00:00Z');
const HTML = { body: 'one', contentType: 'text/html' };
const PLAIN = { body: 'one', contentType: 'text/plain' };

const HEADER = {
  schemaVersion: 1,
  kind: 'journal',
  operation: 'rollback',
  bucket: 'b',
  dryRun: false,
  planDigest: '',
  startedAt: '2026-11-22T12:00:00Z',
};
const END = { end: '2026-11-22T12:01:00Z' };
const text = (...lines: object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** v1 was current, then v2; the run copied v1 on top: v3. */
function copied(top: model.StoredObject = HTML): { b: model.Bucket } {
  const b = model.emptyBucket('Enabled');
  for (const object of [HTML, { ...HTML, body: 'two' }, top]) model.put(b, 'k', object, Date.parse(HEADER.startedAt));
  return { b };
}
const FROM = { versionId: 'v2', deleteMarker: false };
const INTENT = { intent: 1, bucket: 'b', key: 'k', do: 'copy-version', versionId: 'v1', from: FROM };
const NAMELESS = text(HEADER, INTENT, { result: 1, status: 'done' }, END);

describe('undo', () => {
  it('of a run that changed nothing has nothing to do', async () => {
    const { report, port } = await undo({ b: model.emptyBucket('Enabled') }, text(HEADER, END), { at: AT });
    expect(report).toMatchObject({ status: 'no-change', totals: { keysExamined: 0 } });
    expect(port.mutations).toEqual([]);
  });

  it('tells of a run that was killed, and not of one that came to its end', async () => {
    const done = { result: 1, status: 'done', versionId: 'v3' };
    const killed = await undo(copied(), text(HEADER, INTENT, done), { at: AT, dryRun: true });
    expect([...killed.report.notes].join()).toContain('that run was killed');
    const ended = await undo(copied(), text(HEADER, INTENT, done, END), { at: AT, dryRun: true });
    expect([...ended.report.notes].join()).not.toContain('killed');
  });

  it('has a plan and a journal of its own', async () => {
    const { plan, journal, report } = await undo(copied(), NAMELESS, { at: AT });
    expect(report).toMatchObject({ operation: 'undo', status: 'success', totals: { restored: 1 } });
    expect(plan.map(({ key, to, steps }) => ({ key, to, steps }))).toEqual([
      { key: 'k', to: { versionId: 'v2' }, steps: [{ do: 'delete-version', versionId: 'v3' }] },
    ]);
    expect(journal).toMatchObject([{ intent: { do: 'delete-version', versionId: 'v3' }, result: { status: 'done' } }]);
  });

  it('does not take an object of the same bytes, but with other headers, for the copy', async () => {
    const models = copied(PLAIN);
    const { report, port } = await undo(models, NAMELESS, { at: AT });
    expect(report.conflicts).toMatchObject([
      { key: 'k', found: expect.stringContaining('differs from what it copied') },
    ]);
    expect(port.mutations).toEqual([]);
  });

  it('that may not look at the object leaves the key alone, and says so', async () => {
    const models = copied();
    const fault = (n: number) => (n === 1 ? ('refused' as const) : ('none' as const));
    const { report, port } = await undo(models, NAMELESS, { at: AT, fault });
    expect(report.failures).toMatchObject([{ key: 'k', code: 'AccessDenied' }]);
    expect(port.mutations).toEqual([]);
  });

  it.each([
    ['the one that was changed', 'b', undefined],
    ['none', undefined, undefined],
    ['another', 'c', 'journal-for-another-bucket'],
  ])('the bucket given is %s', async (_, bucket, code) => {
    const how = { at: AT, ...(bucket !== undefined && { bucket }) };
    const { report } = await undo({ ...copied(), c: model.emptyBucket('Enabled') }, NAMELESS, how);
    expect(report.error?.code).toBe(code);
  });

  it('of a run with a destination takes the name of either bucket', async () => {
    const journal = text({ ...HEADER, bucket: 'source' }, INTENT, { result: 1, status: 'done', versionId: 'v3' }, END);
    for (const bucket of ['source', 'b']) {
      const { report } = await undo({ ...copied(), source: model.emptyBucket('Enabled') }, journal, { at: AT, bucket });
      expect(report.error).toBeUndefined();
      expect(report.totals.restored).toBe(1);
    }
  });

  it('reads the histories of 3,000 keys a thousand at a time', async () => {
    const b = model.emptyBucket('Enabled');
    const steps = Array.from({ length: 3000 }, (_, i) => {
      const key = `k${String(i).padStart(4, '0')}`;
      const { versionId } = model.put(b, key, HTML, 0);
      const from = { versionId: `m${i}`, deleteMarker: true };
      const to = { versionId };
      return [
        { intent: i + 1, bucket: 'b', key, do: 'remove-delete-marker', versionId: from.versionId, from, to },
        { result: i + 1, status: 'done' },
      ];
    });
    const { report, port } = await undo({ b }, text(HEADER, ...steps.flat(), END), { at: AT, verify: false });
    expect(report).toMatchObject({ status: 'success', totals: { restored: 3000 }, requests: { list: 3, head: 0 } });
    expect(port.mutations).toHaveLength(3000);
  });
});
