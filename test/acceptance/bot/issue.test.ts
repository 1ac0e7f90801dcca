import { afterAll, expect } from 'vitest';
import { messageOf } from '../../support/bot-world.ts';
import { type FakeGitHub, JOB_TOKEN, READ_ONLY_TOKEN, startFakeGitHub } from '../../support/fake-github.ts';
import { AWKWARD_KEYS } from '../support/awkward-keys.ts';
import { annotationsOf } from '../support/commands.ts';
import { victim } from '../support/signals.ts';
import { expectHarmless } from '../support/summary.ts';
import { ONLY_TOLD, policyOf, type RecoverOptions, type Scene, scenes, seed } from './support/scene.ts';

const hubs: FakeGitHub[] = [];
afterAll(async () => {
  for (const hub of hubs) await hub.stop();
});

/** A GitHub of the test's own, and the way to it. */
async function gitHub(token = JOB_TOKEN) {
  const hub = await startFakeGitHub();
  hubs.push(hub);
  const inputs = { 'report-to': 'summary,issue', 'github-token': token };
  const options: RecoverOptions = { env: hub.env(token), policy: policyOf({}) };
  const writes = () => hub.log.filter(({ method, path }) => method !== 'GET' && path !== '/graphql');
  return { hub, inputs, options, writes, issues: hub.repository.issues };
}

let events = 0;
async function deletion({ bucket, tell }: Scene, key = `k${events++}`): Promise<void> {
  await tell({ key, versionId: seed(bucket, key, 'A x')[1] });
}

/** The first line in bold and links to workflow runs are all that it has beside what a summary has. */
function expectHarmlessIssue(body: string, hub: FakeGitHub): void {
  const link = new RegExp(`<a href="${hub.serverUrl}/acme/site/actions/runs/\\d+">(run \\d+)</a>`, 'g');
  const head = /^<!-- [^>]*-->\n\*\*([^*]+)\*\*/;
  expect(body).toMatch(head);
  expectHarmless(body.replace(head, '$1').replace(link, '$1'));
}

await scenes('the incident issue', (test) => {
  test('is opened once, brought up to date by the next run, and a new one opened when it was closed', async (scene) => {
    const { bucket, expect, recover } = scene;
    const { hub, inputs, options, issues } = await gitHub();
    await deletion(scene, 'first');
    const first = await recover(inputs, options);
    expect(first.code).toBe(0);
    expect(first.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(issues).toMatchObject([{ state: 'open', title: expect.stringContaining(bucket.name), edits: 0 }]);
    expect(issues[0]?.body).toContain('1 unwanted change undone');
    expect(issues[0]?.body).toContain('nightly-cleanup');
    expect(issues[0]?.body).toContain('first');
    expect(first.stdout).toContain('Incident issue opened');
    expectHarmlessIssue(issues[0]?.body ?? '', hub);

    await deletion(scene, 'second');
    await deletion(scene, 'third');
    await recover(inputs, options);
    expect(issues).toHaveLength(1);
    expect(issues[0]?.edits).toBe(1);
    expect(issues[0]?.body).toContain('2 unwanted changes undone');
    expect(issues[0]?.body).toContain('Runs told of in this issue');
    expect(hub.repository.comments).toEqual([]);

    const [issue] = issues;
    if (issue !== undefined) hub.repository.edit(issue, { state: 'closed' });
    const closed = issue?.body;
    await deletion(scene, 'fourth');
    await recover(inputs, options);
    expect(issues.map(({ state }) => state)).toEqual(['closed', 'open']);
    expect(issue?.body).toBe(closed);
    expect(issues[1]?.body).toContain('1 unwanted change undone');
  });

  test('one for each bucket; none where nothing was unwanted', async (scene) => {
    const { another, bucket, expect, queue, recover } = scene;
    const { inputs, options, issues, writes } = await gitHub();
    const other = another();
    const quiet = another();
    const told = [bucket, other].map((one) => ({ bucket: one.name, key: 'k', versionId: seed(one, 'k', 'A x')[1] }));
    const gone = { bucket: quiet.name, key: 'k', versionId: seed(quiet, 'k', 'A x')[1], principal: 'AWS:AROAX:wanted' };
    await queue.send([...told, gone].map((one) => messageOf(one)));
    const policy = policyOf({ 'wanted-by': { principals: '*:wanted' } });
    const run = await recover(inputs, { ...options, policy });
    expect(run.outputs).toMatchObject({ restored: '2', skipped: '1' });
    expect(issues.map(({ title }) => title.split(' ').at(-1)).toSorted()).toEqual([bucket.name, other.name].toSorted());
    expect(writes()).toHaveLength(2);
  });

  test('with nothing to tell there is none, nor in a dry run, nor unless it is asked for', async (scene) => {
    const { expect, queue, recover } = scene;
    const { hub, inputs, options, writes } = await gitHub();
    await recover(inputs, options);
    await deletion(scene);
    await recover({ ...inputs, 'dry-run': 'true' }, options);
    expect(queue.count().visible).toBe(1);
    await recover({ ...inputs, 'report-to': 'summary' }, options);
    expect(writes()).toEqual([]);
    expect(hub.log).toEqual([]);
  });

  test('what is only told, and what failed, is in it as well', async (scene) => {
    const { bucket, expect, recover, world } = scene;
    const { hub, inputs, options, issues } = await gitHub();
    for (const key of ['told/a', 'told/b', 'site/fails', 'site/fine']) await deletion(scene, key);
    const keyError = { code: 'AccessDenied' };
    world.sandbox.faults.add({ operation: 'DeleteObjects', bucket: bucket.name, key: 'site/fails', keyError });
    const rules = [
      { name: 'only told', bucket: '*', keys: 'told/**', ...ONLY_TOLD },
      { name: 'the site', bucket: '*', keys: 'site/**' },
    ];
    const run = await recover(inputs, { ...options, policy: { version: 1, rules } });
    expect(run.code).toBe(1);
    for (const words of ['1 unwanted change undone', '2 changes to look at', '1 change not undone yet', 'only told']) {
      expect(issues[0]?.body).toContain(words);
    }
    expectHarmlessIssue(issues[0]?.body ?? '', hub);
  });

  test('untrusted text in it is harmless', async (scene) => {
    const { bucket, expect, queue, recover } = scene;
    const { hub, inputs, options, issues } = await gitHub();
    const words = AWKWARD_KEYS.map(([, word]) => word).filter((word) => /^[\x20-\ud7ff]{1,100}$/.test(word));
    const told = words.map((word, i) => {
      const key = `${i}${word}`;
      const versionId = seed(bucket, key, 'A x')[1];
      return { bucket: bucket.name, key, versionId, principal: word, sourceIp: word, requestId: word };
    });
    await queue.send(told.map((one) => messageOf(one)));
    const run = await recover(inputs, options);
    expect(run.code).toBe(0);
    expect(issues).toHaveLength(1);
    expectHarmlessIssue(issues[0]?.body ?? '', hub);
  });

  for (const [what, token, fault] of [
    ['a token that may only read', READ_ONLY_TOKEN, undefined],
    ['a token that is none', 'ghs_wrong', undefined],
    ['a GitHub that refuses', JOB_TOKEN, { answer: { status: 403, body: { message: 'no' } }, times: 99 }],
  ] as const) {
    test(`${what}: a warning, and the result stands`, async (scene) => {
      const { expect, queue, recover, shapes } = scene;
      const { hub, inputs, options, issues } = await gitHub(token);
      if (fault !== undefined) hub.fail(fault);
      await deletion(scene, 'k');
      const run = await recover(inputs, options);
      expect(run.code).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(annotationsOf(run.stdout, 'warning')).toHaveLength(1);
      expect(annotationsOf(run.stdout, 'error')).toEqual([]);
      expect(issues).toEqual([]);
      expect(shapes()).toEqual({ k: 'A' });
      expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
    });
  }

  test('a GitHub that does not answer, and a job that is cancelled: the result stands', async (scene) => {
    const { expect, queue, recover } = scene;
    const { hub, inputs, options } = await gitHub();
    const { onSpawn, cancel } = victim();
    hub.fail({ answer: 'hang', times: 99 });
    for (const method of ['GET', 'POST']) hub.before(method, /./, () => cancel('SIGTERM'));
    await deletion(scene);
    const run = await recover(inputs, { ...options, onSpawn, cancelledLate: true });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(annotationsOf(run.stdout, 'warning').map(({ message }) => message)).toEqual([
      expect.stringContaining('the job was cancelled'),
    ]);
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('without a token it is refused before anything is done', async (scene) => {
    const { expect, queueActions, recover } = scene;
    const { inputs, options } = await gitHub();
    await deletion(scene);
    const run = await recover({ ...inputs, 'github-token': '' }, options);
    expect(run.code).toBe(1);
    expect(annotationsOf(run.stdout, 'error').map(({ title }) => title)).toEqual(['Input "github-token"']);
    expect(queueActions()).toEqual([]);
  });
});
