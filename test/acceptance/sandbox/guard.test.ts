import type { Bucket } from '../../../sandbox/index.ts';
import type { Inputs } from '../../support/runner.ts';
import { type Act, type ActOptions, server } from '../support/act.ts';
import { annotationsOf } from '../support/commands.ts';
import { onSandbox, type SandboxContext } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

// A clock that stands still is none to wait for.
server.sandbox?.clock.release();

const GUARD = { operation: 'guard', prefix: 'site/', 'report-to': 'summary' };

interface Deployment {
  readonly inputs?: Inputs;
  readonly deploy?: (bucket: Bucket, main: Act) => void;
  readonly main?: ActOptions;
  readonly post?: ActOptions;
}

/** The first half, a deployment, and the second half because the job failed or was cancelled. */
async function guardOver(context: SandboxContext, how: Deployment): Promise<{ main: Act; post: Act }> {
  const { act, bucket } = context;
  const inputs = { ...GUARD, ...how.inputs };
  const main = await act(inputs, how.main);
  how.deploy?.(bucket, main);
  const post = await act(inputs, { ...how.post, post: { state: main.state }, temp: main.temp });
  return { main, post };
}

const publish = (bucket: Bucket, content: string, ...keys: string[]) => {
  for (const key of keys) bucket.put(key, { body: content });
};

const KEYS = ['other/a.html', 'site', 'site/a', 'site/a.css', 'site/a.html', 'site/up/a.html'];

/** The time of the runner is so many minutes off; that of the server is not. */
const runnerClock = (minutes: number) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    `const now = Date.now, at = () => now() + ${minutes * 60_000};
     globalThis.Date = class extends Date { constructor(...given) { super(...(given.length > 0 ? given : [at()])); } };
     Date.now = at;`,
  )}`,
});

onSandbox('a guarded deployment', (test) => {
  test('that fails is undone: what was overwritten, deleted, created and created again', async (context) => {
    const { bucket, act, expect, shapes, mutations } = context;
    publish(bucket, 'A', 'site/over', 'site/gone', 'site/again', 'site/same', 'outside');
    bucket.delete('site/again');
    const { main, post } = await guardOver(context, {
      deploy: () => {
        expect(mutations(), 'the first half only looks').toEqual([]);
        publish(bucket, 'B', 'site/over', 'site/new', 'site/again', 'outside');
        bucket.delete('site/gone');
      },
    });
    expect(main).toMatchObject({ code: 0, outputs: { status: 'no-change', planned: '0', 'plan-file': '' } });
    expect(main.outputs.checkpoint).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(main.state.checkpoint).toBe(main.outputs.checkpoint);
    expect(main.summary).toContain(`goes back to ${main.outputs.checkpoint}`);
    expect(post.code).toBe(0);
    expect(shapes()).toEqual({
      'site/over': 'A B A',
      'site/gone': 'A',
      'site/new': 'B x',
      'site/again': 'A x B x',
      'site/same': 'A',
      outside: 'A B',
    });
    expect(post.stdout).toContain(`The job failed or was cancelled: going back to ${main.outputs.checkpoint}`);
    expect(post.stdout).toContain('4 of 4 planned keys restored');
    expect(post.stdout).not.toContain('by hand');
    expect(post.summary).toContain('2 keys restored and 2 deleted again');
    expect(post.summary).toContain('the job failed or was cancelled, so what is guarded goes back');

    const sent = mutations().length;
    const again = await act(GUARD, { post: { state: main.state }, temp: main.temp });
    expect(again).toMatchObject({ code: 0, after: post.after });
    expect(mutations()).toHaveLength(sent);
  });

  test('that changed nothing needs nothing, and is told so', async (context) => {
    const { bucket, expect, mutations } = context;
    publish(bucket, 'A', 'site/a', 'site/b');
    const { post } = await guardOver(context, {});
    expect(post.code).toBe(0);
    expect(mutations()).toEqual([]);
    expect(post.stdout).toContain('0 of 0 planned keys restored; 2 unchanged');
    expect(post.summary).toContain('Nothing to do');
  });

  test('into a prefix that was empty is undone', async (context) => {
    const { bucket, expect, shapes } = context;
    const { post } = await guardOver(context, { deploy: () => publish(bucket, 'A', 'site/a', 'site/b') });
    expect(post.code).toBe(0);
    expect(shapes()).toEqual({ 'site/a': 'A x', 'site/b': 'A x' });
  });

  for (const [what, inputs, back] of [
    ['a prefix', {}, ['site/a', 'site/a.css', 'site/a.html', 'site/up/a.html']],
    ['include', { include: '**/*.html' }, ['site/a.html', 'site/up/a.html']],
    ['exclude', { exclude: 'site/up/**' }, ['site/a', 'site/a.css', 'site/a.html']],
    ['include and exclude', { include: '**/*.html', exclude: 'site/up/**' }, ['site/a.html']],
    ['a key', { key: 'site/a', prefix: '' }, ['site/a']],
    ['the whole bucket', { 'whole-bucket': 'true', prefix: '' }, KEYS],
  ] as const) {
    test(`goes back within its scope: ${what}`, async (context) => {
      const { bucket, expect, shapes } = context;
      publish(bucket, 'A', ...KEYS);
      await guardOver(context, { inputs, deploy: () => publish(bucket, 'B', ...KEYS) });
      const expected: readonly string[] = back;
      expect(shapes()).toEqual(Object.fromEntries(KEYS.map((key) => [key, expected.includes(key) ? 'A B A' : 'A B'])));
    });
  }

  for (const minutes of [-30, 30]) {
    test(`is told from what was before by the clock of S3, with that of the runner ${minutes} minutes off`, async (context) => {
      const { bucket, expect, shapes, requests } = context;
      publish(bucket, 'A', 'site/a');
      const env = runnerClock(minutes);
      const deploy = () => publish(bucket, 'B', 'site/a', 'site/new');
      const { main, post } = await guardOver(context, { deploy, main: { env }, post: { env } });
      const off = Date.parse(main.report().startedAt) - (requests()[0]?.at ?? 0);
      expect(Math.abs(off), 'the clock of the runner was off').toBeGreaterThan(20 * 60_000);
      const [first, last] = [requests('GetBucketVersioning').at(0), requests('GetBucketVersioning').at(2)];
      const checkpoint = Date.parse(main.outputs.checkpoint ?? '');
      expect(checkpoint).toBeGreaterThan((first?.at ?? 0) - 1000);
      expect(checkpoint).toBeLessThan(last?.at ?? 0);
      expect(post.code).toBe(0);
      expect(shapes()).toEqual({ 'site/a': 'A B A', 'site/new': 'B x' });
    });
  }

  test('shares its first second with nothing that came before: what others wrote in that of the guard stays', async (context) => {
    const { bucket, expect, fault, shapes, requests } = context;
    publish(bucket, 'A', 'site/a', 'site/b');
    // The first request looks at the versioning, the second one asks for the time.
    const write = () => {
      publish(bucket, 'B', 'site/a');
      bucket.delete('site/b');
    };
    fault({ operation: 'GetBucketVersioning', skip: 1, times: 1, hook: write, when: 'after' });
    const { main, post } = await guardOver(context, {
      main: { others: true },
      deploy: (_, { outputs }) => {
        const looks = requests('GetBucketVersioning');
        expect(looks.at(-1)?.at, 'the second is over').toBeGreaterThanOrEqual(
          Date.parse(outputs.checkpoint ?? '') + 1000,
        );
        publish(bucket, 'C', 'site/a', 'site/b');
      },
    });
    expect(main.code).toBe(0);
    expect(post.code).toBe(0);
    expect(shapes()).toEqual({ 'site/a': 'A B C B', 'site/b': 'A x C x' });
  });

  for (const [failOn, code] of [
    ['failures', 0],
    ['conflicts', 1],
  ] as const) {
    test(`what somebody else writes while it is undone stays; fail-on ${failOn}`, async (context) => {
      const { bucket, expect, fault, shapes } = context;
      publish(bucket, 'A', 'site/a', 'site/b');
      fault({ operation: 'CopyObject', key: 'site/a', times: 1, hook: () => publish(bucket, 'Z', 'site/a') });
      const { post } = await guardOver(context, {
        inputs: { 'fail-on': failOn },
        deploy: () => publish(bucket, 'B', 'site/a', 'site/b'),
        post: { others: true },
      });
      expect(post.code).toBe(code);
      expect(shapes()).toEqual({ 'site/a': 'A B Z', 'site/b': 'A B A' });
      expect(post.stdout).toMatch(/1 key changed while this ran, and was left alone.*"site\/a"/);
      expect(post.summary).toContain('1 conflict');
    });
  }

  test('is undone as it was guarded, whatever the inputs have become since', async (context) => {
    const { bucket, act, expect, shapes } = context;
    publish(bucket, 'A', 'site/a', 'other/a');
    const main = await act(GUARD);
    publish(bucket, 'B', 'site/a', 'other/a');
    const elsewhere = { region: 'eu-west-1', 'endpoint-url': 'http://127.0.0.1:1' };
    const inputs = { ...GUARD, prefix: '', 'whole-bucket': 'true', ...elsewhere };
    const post = await act(inputs, { post: { state: main.state }, temp: main.temp });
    expect(post.code).toBe(0);
    expect(shapes()).toEqual({ 'site/a': 'A B A', 'other/a': 'A B' });
    expect(post.stdout).toContain('The inputs are not what they were');
  });

  test('is only planned to be undone, where its second half is told so', async (context) => {
    const { bucket, act, expect, mutations } = context;
    publish(bucket, 'A', 'site/a');
    const main = await act(GUARD);
    publish(bucket, 'B', 'site/a');
    const post = await act({ ...GUARD, 'dry-run': 'true' }, { post: { state: main.state }, temp: main.temp });
    expect(post.code).toBe(0);
    expect(mutations()).toEqual([]);
  });

  for (const [what, damage] of [
    ['the checkpoint is no time', { checkpoint: 'yesterday' }],
    ['the checkpoint is no date', { checkpoint: '2026-02-30T10:00:00Z' }],
    ['what was guarded is gone', { guarded: '' }],
  ] as const) {
    test(`is not undone by guessing: ${what}`, async (context) => {
      const { bucket, act, expect, mutations } = context;
      publish(bucket, 'A', 'site/a');
      const main = await act(GUARD);
      publish(bucket, 'B', 'site/a');
      const post = await act(GUARD, { post: { state: { ...main.state, ...damage } }, temp: main.temp });
      expect(post.code).toBe(1);
      expect(annotationsOf(post.stdout, 'error')[0]?.title).toBe('guard-state-damaged');
      expect(mutations()).toEqual([]);
      expect(lastWords(post)).toContain('To go back by hand');
    });
  }

  test('in a dry run is only planned to be undone', async (context) => {
    const { bucket, expect, shapes, mutations } = context;
    publish(bucket, 'A', 'site/a');
    const { main, post } = await guardOver(context, {
      inputs: { 'dry-run': 'true' },
      deploy: () => publish(bucket, 'B', 'site/a', 'site/new'),
    });
    expect(main.outputs.checkpoint).not.toBe('');
    expect(post.code).toBe(0);
    expect(mutations()).toEqual([]);
    expect(shapes()).toEqual({ 'site/a': 'A B', 'site/new': 'B' });
    expect(post.summary).toContain('Dry run');
    expect(lastWords(post)).toContain(`to-time: ${main.outputs.checkpoint}`);
  });
});

/** The last line of the log. */
function lastWords({ stdout }: Act): string {
  const lines = stdout.trimEnd().split('\n');
  return lines.findLast((line) => !line.startsWith('::')) ?? '';
}

onSandbox('going back does not come to its end', (test) => {
  for (const [what, inputs, code] of [
    ['and the step fails', {}, 1],
    ['and the step may not fail', { 'fail-on': 'never' }, 0],
  ] as const) {
    test(`for want of a permission, ${what}: the log ends with how to do it by hand`, async (context) => {
      const { bucket, act, expect, fault, shapes } = context;
      publish(bucket, 'A', 'site/a', 'site/b');
      const denied = fault({ operation: 'CopyObject', respond: { status: 403, code: 'AccessDenied' } });
      const { main, post } = await guardOver(context, {
        inputs,
        deploy: () => {
          publish(bucket, 'B', 'site/a');
          bucket.delete('site/b');
        },
      });
      expect(post.code).toBe(code);
      expect(shapes()).toEqual({ 'site/a': 'A B', 'site/b': 'A' });
      expect(annotationsOf(post.stdout, code === 1 ? 'error' : 'warning')[0]?.title).toBe('AccessDenied');
      expect(lastWords(post)).toMatch(/^To go back by hand: operation: rollback .* to-time: /);
      denied.remove();
      const [, time = ''] = /to-time: (\S+)$/.exec(lastWords(post)) ?? [];
      expect(time).toBe(main.outputs.checkpoint);
      const byHand = await act({ operation: 'rollback', prefix: 'site/', 'to-time': time });
      expect(byHand.outputs).toMatchObject({ status: 'success', restored: '1', unchanged: '1' });
      expect(shapes()).toEqual({ 'site/a': 'A B A', 'site/b': 'A' });
    });
  }

  test('because it is more than max-changes allows: nothing is changed', async (context) => {
    const { bucket, expect, mutations } = context;
    publish(bucket, 'A', 'site/a', 'site/b');
    const { main, post } = await guardOver(context, {
      inputs: { 'max-changes': '1' },
      deploy: () => publish(bucket, 'B', 'site/a', 'site/b'),
    });
    expect(main.code).toBe(0);
    expect(post.code).toBe(1);
    expect(mutations()).toEqual([]);
    const [error] = annotationsOf(post.stdout, 'error');
    expect(error?.message).toContain('input "max-changes": the plan changes 2 keys, more than the 1 allowed');
    expect(post.summary).toContain('Refused: nothing was changed');
    expect(lastWords(post)).toContain(`to-time: ${main.outputs.checkpoint}`);
  });

  test('because the bucket is gone by then', async (context) => {
    const { bucket, expect, fault } = context;
    publish(bucket, 'A', 'site/a');
    const { main, post } = await guardOver(context, {
      deploy: () => {
        fault({ operation: 'GetBucketVersioning', respond: { status: 404, code: 'NoSuchBucket' } });
      },
    });
    expect(post.code).toBe(1);
    expect(annotationsOf(post.stdout, 'error')[0]?.title).toBe('bucket-not-found');
    expect(lastWords(post)).toContain(`to-time: ${main.outputs.checkpoint}`);
  });

  // A job that is cancelled leaves little time: a thousand markers go in one request, a thousand copies in a thousand.
  test('for want of time: deleted keys are back before the first copy is made', async (context) => {
    const { bucket, act, expect, fault, shapes, mutations } = context;
    const overwritten = Array.from({ length: 12 }, (_, i) => `site/${i}-over`);
    const deleted = Array.from({ length: 12 }, (_, i) => `site/${i}-z-gone`);
    publish(bucket, 'A', ...overwritten, ...deleted);
    const { onSpawn, cancel, stopping } = victim();
    const slow = [
      fault({ operation: 'CopyObject', skip: 1, times: 1, hook: () => cancel('SIGTERM') }),
      // No answer frees a place before the signal has been heard.
      fault({ operation: 'CopyObject', hook: stopping, when: 'after' }),
      fault({ operation: 'CopyObject', latencyMs: 200 }),
    ];
    const { main, post } = await guardOver(context, {
      inputs: { concurrency: '2', 'batch-size': '5' },
      deploy: () => {
        publish(bucket, 'B', ...overwritten);
        for (const key of deleted) bucket.delete(key);
      },
      post: { onSpawn },
    });
    expect(post.signal, 'it ends before it is killed').toBeNull();
    expect(post.code).toBe(1);
    const order = mutations().map(({ operation }) => operation);
    expect(order.lastIndexOf('DeleteObjects')).toBeLessThan(order.indexOf('CopyObject'));
    expect(order.indexOf('CopyObject')).toBeGreaterThan(0);
    const then = shapes();
    for (const key of deleted) expect(then[key], key).toBe('A');
    expect(overwritten.map((key) => then[key])).toContain('A B');
    expect(post.summary).toContain('Cancelled');
    expect(lastWords(post)).toContain(`to-time: ${main.outputs.checkpoint}`);

    for (const one of slow) one.remove();
    const byHand = { operation: 'rollback', prefix: 'site/', 'to-time': main.outputs.checkpoint ?? '' };
    expect((await act(byHand)).outputs).toMatchObject({ status: 'success', failed: '0', conflicts: '0' });
    const back = [...overwritten.map((key) => [key, 'A B A']), ...deleted.map((key) => [key, 'A'])];
    expect(shapes()).toEqual(Object.fromEntries(back));
  });
});

onSandbox('no checkpoint, no way back', (test) => {
  const denied = { respond: { status: 403, code: 'AccessDenied' } } as const;

  for (const [what, prepare, code] of [
    ['versioning is off', ({ bucket }: SandboxContext) => bucket, 'versioning-off'],
    [
      'the role may not look',
      ({ fault }: SandboxContext) => fault({ operation: 'GetBucketVersioning', ...denied }),
      'access-denied',
    ],
    [
      'the role may look no more when the time is asked',
      ({ fault }: SandboxContext) => fault({ operation: 'GetBucketVersioning', skip: 1, ...denied }),
      undefined,
    ],
    [
      'there is no such bucket',
      ({ fault }: SandboxContext) =>
        fault({ operation: 'GetBucketVersioning', respond: { status: 404, code: 'NoSuchBucket' } }),
      'bucket-not-found',
    ],
  ] as const) {
    test(
      `when ${what}: the guard fails, and the second half does nothing`,
      async (context) => {
        const { bucket, expect, requests } = context;
        publish(bucket, 'A', 'site/a');
        prepare(context);
        let already = 0;
        const { main, post } = await guardOver(context, {
          deploy: () => {
            publish(bucket, 'B', 'site/a');
            already = requests().length;
          },
        });
        expect(main).toMatchObject({ code: 1, outputs: { status: 'failed', checkpoint: '' } });
        expect(main.state.checkpoint).toBeUndefined();
        expect(main.summary).toContain('Refused');
        const [error] = annotationsOf(main.stdout, 'error');
        if (code === undefined) expect(error?.message).toContain('s3:GetBucketVersioning');
        else expect(error?.title).toBe(code);
        expect(post).toMatchObject({ code: 0, stdout: '', summary: '' });
        expect(requests()).toHaveLength(already);
      },
      what === 'versioning is off' ? { versioning: 'Off' } : {},
    );
  }

  test('when its inputs are refused', async (context) => {
    const { expect, requests } = context;
    const { main, post } = await guardOver(context, { inputs: { prefix: '' } });
    expect(main).toMatchObject({ code: 1, outputs: { status: 'failed', checkpoint: '' } });
    expect(post).toMatchObject({ code: 0, stdout: '', summary: '' });
    expect(requests()).toEqual([]);
  });

  test('when the job is cancelled before: the guard ends, and the second half does nothing', async (context) => {
    const { bucket, expect, fault, requests } = context;
    publish(bucket, 'A', 'site/a');
    const { onSpawn, cancel } = victim();
    fault({ operation: 'GetBucketVersioning', skip: 1, times: 1, hook: () => cancel('SIGINT') });
    let already = 0;
    const { main, post } = await guardOver(context, {
      main: { onSpawn },
      deploy: () => {
        already = requests().length;
      },
    });
    expect(main.signal, 'it ends before it is killed').toBeNull();
    expect(main).toMatchObject({ code: 1, outputs: { status: 'failed', checkpoint: '' } });
    expect(main.report().error).toMatchObject({ code: 'cancelled' });
    expect(main.state.checkpoint).toBeUndefined();
    expect(post).toMatchObject({ code: 0, stdout: '', summary: '' });
    expect(requests()).toHaveLength(already);
  });

  test('when the guard is killed before it had one: the second half says that nothing was guarded', async (context) => {
    const { bucket, expect, fault, requests, mutations } = context;
    publish(bucket, 'A', 'site/a');
    const { onSpawn, kill } = victim();
    fault({ operation: 'GetBucketVersioning', skip: 1, times: 1, hook: kill });
    let already = 0;
    const { main, post } = await guardOver(context, {
      main: { onSpawn },
      deploy: () => {
        publish(bucket, 'B', 'site/a');
        already = requests().length;
      },
    });
    expect(main.signal).toBe('SIGKILL');
    expect(post.code).toBe(0);
    const [warning] = annotationsOf(post.stdout, 'warning');
    expect(warning?.message).toContain('nothing was guarded');
    expect(warning?.message).toContain(main.state['started-at']);
    expect(requests()).toHaveLength(already);
    expect(mutations()).toEqual([]);
  });
});
