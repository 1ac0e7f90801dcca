import { AWKWARD_KEYS } from '../support/awkward-keys.ts';
import { annotationsOf } from '../support/commands.ts';
import { onSandbox, seed } from '../support/sandbox.ts';

const KEYS = AWKWARD_KEYS.map(([, key]) => key);
/** Those that say something to the runner, to Markdown or to HTML. */
const SPEAKING = AWKWARD_KEYS.filter(([, key]) => /::|##\[|[<>@`|]|\]\(|\$\{|\u202e|\u001b/.test(key));
const ROLLBACK = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' };

/**
 * Names, ids and messages that somebody else wrote, where the action speaks of them. That none of them becomes a
 * command, markup or a mention is checked after every run, see support/invariants.ts.
 */
onSandbox('untrusted text', (test) => {
  for (const [what, key] of SPEAKING) {
    test(`a failure and a conflict of a key: ${what}`, async ({ bucket, act, expect, fault }) => {
      seed(bucket, key, 'A B');
      const other = `${key}!`;
      seed(bucket, other, 'A B');
      const respond = { status: 403, code: 'AccessDenied', message: `no ${key}` };
      fault({ operation: 'CopyObject', key, respond });
      fault({ operation: 'CopyObject', key: other, times: 1, hook: () => void bucket.put(other, { body: 'Z' }) });
      const run = await act(ROLLBACK, { others: true });
      expect(run.outputs).toMatchObject({ status: 'failed', failed: '1', conflicts: '1' });
      expect(run.report().failures[0]?.key).toBe(key);
      const titles = [...annotationsOf(run.stdout, 'error'), ...annotationsOf(run.stdout, 'warning')];
      expect(titles.map((one) => one.title).toSorted()).toEqual(['AccessDenied', 'Conflicts']);
    });
  }

  test('failures of all keys at once', async ({ bucket, act, expect, fault }) => {
    for (const key of KEYS) seed(bucket, key, 'A B');
    fault({ operation: 'CopyObject', respond: { status: 403, code: 'AccessDenied' } });
    const run = await act(ROLLBACK);
    expect(
      run
        .report()
        .failures.map((one) => one.key)
        .toSorted(),
    ).toEqual(KEYS.toSorted());
    expect(annotationsOf(run.stdout, 'error')).toHaveLength(1);
  });

  test('all of them as the globs of a run that finds nothing', async ({ act, expect }) => {
    const globs = KEYS.filter((key) => !/[\n\r]/.test(key)).join('\n');
    const run = await act({ operation: 'undelete', prefix: '##[error]<b>@team', exclude: globs });
    expect(run.outputs.status).toBe('no-change');
  });

  for (const value of ['##[set-output name=x]y', '\n::error::gotcha', '<b>@team</b>', '`a` [b](http://c.example)']) {
    test(`as the value of inputs that are refused: ${JSON.stringify(value)}`, async ({ act, expect }) => {
      const inputs = { operation: value, bucket: value, method: value, 'to-time': value, 'version-id': value };
      const run = await act({ ...inputs, concurrency: value, 'endpoint-url': value, region: value, key: value });
      expect(run.code).toBe(1);
      expect(annotationsOf(run.stdout, 'error').map((error) => error.message)).not.toContain('gotcha');
    });
  }

  test('a message of the server with everything in it', async ({ bucket, act, expect, fault }) => {
    seed(bucket, 'k', 'A x');
    const commands = '##[error]x\n::error::gotcha\r::warning::gotcha';
    const message = `${commands} <img src=x> @team \`a\` [b](http://c.example) https://d.example`;
    fault({ operation: 'ListObjectVersions', respond: { status: 403, code: 'AccessDenied', message } });
    const run = await act({ operation: 'undelete', key: 'k' });
    expect(run.code).toBe(1);
    expect(annotationsOf(run.stdout, 'error')).toHaveLength(1);
    expect(annotationsOf(run.stdout, 'warning')).toHaveLength(0);
  });
});
