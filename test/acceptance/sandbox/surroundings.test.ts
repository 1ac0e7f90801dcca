import { server } from '../support/act.ts';
import { annotationsOf } from '../support/commands.ts';
import { onSandbox, seed } from '../support/sandbox.ts';

const UNDELETE = { operation: 'undelete', 'whole-bucket': 'true' };

/** The machine around the action: a full disk, a runner that gives less than usual. */
onSandbox('surroundings', (test) => {
  for (const file of ['plan-file', 'journal-file']) {
    test(`a full disk under the ${file}: told so, and nothing is changed`, async (context) => {
      const { bucket, act, expect, mutations } = context;
      seed(bucket, 'k', 'A x');
      // Can be opened, and every write to it fails with ENOSPC.
      const run = await act({ ...UNDELETE, [file]: '/dev/full' }, { unaccountable: true });
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'failed', restored: '0' });
      expect(mutations()).toEqual([]);
      const [error] = annotationsOf(run.stdout, 'error');
      expect(error?.message).toContain('ENOSPC');
      expect(error?.message).toContain(`"${file}"`);
      expect(error?.message).not.toContain('bug');
    });
  }

  for (const [name, file] of [
    ['missing', '/no/such/event.json'],
    ['no JSON', '/dev/null'],
  ] as const) {
    test(`the file of the event is ${name}: nobody needs it`, async ({ bucket, act, expect, shapes }) => {
      seed(bucket, 'k', 'A x');
      const run = await act(UNDELETE, { env: { GITHUB_EVENT_PATH: file } });
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(run.stdout).not.toContain(file);
      expect(shapes()).toEqual({ k: 'A' });
    });
  }

  test('a summary that cannot be written is only a warning', async ({ bucket, act, expect, shapes }) => {
    seed(bucket, 'k', 'A x');
    const run = await act(UNDELETE, { env: { GITHUB_STEP_SUMMARY: '/dev/full' } });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(annotationsOf(run.stdout, 'warning')[0]?.message).toContain('summary could not be written');
    expect(shapes()).toEqual({ k: 'A' });
  });

  test('outputs that cannot be written are told, and the run is not', async ({ bucket, act, expect, shapes }) => {
    seed(bucket, 'k', 'A x');
    const run = await act(UNDELETE, { env: { GITHUB_OUTPUT: '/no/such/file' }, unaccountable: true });
    expect(run.code).toBe(0);
    expect(run.summary).toContain('1 key restored');
    expect(annotationsOf(run.stdout, 'warning')[0]?.message).toContain('outputs could not be written');
    expect(shapes()).toEqual({ k: 'A' });
  });

  test('the input endpoint-url wins over the environment', async ({ bucket, act, expect }) => {
    seed(bucket, 'k', 'A x');
    const nowhere = { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    const run = await act({ ...UNDELETE, 'endpoint-url': server.endpoint }, { env: nowhere });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
  });

  test('without a summary file, without a workspace', async ({ bucket, act, expect }) => {
    seed(bucket, 'k', 'A x');
    const run = await act(UNDELETE, { env: { GITHUB_STEP_SUMMARY: '', GITHUB_WORKSPACE: '' } });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(run.summary).toBe('');
  });

  test('a server that stops answering: what landed is found by the next run', async (context) => {
    const { bucket, act, expect, fault, shapes } = context;
    seed(bucket, 'k', 'A B');
    const planted = fault({ operation: 'CopyObject', drop: 'after' });
    const rollback = { operation: 'rollback', key: 'k', 'to-time': '2026-03-04T10:00:30Z' };
    fault({ operation: 'ListObjectVersions', skip: 1, drop: 'before' });
    const run = await act(rollback);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', restored: '0', failed: '1' });
    expect(shapes()).toEqual({ k: 'A B A' });
    planted.remove();
  });
});
