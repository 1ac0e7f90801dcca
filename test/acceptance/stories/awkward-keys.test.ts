import { AWKWARD_KEYS } from '../support/awkward-keys.ts';
import { shapeOf, shapesOf, write } from '../support/shape.ts';
import { type StoryContext, stories } from '../support/story.ts';

const KEYS = AWKWARD_KEYS.map(([, key]) => key);

/** As the input `key` those that an environment variable, a header or a URL could garble. */
const AS_INPUT = new Set([
  'spaces',
  'percent and letters that are no number',
  'percent and a number',
  'a query',
  'a carriage return',
  'nothing but a line feed',
  'control characters',
  'what XML does not allow',
  'a command after a line feed',
  'a command of the old form',
  'the folder above',
  'double slashes',
  'a slash alone',
  'a word that JavaScript knows',
  '1,024 bytes of two each',
]);

async function everyKey({ bucket }: StoryContext, shape: string): Promise<void> {
  for (let i = 0; i < KEYS.length; i += 10) {
    await Promise.all(KEYS.slice(i, i + 10).map((key) => write(bucket, key, shape)));
  }
}

function all(shape: string): Record<string, string> {
  return Object.fromEntries(KEYS.map((key) => [key, shape]));
}

/** That no name becomes a command, markup or a mention is checked after every run, see support/invariants.ts. */
stories('awkward-keys', (story) => {
  story('all at once: undelete', async (context) => {
    const { act, expect } = context;
    await everyKey(context, 'A x');
    const run = await act({ operation: 'undelete', 'whole-bucket': 'true' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: String(KEYS.length) });
    expect(shapesOf(run.after)).toEqual(all('A'));
    const again = await act({ operation: 'undelete', 'whole-bucket': 'true' });
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: String(KEYS.length) });
  });

  story('all at once: rollback by copy', async (context) => {
    const { act, expect } = context;
    await everyKey(context, 'A B');
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: String(KEYS.length) });
    expect(shapesOf(run.after)).toEqual(all('A B A'));
  });

  story('all at once: rollback by deleting', async (context) => {
    const { act, expect } = context;
    await everyKey(context, 'A B x');
    const rollback = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1', method: 'delete' };
    const run = await act({ ...rollback, 'max-deletes': String(KEYS.length) });
    expect(run.outputs).toMatchObject({ status: 'success', restored: String(KEYS.length) });
    expect(shapesOf(run.after)).toEqual(all('A'));
  });

  story('all at once: back to nothing by new markers', async (context) => {
    const { act, expect } = context;
    await everyKey(context, 'A');
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'to-time': '2020-01-01T00:00:00Z' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: String(KEYS.length) });
    expect(shapesOf(run.after)).toEqual(all('A x'));
  });

  for (const [what, key] of AWKWARD_KEYS.filter(([name]) => AS_INPUT.has(name))) {
    story(`as the input key: ${what}`, async ({ bucket, act, expect }) => {
      await write(bucket, key, 'A B x');
      const neighbour = Buffer.byteLength(key) < 1024 ? `${key}b` : 'k';
      await write(bucket, neighbour, 'A B x');
      const undelete = await act({ operation: 'undelete', key });
      expect(undelete.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(shapeOf(await bucket.history(key))).toBe('A B');
      const rollback = await act({ operation: 'rollback', key, 'versions-back': '1' });
      expect(rollback.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(shapeOf(await bucket.history(key))).toBe('A B A');
      expect(shapeOf(await bucket.history(neighbour))).toBe('A B x');
    });
  }
});
