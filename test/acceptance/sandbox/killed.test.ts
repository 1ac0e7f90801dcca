import { generator } from '../../../sandbox/faults.ts';
import type { Operation } from '../../../sandbox/index.ts';
import { mixtureAfter, mixtureInputs, seedMixture } from '../support/mixture.ts';
import { minute, onSandbox, seed } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

const CHANGES: Operation[] = ['DeleteObjects', 'DeleteObject', 'CopyObject'];

/** What became of the request that the process was killed over. */
const FATES = ['never arrived', 'arrived, and was done after the death', 'was done before the death'] as const;

/** How many requests that change something an undisturbed run sends, as the first tests show. */
const REQUESTS = { copy: 45, delete: 40 };
const MOMENTS = 25;
const random = generator(20260304);

onSandbox('killed at any moment: the next run ends where an undisturbed run ends', (test) => {
  for (const method of ['copy', 'delete'] as const) {
    test(`${method}: undisturbed`, async ({ bucket, act, expect, mutations, shapes }) => {
      seedMixture(bucket);
      const run = await act(mixtureInputs(method));
      expect(run.outputs).toMatchObject({ status: 'success', planned: '50', restored: '50', unchanged: '10' });
      expect(shapes()).toEqual(mixtureAfter(method));
      expect(mutations()).toHaveLength(REQUESTS[method]);
    });

    for (let moment = 1; moment <= MOMENTS; moment++) {
      const nth = Math.floor(random() * REQUESTS[method]);
      const fate = FATES[Math.floor(random() * FATES.length)] ?? FATES[0];
      test(`${method}: moment ${moment}, over change ${nth + 1}, which ${fate}`, async (context) => {
        const { bucket, act, expect, fault, shapes } = context;
        seedMixture(bucket);
        const { onSpawn, kill } = victim();
        const once = { operation: CHANGES, skip: nth, times: 1 };
        fault({ ...once, hook: kill, when: fate === 'was done before the death' ? 'after' : 'before' });
        if (fate === 'never arrived') fault({ ...once, drop: 'before' });
        const killed = await act(mixtureInputs(method), { onSpawn });
        expect(killed.signal).toBe('SIGKILL');

        const again = await act(mixtureInputs(method));
        expect(again.code).toBe(0);
        expect(again.outputs).toMatchObject({ failed: '0', conflicts: '0', skipped: '0' });
        expect(shapes()).toEqual(mixtureAfter(method));
      });
    }
  }

  const window = { operation: 'undelete', prefix: 'k', 'deleted-before': new Date(minute(1)).toISOString() };
  for (let moment = 1; moment <= 8; moment++) {
    const nth = Math.floor(random() * 12);
    test(`undelete in a window: moment ${moment}, over change ${nth + 1}`, async (context) => {
      const { bucket, act, expect, fault, shapes } = context;
      // Deleted within the window, and deleted again later: what is left of a key must not fall out of the window.
      const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
      for (const key of keys) seed(bucket, key, 'A x x x');
      const { onSpawn, kill } = victim();
      fault({ operation: CHANGES, skip: nth, times: 1, hook: kill });
      fault({ operation: CHANGES, skip: nth, times: 1, drop: 'before' });
      const killed = await act({ ...window, 'batch-size': '2' }, { onSpawn, others: true });
      expect(killed.signal).toBe('SIGKILL');
      const again = await act(window, { others: true });
      expect(again.report()).toMatchObject({ skipped: {}, totals: { failed: 0, conflicts: 0 } });
      expect(shapes()).toEqual(Object.fromEntries(keys.map((key) => [key, 'A'])));
    });
  }
});
