import type { EventForm } from '../../../sandbox/index.ts';
import { PEOPLE } from '../../support/bot-world.ts';
import { policyOf, scenes, seed } from './support/scene.ts';

const KEYS = [
  ' a  b ',
  'a+b',
  '100%',
  'a%2Fb%20c',
  '\u00fc/u\u0308/\u20ac.txt',
  '\u{1f600}.txt',
  'a\nb',
  'a\r\nb',
  '::set-output name=x::y',
  'a\n::error title=t::gotcha',
  '##[error]b',
  'a?versionId=null&delete',
  "!'()*~",
  '__proto__',
  '../../etc/passwd',
];
/** EventBridge does not encode keys, and the queue server, other than SQS, takes nothing beyond U+FFFD. */
const keysFor = (form: EventForm) =>
  form === 'eventbridge' ? KEYS.filter((key) => !/\p{Emoji_Presentation}/u.test(key)) : KEYS;
const FORMS: readonly EventForm[] = ['native', 'sns', 'eventbridge'];

await scenes('events in every form', (test) => {
  for (const form of FORMS) {
    test(
      `${form}, through the queue: keys with awkward characters`,
      async ({ bucket, connect, expect, queue, recover, remove, shapes }) => {
        const keys = keysFor(form);
        const shapesWith = (shape: string) => Object.fromEntries(keys.map((key) => [key, shape]));
        for (const key of keys) seed(bucket, key, 'A');
        await connect();
        await remove('cleanup', ...keys);
        expect(shapes()).toEqual(shapesWith('A x'));
        // EventBridge's bus sends no test message.
        const messages = keys.length + (form === 'eventbridge' ? 0 : 1);

        const run = await recover({}, { policy: policyOf({}) });
        expect(run.code).toBe(0);
        expect(run.outputs).toMatchObject({ status: 'success', restored: String(keys.length), skipped: '0' });
        expect(run.report().messages).toMatchObject({ received: messages, acknowledged: messages, invalid: 0 });
        expect(shapes()).toEqual(shapesWith('A'));
        expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
        const { events = [] } = run.report();
        expect(events.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
        const who = form === 'eventbridge' ? '111122223333' : PEOPLE.cleanup.principal;
        expect(new Set(events.map(({ principal }) => principal))).toEqual(new Set([who]));
      },
      { queue: { form } },
    );

    test(
      `${form}, as one payload by the input event`,
      async ({ bucket, connect, expect, queue, queueActions, recover, removeOne, shapes }) => {
        const key = 'a b+c%2F\u00fc\n::error::x';
        seed(bucket, key, 'A');
        seed(bucket, 'another', 'A x');
        await connect();
        await removeOne('cleanup', key);
        const payload = queue.inspect().visible.find(({ body }) => !body.includes('s3:TestEvent'))?.body ?? '';

        const run = await recover({ event: payload }, { policy: policyOf({}) });
        expect(run.outputs).toMatchObject({ status: 'success', planned: '1', restored: '1', skipped: '0' });
        expect(run.report().events).toMatchObject([{ key, decision: 'restore', outcome: 'restored' }]);
        expect(shapes()).toEqual({ [key]: 'A', another: 'A x' });
        expect(queueActions()).toEqual([]);

        const again = await recover({ event: payload }, { policy: policyOf({}) });
        expect(again.outputs).toMatchObject({ status: 'no-change', planned: '0', unchanged: '1' });
        expect(shapes()).toEqual({ [key]: 'A', another: 'A x' });
      },
      { queue: { form } },
    );
  }

  test('one queue with all of them', async ({ bucket, expect, queue, recover, shapes, world }) => {
    const sources = FORMS.map((form) => ({ form, source: world.createQueue({ form }) }));
    for (const { form, source } of sources) {
      const key = `by ${form}`;
      seed(bucket, key, 'A');
      await world.connect(bucket, source);
      await world.remove('cleanup', bucket, [key]);
      await world.settled();
      await queue.send(source.inspect().visible.map(({ body }) => body));
    }
    const run = await recover({}, { policy: policyOf({}) });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '3' });
    expect(run.report().messages).toMatchObject({ received: 5, acknowledged: 5, ignored: 2 });
    expect(shapes()).toEqual({ 'by native': 'A', 'by sns': 'A', 'by eventbridge': 'A' });
  });

  for (const [what, event, words] of [
    ['no JSON', 'this is no JSON', 'input "event"'],
    ['other JSON', '{"hello":"world"}', 'input "event"'],
    ['a list', '[]', 'input "event"'],
    ['a major version that nobody knows', '{"Records":[{"eventVersion":"9.0","eventSource":"aws:s3"}]}', '9.0'],
  ] as const) {
    test(`a payload that is ${what}: refused`, async ({ expect, recover, requests }) => {
      const run = await recover({ event });
      expect(run.code).toBe(1);
      expect(run.report().error).toMatchObject({ code: 'invalid-event' });
      expect(run.report().error?.message).toContain(words);
      expect(requests()).toEqual([]);
    });
  }

  test("S3's test event as a payload: nothing to do", async ({ expect, recover, requests }) => {
    const run = await recover({ event: JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' }) });
    expect(run.outputs).toMatchObject({ status: 'no-change' });
    expect(requests()).toEqual([]);
  });
});
