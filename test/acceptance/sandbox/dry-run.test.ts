import { onSandbox, seed } from '../support/sandbox.ts';

const RUNS = [
  { operation: 'undelete', 'whole-bucket': 'true' },
  { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' },
  { operation: 'rollback', 'whole-bucket': 'true', 'to-time': '2020-01-01T00:00:00Z' },
  { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1', method: 'delete', 'max-deletes': '9' },
];

onSandbox('no request that changes anything', (test) => {
  for (const inputs of RUNS) {
    const { operation, method = '', ...target } = inputs;
    const back = target['versions-back'] ?? target['to-time'] ?? '';
    test(`in a dry run: ${[operation, back, method].join(' ').trim()}`, async (context) => {
      const { bucket, act, expect, mutations } = context;
      seed(bucket, 'deleted', 'A B x');
      seed(bucket, 'changed', 'A B');
      seed(bucket, 'stacked', 'A x x');
      const run = await act({ ...inputs, 'dry-run': 'true' });
      expect(run.outputs.status).toBe('planned');
      expect(Number(run.outputs.planned)).toBeGreaterThan(0);
      expect(mutations()).toEqual([]);
    });
  }

  test('in a second run', async ({ bucket, act, expect, mutations }) => {
    const [first = ''] = seed(bucket, 'a', 'A B');
    const rollback = { operation: 'rollback', key: 'a', 'version-id': first };
    await act(rollback);
    const already = mutations().length;
    const again = await act(rollback);
    expect(again.outputs.status).toBe('no-change');
    expect(mutations()).toHaveLength(already);
  });

  test('over max-deletes a dry run is planned, and says what a run would say', async (context) => {
    const { bucket, act, expect, mutations } = context;
    seed(bucket, 'a', 'A B C');
    const rollback = { operation: 'rollback', key: 'a', 'versions-back': '2', method: 'delete', 'max-deletes': '1' };
    const run = await act({ ...rollback, 'dry-run': 'true' });
    expect(run.outputs).toMatchObject({ status: 'planned', planned: '1' });
    expect(run.report().notes.join('\n')).toMatch(/would be refused.*"max-deletes"/);
    expect(mutations()).toEqual([]);
  });
});
