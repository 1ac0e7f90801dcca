import { shapeOf, shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

const DELETE = {
  operation: 'rollback',
  'whole-bucket': 'true',
  'versions-back': '1',
  method: 'delete',
  'max-deletes': '9',
};
const locked = { objectLock: true } as const;
const governance = () => ({
  ObjectLockMode: 'GOVERNANCE' as const,
  ObjectLockRetainUntilDate: new Date(Date.now() + 3_600_000),
});

stories('object-lock', (story) => {
  story(
    'a locked version is not deleted: its key fails with the mend, the others go back',
    async ({ bucket, act, expect }) => {
      await write(bucket, 'free', 'A B');
      await bucket.put('held', 'A');
      await bucket.put('held', 'B', governance());
      const run = await act(DELETE);
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
      expect(run.report().failures).toMatchObject([{ key: 'held', code: 'AccessDenied' }]);
      expect(run.report().failures[0]?.hint).toContain('bypass-governance-retention');
      expect(shapesOf(run.after)).toEqual({ free: 'A', held: 'A B' });
    },
    locked,
  );

  story(
    'a locked version below the current one keeps the current one',
    async ({ bucket, act, expect }) => {
      await bucket.put('k', 'A');
      await bucket.put('k', 'B', governance());
      await bucket.put('k', 'C');
      const run = await act({ ...DELETE, 'versions-back': '2' });
      expect(run.outputs).toMatchObject({ status: 'failed', restored: '0', failed: '1' });
      expect(shapeOf(await bucket.history('k'))).toBe('A B C');
    },
    locked,
  );

  story(
    'governance is bypassed where the input says so',
    async ({ bucket, act, expect }) => {
      await bucket.put('k', 'A');
      await bucket.put('k', 'B', governance());
      const run = await act({ ...DELETE, 'bypass-governance-retention': 'true' });
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(shapeOf(await bucket.history('k'))).toBe('A');
    },
    locked,
  );

  story(
    'locks do not stand in the way of markers and copies',
    async ({ bucket, act, expect }) => {
      await bucket.put('deleted', 'A', governance());
      await bucket.mark('deleted');
      await bucket.put('changed', 'A', governance());
      await bucket.put('changed', 'B', governance());
      await act({ operation: 'undelete', key: 'deleted' });
      await act({ operation: 'rollback', key: 'changed', 'versions-back': '1' });
      expect(shapesOf(await bucket.histories())).toEqual({ deleted: 'A', changed: 'A B A' });
    },
    locked,
  );
});
