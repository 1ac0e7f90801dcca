import type { Operation } from '../../../sandbox/index.ts';
import { mixtureAfter, mixtureInputs, seedMixture } from '../support/mixture.ts';
import { onSandbox, seed } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

const CHANGES: Operation[] = ['DeleteObjects', 'DeleteObject', 'CopyObject'];

onSandbox('a cancelled job', (test) => {
  for (const method of ['copy', 'delete'] as const) {
    for (const signals of [['SIGINT'], ['SIGTERM'], ['SIGINT', 'SIGTERM']] as const) {
      test(`${signals.join(' and ')} in the middle of ${method}: accounted for, and finished by the next run`, async (context) => {
        const { bucket, act, expect, fault, mutations, shapes } = context;
        seedMixture(bucket);
        const { onSpawn, cancel, stopping } = victim();
        const slow = fault({ operation: CHANGES, latencyMs: 200 });
        fault({ operation: CHANGES, skip: 12, times: 1, hook: () => cancel(...signals) });
        // No answer frees a place before the signal has been heard.
        fault({ operation: CHANGES, hook: stopping, when: 'after' });
        const inputs = { ...mixtureInputs(method), concurrency: '4' };
        const run = await act(inputs, { onSpawn });
        expect(run.signal, 'it ends before it is killed').toBeNull();
        expect(run.code).toBe(1);
        expect(run.outputs.status).toBe('partial');
        expect(run.report().error).toMatchObject({ code: 'cancelled' });
        const { restored, failed } = run.report().totals;
        expect(restored).toBeGreaterThan(0);
        expect(run.report().skipped['not-attempted']).toBeGreaterThan(0);
        // What was in flight may land; nothing new is begun.
        expect(mutations().length).toBeLessThanOrEqual(13 + 3);
        const target = mixtureAfter(method);
        const now = shapes();
        const keys = [...run.before.keys()].filter((key) => key.startsWith('k/'));
        const there = keys.filter((key) => now[key] === target[key]).length - 10;
        expect(there).toBeGreaterThanOrEqual(restored);
        expect(there).toBeLessThanOrEqual(restored + failed);
        expect(run.summary).toContain('cancelled');

        slow.remove();
        const again = await act(inputs);
        expect(again.outputs).toMatchObject({ status: 'success', failed: '0', conflicts: '0' });
        expect(shapes()).toEqual(target);
      });
    }
  }

  test('while a request hangs: not waited for, and told as open', async (context) => {
    const { bucket, act, expect, fault } = context;
    seed(bucket, 'k', 'A B');
    const { onSpawn, cancel } = victim();
    fault({ operation: 'CopyObject', hook: () => cancel('SIGINT') });
    fault({ operation: 'CopyObject', drop: 'before' });
    fault({ operation: 'CopyObject', latencyMs: 600_000 });
    const run = await act({ operation: 'rollback', key: 'k', 'versions-back': '1' }, { onSpawn });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', restored: '0', failed: '1' });
    expect(run.report().failures).toMatchObject([{ key: 'k', code: 'unconfirmed' }]);
    expect(run.journal().filter((line) => 'intent' in line)).toHaveLength(1);
    expect(run.journal().filter((line) => 'result' in line)).toHaveLength(0);
  });

  test('during the listing: nothing was changed', async ({ bucket, act, expect, fault, mutations }) => {
    for (let i = 0; i < 50; i++) seed(bucket, `k${i}`, 'A x');
    const { onSpawn, cancel } = victim();
    fault({ operation: 'ListObjectVersions', hook: () => cancel('SIGTERM') });
    fault({ operation: 'ListObjectVersions', latencyMs: 600_000 });
    const run = await act({ operation: 'undelete', 'whole-bucket': 'true' }, { onSpawn });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', restored: '0' });
    expect(mutations()).toEqual([]);
  });

  test('during verification: what S3 had confirmed counts as restored', async ({
    bucket,
    act,
    expect,
    fault,
    shapes,
  }) => {
    seed(bucket, 'k', 'A x');
    const { onSpawn, cancel } = victim();
    fault({ operation: 'ListObjectVersions', skip: 1, hook: () => cancel('SIGINT') });
    fault({ operation: 'ListObjectVersions', skip: 1, latencyMs: 600_000 });
    const run = await act({ operation: 'undelete', 'whole-bucket': 'true' }, { onSpawn });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1' });
    expect(shapes()).toEqual({ k: 'A' });
  });

  test('while it waits for a throttled server', async ({ bucket, act, expect, fault }) => {
    for (let i = 0; i < 50; i++) seed(bucket, `k${i}`, 'A x');
    const { onSpawn, cancel } = victim();
    fault({ operation: 'DeleteObjects', skip: 2, times: 1, hook: () => cancel('SIGINT') });
    fault({ operation: 'DeleteObjects', respond: { status: 503, code: 'SlowDown' } });
    const run = await act({ operation: 'undelete', 'whole-bucket': 'true' }, { onSpawn });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', restored: '0' });
    expect(run.after).toEqual(run.before);
  });

  test('fail-on never does not make a cancelled run green', async ({ bucket, act, expect, fault }) => {
    seed(bucket, 'k', 'A x');
    const { onSpawn, cancel } = victim();
    fault({ operation: 'ListObjectVersions', hook: () => cancel('SIGINT') });
    fault({ operation: 'ListObjectVersions', latencyMs: 600_000 });
    const run = await act({ operation: 'undelete', key: 'k', 'fail-on': 'never' }, { onSpawn });
    expect(run.code).toBe(1);
  });
});
