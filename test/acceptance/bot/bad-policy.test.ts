import { annotationsOf } from '../support/commands.ts';
import { scenes } from './support/scene.ts';

/** A line of a rule, and what is said of it. */
const MISTAKES = [
  ['hold-of: 30s', 'Did you mean hold-off'],
  ['keys: ["!tmp/**"]', 'keys'],
  ['hold-off: soon', 'hold-off', '"soon" is no duration'],
  ['hold-off: 30', 'hold-off', 'has no unit'],
  ['then: undo', 'then', '"undo" is not known'],
  ['wanted-by: { source-ips: ["10.0.0.0/99"] }', 'source-ips'],
  ['only-if: { at-least: 20 }', 'only-if', 'within', 'is missing'],
  ['on: [deletion]', 'on', 'delete-marker'],
] as const;

await scenes('policies that are none', (test) => {
  test('a policy file that is named, and not there: refused', async ({
    expect,
    queue,
    queueActions,
    recover,
    tell,
  }) => {
    await tell({ key: 'k' });
    const run = await recover({ 'policy-file': 'policies/bot.yml' });
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ code: 'policy-not-found' });
    expect(run.report().error?.message).toContain('policies/bot.yml');
    expect(queueActions()).not.toContain('ReceiveMessage');
    expect(queue.count().visible).toBe(1);
  });

  test('a policy with mistakes: refused, with file, line and rule of each', async (scene) => {
    const { expect, queue, queueActions, recover, requests, tell } = scene;
    await tell({ key: 'k' });
    const rules = MISTAKES.map(([line], i) => `  - name: rule ${i}\n    bucket: b\n    ${line}\n`);
    const run = await recover({}, { policy: `version: 1\nrules:\n${rules.join('')}` });
    expect(run.code).toBe(1);
    const { code, message = '' } = run.report().error ?? {};
    expect(code).toBe('invalid-policy');
    const told = message.split('\n');
    expect(told).toHaveLength(MISTAKES.length);
    for (const [i, [, ...words]] of MISTAKES.entries()) {
      expect(told[i]).toContain(`policy file .github/s3-rollback.yml, line ${3 * i + 5}, rule "rule ${i}"`);
      for (const word of words) expect(told[i]).toContain(word);
    }
    expect(annotationsOf(run.stdout, 'error')).toHaveLength(1);
    expect(queueActions()).toEqual([]);
    expect(requests()).toEqual([]);
    expect(queue.count()).toEqual({ visible: 1, inFlight: 0, deadLetters: 0 });
  });

  for (const [what, policy, words] of [
    ['no rules', 'version: 1\nrules: []\n', 'line 2, rules: is an empty list'],
    ['broken YAML', 'version: 1\nrules: [\n', 'line '],
    ['nothing in it', '', 'line 1'],
    ['another version', 'version: 2\nrules: [{ name: a, bucket: b }]\n', 'line 1, version'],
  ] as const) {
    test(`a policy with ${what}: refused`, async ({ expect, queueActions, recover }) => {
      const run = await recover({}, { policy });
      expect(run.code).toBe(1);
      expect(run.report().error).toMatchObject({ code: 'invalid-policy' });
      expect(run.report().error?.message).toContain(words);
      expect(queueActions()).toEqual([]);
    });
  }
});
