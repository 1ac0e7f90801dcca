import { shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

/** Keys that are beginnings of each other, and the ones that the input selects. */
const RELATED = ['a', 'a/', 'a/b', 'a/b/c', 'ab', 'A', 'b'];

const SCOPES: readonly (readonly [what: string, inputs: Record<string, string>, selected: readonly string[]])[] = [
  ['a key is that key alone', { key: 'a' }, ['a']],
  ['a key may end in a slash', { key: 'a/' }, ['a/']],
  ['a prefix is all that begins with it', { prefix: 'a' }, ['a', 'a/', 'a/b', 'a/b/c', 'ab']],
  ['a prefix with a slash is a folder', { prefix: 'a/' }, ['a/', 'a/b', 'a/b/c']],
  ['a prefix may be a whole key', { prefix: 'a/b/c' }, ['a/b/c']],
  ['the whole bucket is every key', { 'whole-bucket': 'true' }, RELATED],
  ['include: only what matches', { 'whole-bucket': 'true', include: 'a/*\nb' }, ['a/b', 'b']],
  ['include and exclude: exclude wins', { prefix: 'a', include: '**', exclude: 'a/b/**\nab' }, ['a', 'a/']],
];

const OPERATIONS = [
  { operation: 'undelete', before: 'A x', after: 'A' },
  { operation: 'rollback', 'versions-back': '1', before: 'A B', after: 'A B A' },
  { operation: 'rollback', 'versions-back': '1', method: 'delete', 'max-deletes': '7', before: 'A B', after: 'A' },
];

stories('scope', (story) => {
  for (const { before, after, ...inputs } of OPERATIONS) {
    for (const [what, scope, selected] of SCOPES) {
      const how = `${inputs.operation}${inputs.method === 'delete' ? ' by deleting' : ''}`;
      story(`${how}: ${what}`, async ({ bucket, act, expect }) => {
        await Promise.all(RELATED.map((key) => write(bucket, key, before)));
        const run = await act({ ...inputs, ...scope });
        expect(run.outputs).toMatchObject({ status: 'success', restored: String(selected.length) });
        expect(run.report().totals.keysExamined).toBe(selected.length);
        const expected = RELATED.map((key) => [key, selected.includes(key) ? after : before]);
        expect(shapesOf(run.after)).toEqual(Object.fromEntries(expected));
      });
    }
  }

  story('nothing in scope is no error', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A x');
    const run = await act({ operation: 'undelete', prefix: 'site/' });
    expect(run.outputs).toMatchObject({ status: 'no-change', planned: '0' });
    expect(run.report().totals.keysExamined).toBe(0);
  });
});
