import { describe, expect, it } from 'vitest';
import type { PlanHeader, PlannedKey } from '../../../src/core/plan.ts';
import * as model from '../../support/model.ts';
import { earlier, planOf } from '../../support/model-earlier.ts';

/** What a run of `apply` asks, tells and writes; drift is told in drift.test.ts, bad files in reviewed.test.ts. */

const { apply } = earlier();
const AT = Date.parse('2026-11-22T14:00:00Z');
const HTML = { body: 'one', contentType: 'text/html' };

function deleted(count: number, folder = ''): { b: model.Bucket; lines: PlannedKey[] } {
  const b = model.emptyBucket('Enabled');
  const lines = Array.from({ length: count }, (_, i): PlannedKey => {
    const key = `${folder}k${String(i).padStart(4, '0')}`;
    const { versionId } = model.put(b, key, HTML, 0);
    const marker = model.addMarker(b, key, 0).versionId;
    const from = { versionId: marker, deleteMarker: true, etag: null };
    return { bucket: 'b', key, from, to: { versionId }, steps: [{ do: 'remove-delete-marker', versionId: marker }] };
  });
  return { b, lines };
}

/** v2 over v1; v2 is to be deleted for good. */
function toDelete(header: Partial<PlanHeader>): { b: model.Bucket; plan: string } {
  const b = model.emptyBucket('Enabled');
  for (const body of ['one', 'two']) model.put(b, 'k', { ...HTML, body }, 0);
  const from = { versionId: 'v2', deleteMarker: false, etag: 'etag-of-two' };
  const steps = [{ do: 'delete-version', versionId: 'v2' } as const];
  return { b, plan: planOf([{ bucket: 'b', key: 'k', from, to: { versionId: 'v1' }, steps }], header) };
}

describe('apply', () => {
  it('tells the scope and the target of the run that made the plan', async () => {
    const { b, lines } = deleted(2);
    const plan = planOf(lines, {
      operation: 'undelete',
      scope: { bucket: 'b', prefix: 'k' },
      target: { kind: 'undelete' },
    });
    const { report } = await apply({ b }, plan, { at: AT });
    expect(report).toMatchObject({
      operation: 'apply',
      status: 'success',
      scope: { bucket: 'b', prefix: 'k' },
      target: { kind: 'undelete', method: 'copy' },
      totals: { keysExamined: 2, planned: 2, restored: 2 },
    });
  });

  it.each([false, true])(
    'tells what became of the keys by prefix, below that of the plan; dry run: %s',
    async (dryRun) => {
      const { b, lines } = deleted(2, 'a/k/');
      const [line] = lines;
      if (line === undefined) throw new Error('there is a line');
      model.put(b, line.key, HTML, 0);
      const plan = planOf(lines, { operation: 'undelete', scope: { bucket: 'b', prefix: 'a/' } });
      const { prefixes } = await apply({ b }, plan, { at: AT, dryRun });
      const [planned, restored] = dryRun ? [1, 0] : [2, 1];
      expect(prefixes).toEqual([{ prefix: 'a/k/', planned, restored, conflicts: 1, failed: 0 }]);
    },
  );

  it('looks at 3,000 keys together, before the first step and after the last', async () => {
    const { b, lines } = deleted(3000);
    const { report, port } = await apply({ b }, planOf(lines), { at: AT });
    expect(report).toMatchObject({ totals: { restored: 3000 }, requests: { list: 2, head: 0, delete: 3 } });
    expect(port.mutations).toHaveLength(3);
  });

  it.each<Partial<PlanHeader>>([
    { operation: 'rollback', method: 'delete' },
    { operation: 'undo', method: 'copy' },
  ])('what a plan deletes for good has to be allowed: $operation, method $method', async (header) => {
    const { b, plan } = toDelete(header);
    const refused = await apply({ b }, plan, { at: AT });
    expect(refused.report.error).toMatchObject({
      code: 'max-deletes-exceeded',
      message: expect.stringContaining('"max-deletes"'),
    });
    expect(refused.port.mutations).toEqual([]);
    const told = await apply({ b }, plan, { at: AT, dryRun: true });
    expect([...told.report.notes].join('\n')).toContain('Without dry-run this would be refused');
    const allowed = await apply({ b }, plan, { at: AT, maxDeletes: 1 });
    expect(allowed.report).toMatchObject({ status: 'success', totals: { restored: 1 } });
  });

  it('refused, it counts no key', async () => {
    const { b, lines } = deleted(2);
    const { report, port } = await apply({ b }, planOf(lines).replace('k0001', 'k0002'), { at: AT });
    expect(report).toMatchObject({
      status: 'failed',
      error: { code: 'plan-digest-mismatch' },
      totals: { keysExamined: 0, planned: 0 },
    });
    expect(port.sent()).toBe(0);
  });

  it('stopped, it tells which keys it did not get to', async () => {
    const { b, lines } = deleted(3);
    const { report } = await apply({ b }, planOf(lines), { at: AT, batchSize: 1, concurrency: 1, stopAt: 2 });
    expect(report).toMatchObject({ error: { code: 'cancelled' }, totals: { keysExamined: 3 } });
    expect(report.skipped['not-attempted']).toBeGreaterThan(0);
  });
});
