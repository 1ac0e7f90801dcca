import { readFileSync, writeFileSync } from 'node:fs';
import { annotationsOf } from '../support/commands.ts';
import { onSandbox, type SandboxContext, seed } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

const UNDELETE = { operation: 'undelete', 'whole-bucket': 'true', 'batch-size': '5', concurrency: '1' };

async function killedOver(context: SandboxContext, operation: 'DeleteObjects' | 'ListObjectVersions', skip = 0) {
  const { bucket, act, fault } = context;
  for (let i = 0; i < 20; i++) seed(bucket, `k${String(i).padStart(2, '0')}`, 'A x');
  const { onSpawn, kill } = victim();
  const planted = fault({ operation, skip, times: 1, hook: kill });
  const run = await act(UNDELETE, { onSpawn });
  planted.remove();
  return run;
}

onSandbox('the post step', (test) => {
  test('after a main step that was killed tells what was done, from its journal', async (context) => {
    const { act, expect, requests } = context;
    const main = await killedOver(context, 'DeleteObjects', 2);
    expect(main.signal).toBe('SIGKILL');
    const already = requests().length;
    const lines = readFileSync(main.state['journal-file'] ?? '', 'utf8')
      .trimEnd()
      .split('\n');
    const done = lines.filter((line) => line.startsWith('{"result"')).length;
    const open = lines.filter((line) => line.startsWith('{"intent"')).length - done;
    // The second answer had come; whether it was written down is a matter of moments.
    expect(done).toBeOneOf([5, 10]);
    expect(open).toBeGreaterThanOrEqual(5);
    const post = await act({}, { post: { state: main.state }, temp: main.temp });
    expect(post.code).toBe(0);
    const [warning] = annotationsOf(post.stdout, 'warning');
    expect(warning?.message).toContain('was killed while it changed the bucket');
    expect(warning?.message).toContain(`${done} of 20 planned steps are done`);
    expect(warning?.message).toMatch(new RegExp(`${open} steps were begun, and the answer was not seen.*"k(05|10)"`));
    expect(warning?.message).toContain('Run the same step again');
    expect(post.summary).toContain('killed while it changed the bucket');
    expect(requests()).toHaveLength(already);
  });

  test('after a main step that was killed before the first change says so', async (context) => {
    const { act, expect } = context;
    const main = await killedOver(context, 'ListObjectVersions');
    const post = await act({}, { post: { state: main.state }, temp: main.temp });
    expect(post.code).toBe(0);
    expect(annotationsOf(post.stdout, 'warning')[0]?.message).toContain('killed before it changed anything');
  });

  for (const [what, inputs] of [
    ['finished', UNDELETE],
    ['was refused for its inputs', { operation: 'nonsense' }],
    ['was refused for its plan', { ...UNDELETE, 'max-changes': '0' }],
    ['was a dry run', { ...UNDELETE, 'dry-run': 'true' }],
  ] as const) {
    test(`after a main step that ${what} says nothing`, async ({ bucket, act, expect }) => {
      seed(bucket, 'k', 'A x');
      const main = await act(inputs);
      const post = await act({}, { post: { state: main.state }, temp: main.temp });
      expect(post).toMatchObject({ code: 0, stdout: '', summary: '' });
    });
  }

  test('without any state says nothing', async ({ act, expect }) => {
    expect(await act({}, { post: { state: {} } })).toMatchObject({ code: 0, stdout: '', summary: '' });
  });

  for (const [what, content] of [
    ['is empty', ''],
    ['is no journal', 'hello\n'],
    ['was cut in the middle of a line', undefined],
    ['is full of bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0xc3])],
  ] as const) {
    test(`does not fail when the journal ${what}`, async (context) => {
      const { act, expect } = context;
      const main = await killedOver(context, 'DeleteObjects', 2);
      const file = main.state['journal-file'] ?? '';
      if (content !== undefined) writeFileSync(file, content);
      else writeFileSync(file, '{"result":', { flag: 'a' });
      const post = await act({}, { post: { state: main.state }, temp: main.temp });
      expect(post.code).toBe(0);
      expect(annotationsOf(post.stdout, 'warning')).toHaveLength(1);
    });
  }
});
