import { messageOf, recordOf } from '../../support/bot-world.ts';
import { AWKWARD_KEYS } from '../support/awkward-keys.ts';
import { annotationsOf } from '../support/commands.ts';
import { ONLY_TOLD, scenes, seed } from './support/scene.ts';

const WORDS = AWKWARD_KEYS.map(([, word]) => word);
/** Those that say something to the runner, to Markdown or to HTML. */
const SPEAKING = WORDS.filter((word) => /::|##\[|[<>@`|]|\]\(|\$\{|https:/.test(word));
/** Without what the queue server takes for no character, where it is not encoded as keys are. */
const plain = (word: string) => word.replaceAll(/[\ufffe\u{10000}-\u{10ffff}]/gu, '');

/** That none of it becomes a command, markup or a mention is checked after every run, see support/invariants.ts. */
await scenes('untrusted text in events', (test) => {
  test('keys, principals, addresses and request ids', async (scene) => {
    const { bucket, expect, queue, recover } = scene;
    const told = SPEAKING.map((word, i) => {
      const key = `${i} ${word}`;
      const versionId = seed(bucket, key, 'A x')[1];
      return { bucket: bucket.name, key, versionId, principal: word, sourceIp: word, requestId: word };
    });
    await queue.send(told.map((one) => messageOf(one)));
    const run = await recover();
    expect(run.outputs).toMatchObject({ status: 'success', restored: String(told.length) });
    expect(annotationsOf(run.stdout, 'error')).toEqual([]);
    expect(annotationsOf(run.stdout, 'warning')).toHaveLength(1);
    const { events = [] } = run.report();
    for (const { key, principal } of told) expect(events).toContainEqual(expect.objectContaining({ key, principal }));
  });

  test('in a dry run, which lists each event', async (scene) => {
    const { bucket, expect, queue, recover } = scene;
    const told = WORDS.map((key) => ({ bucket: bucket.name, key, versionId: seed(bucket, key, 'A x')[1] }));
    await queue.send(told.map((one) => messageOf({ ...one, principal: plain(one.key), requestId: plain(one.key) })));
    const run = await recover({ 'dry-run': 'true' });
    expect(run.outputs).toMatchObject({ status: 'planned', planned: String(WORDS.length) });
    expect((run.report().events ?? []).map(({ key }) => key).toSorted()).toEqual(WORDS.toSorted());
  });

  test('names of rules', async ({ bucket, expect, queue, recover }) => {
    const names = SPEAKING.filter((word) => word.length <= 90 && !/[\p{Cc}\p{Cf}\u2028]/u.test(word));
    const rules = names.map((name, i) => ({
      name,
      bucket: bucket.name,
      keys: `${i}/**`,
      ...(i % 2 === 1 && ONLY_TOLD),
    }));
    const told = names.map((_, i) => ({
      bucket: bucket.name,
      key: `${i}/k`,
      versionId: seed(bucket, `${i}/k`, 'A x')[1],
    }));
    await queue.send(told.map((one) => messageOf(one)));
    const run = await recover({}, { policy: { version: 1, rules } });
    expect(run.code).toBe(0);
    const used = new Set((run.report().events ?? []).map(({ rule }) => rule));
    expect(used).toEqual(new Set(names));
  });

  test('a policy that is refused: names, globs and fields', async ({ expect, recover }) => {
    const rules = SPEAKING.map((word) => ({
      name: word,
      bucket: word,
      [word]: word,
      keys: `!${word}`,
      'hold-off': word,
    }));
    const run = await recover({}, { policy: { version: 1, rules } });
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ code: 'invalid-policy' });
    expect(annotationsOf(run.stdout, 'error')).toHaveLength(1);
  });

  test('messages that are not understood, and buckets that are none', async ({ expect, queue, recover }) => {
    const record = recordOf({ bucket: 'b', key: 'k' });
    const bodies = SPEAKING.flatMap((word) => [
      word,
      JSON.stringify(word),
      JSON.stringify({ Records: [{ ...record, eventVersion: word }] }),
      JSON.stringify({ Records: [{ ...record, eventSource: word }] }),
      JSON.stringify({ Type: 'Notification', Message: word }),
      JSON.stringify({ source: 'aws.s3', 'detail-type': word, detail: { bucket: { name: word } } }),
      messageOf({ bucket: word, key: word, versionId: word }),
    ]);
    // Not even an escape sequence, which the queue does not take, is lost on the way.
    const sent = bodies.filter((body) => !/[\0-\u0008\u000b\u000c\u000e-\u001f\ufffe]/.test(body));
    await queue.send(sent);
    const run = await recover();
    const { received = 0, acknowledged, invalid = 0, deferred = 0 } = run.report().messages ?? {};
    expect({ received, acknowledged }).toEqual({ received: sent.length, acknowledged: 0 });
    expect(invalid + deferred).toBe(sent.length);
    expect(invalid).toBeGreaterThanOrEqual(SPEAKING.length * 4);
  });

  for (const word of ['##[error]x\n::error::gotcha', '<img src=x> @team [b](http://c.example)', '{"a":"::error::x"}']) {
    test(`as a payload, and as inputs: ${JSON.stringify(word)}`, async ({ expect, recover }) => {
      const refused = await recover({ event: word });
      expect(refused.code).toBe(1);
      expect(annotationsOf(refused.stdout, 'error').map(({ message }) => message)).not.toContain('gotcha');
      const inputs = { 'queue-url': word, 'policy-file': word, 'max-messages': word, 'report-to': word };
      const run = await recover(inputs);
      expect(run.code).toBe(1);
      expect(annotationsOf(run.stdout, 'error').map(({ message }) => message)).not.toContain('gotcha');
    });
  }
});
