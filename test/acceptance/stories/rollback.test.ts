import { shapeOf, write } from '../support/shape.ts';
import { type StoryContext, stories } from '../support/story.ts';

/**
 * The truth table, row by row. Histories oldest first, see shape.ts. Targets: `entry 0` is the oldest entry by its
 * version id, `back 1` is versions-back, `time 0` the time of the oldest entry, `before` a time before all of them.
 */
interface Row {
  readonly row: string;
  readonly history: string;
  readonly target: string;
  readonly copy: string;
  readonly delete: string;
  /** Steps that the two methods take; none: unchanged. */
  readonly steps: readonly [byCopy: string, byDelete: string];
}

const NONE = ['', ''] as const;
const TABLE: readonly Row[] = [
  { row: '1', history: 'A B', target: 'entry 1', copy: 'A B', delete: 'A B', steps: NONE },
  { row: '1', history: 'A B', target: 'back 0', copy: 'A B', delete: 'A B', steps: NONE },
  { row: '1', history: 'A B', target: 'time 1', copy: 'A B', delete: 'A B', steps: NONE },
  { row: '1', history: 'A x', target: 'time 1', copy: 'A x', delete: 'A x', steps: NONE },
  { row: '2', history: 'x A x', target: 'time 0', copy: 'x A x', delete: 'x A x', steps: NONE },
  { row: '2', history: 'A x', target: 'before', copy: 'A x', delete: 'A x', steps: NONE },
  { row: '3', history: 'A x', target: 'entry 0', copy: 'A', delete: 'A', steps: ['M', 'M'] },
  { row: '3', history: 'A B x', target: 'back 0', copy: 'A B', delete: 'A B', steps: ['M', 'M'] },
  { row: '3', history: 'A x', target: 'time 0', copy: 'A', delete: 'A', steps: ['M', 'M'] },
  { row: '4', history: 'A B', target: 'entry 0', copy: 'A B A', delete: 'A', steps: ['C', 'D'] },
  { row: '4', history: 'A B C', target: 'back 1', copy: 'A B C B', delete: 'A B', steps: ['C', 'D'] },
  { row: '4', history: 'A B C', target: 'back 2', copy: 'A B C A', delete: 'A', steps: ['C', 'DD'] },
  { row: '4', history: 'A B C', target: 'time 0', copy: 'A B C A', delete: 'A', steps: ['C', 'DD'] },
  { row: '4, deleted now', history: 'A B x', target: 'back 1', copy: 'A B x A', delete: 'A', steps: ['C', 'DM'] },
  { row: '4, deleted between', history: 'A x B', target: 'entry 0', copy: 'A x B A', delete: 'A', steps: ['C', 'MD'] },
  {
    row: '4, markers are no versions',
    history: 'A x B x C',
    target: 'back 2',
    copy: 'A x B x C A',
    delete: 'A',
    steps: ['C', 'MDMD'],
  },
  { row: '4, already equal', history: 'A B A', target: 'entry 0', copy: 'A B A', delete: 'A', steps: ['', 'DD'] },
  { row: '5', history: 'A', target: 'before', copy: 'A x', delete: '', steps: ['X', 'D'] },
  { row: '5', history: 'A B', target: 'before', copy: 'A B x', delete: '', steps: ['X', 'DD'] },
  { row: '5, deleted then', history: 'A x B', target: 'time 1', copy: 'A x B x', delete: 'A x', steps: ['X', 'D'] },
];

const STEPS: Readonly<Record<string, string>> = {
  M: 'remove-delete-marker',
  C: 'copy-version',
  D: 'delete-version',
  X: 'add-delete-marker',
};

stories('rollback', (story) => {
  for (const line of TABLE) {
    for (const method of ['copy', 'delete'] as const) {
      story(`row ${line.row}: ${line.history} to ${line.target} by ${method}`, async (context) => {
        const { bucket, act, expect } = context;
        const inputs = { operation: 'rollback', key: 'k', ...(await targetOf(line, context)), ...methodOf(method) };
        const run = await act(inputs);
        const steps = line.steps[method === 'copy' ? 0 : 1];
        const restored = steps === '' ? '0' : '1';
        expect(run.code).toBe(0);
        expect(run.outputs).toMatchObject({
          status: steps === '' ? 'no-change' : 'success',
          planned: restored,
          restored,
        });
        expect(shapeOf(await bucket.history('k'))).toBe(line[method]);
        const [planned] = run.plan().lines;
        const expected = [...steps].map((letter) => STEPS[letter]);
        expect((planned?.steps ?? []).map((step) => step.do).sort()).toEqual(expected.sort());
        if (method === 'delete' && planned !== undefined) expectCurrentLast(context, planned);

        // Versions back are counted from what is there now: a second run would go further back.
        if (steps === '' || (line.target.startsWith('back') && line.target !== 'back 0')) return;
        const again = await act(inputs);
        expect(again.outputs).toMatchObject({ status: 'no-change', planned: '0', unchanged: shapeNow(line, method) });
        expect(again.after).toEqual(run.after);
      });
    }
  }

  story('a key without so many versions is skipped', async ({ bucket, act, expect }) => {
    await write(bucket, 'one', 'A x');
    await write(bucket, 'two', 'A B');
    await bucket.mark('none');
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '2' });
    expect(run.report().skipped).toEqual({ 'not-enough-versions': 1, 'nothing-to-restore': 1 });
  });

  story('the journal tells which entry a copy and a new marker made', async ({ bucket, act, expect }) => {
    const [, ...later] = await write(bucket, 'old', 'A B', () => bucket.server.nextSecond());
    expect(later).toHaveLength(1);
    const [first] = (await bucket.history('old')).toReversed();
    await bucket.server.nextSecond();
    await write(bucket, 'new', 'A');
    const at = new Date(first?.lastModified ?? 0).toISOString();
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'to-time': at });
    const results = run.journal().flatMap((line) => ('result' in line ? [line] : []));
    const tops = ['new', 'old'].map((key) => run.after.get(key)?.[0]?.versionId);
    expect(results.map((line) => line.status)).toEqual(['done', 'done']);
    const told = results.map((line) => line.versionId ?? 'none');
    expect(told.sort().join(' ')).toBe(tops.sort().join(' '));
  });
});

/** The inputs of a target; the history is written on the way. */
async function targetOf(line: Row, { bucket }: StoryContext): Promise<Record<string, string>> {
  const [kind, number = '0'] = line.target.split(' ');
  const { nextSecond } = bucket.server;
  const between = kind === 'time' ? nextSecond : undefined;
  const ids = await write(bucket, 'k', line.history, between);
  const rows = (await bucket.history('k')).toReversed();
  if (kind === 'entry') return { 'version-id': ids[Number(number)] ?? '' };
  if (kind === 'back') return { 'versions-back': number };
  const time = rows[Number(number)]?.lastModified ?? 0;
  return { 'to-time': new Date(kind === 'before' ? time - 1000 : time).toISOString() };
}

function methodOf(method: 'copy' | 'delete'): Record<string, string> {
  return method === 'copy' ? { method } : { method, 'max-deletes': '9' };
}

/** A key that has no entries left is no key in scope any more. */
function shapeNow(line: Row, method: 'copy' | 'delete'): string {
  return line[method] === '' ? '0' : '1';
}

function expectCurrentLast(
  { expect }: StoryContext,
  planned: { from: { versionId: string } | null; steps: readonly { do: string; versionId?: string }[] },
): void {
  if (planned.steps.every((step) => step.do === 'remove-delete-marker')) return;
  expect(planned.steps.at(-1)?.versionId).toBe(planned.from?.versionId);
}
