import { describe, expect, it } from 'vitest';
import { type CommentContext, renderComment } from '../../../src/action/comment.ts';
import { chooseComment, familyOf } from '../../../src/action/comment-memory.ts';
import { type PlanShape, shapePlan } from '../../../src/action/summary-risks.ts';
import type { PlannedKey } from '../../../src/core/plan.ts';
import { countPlanned, type RunResult, type Tally } from '../../../src/core/report.ts';
import type { ApplyRequest, Request, RestoreRequest } from '../../../src/core/request.ts';
import { expectTamed, html, text, unbalanced } from './summary-support.ts';
import { failure, key, NASTY_KEYS, NOW, requestOf, resultOf } from './support.ts';

/** The comment on a pull request: what it says, what it remembers, and which comment a run belongs to. */

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const OTHER = `sha256:${'f'.repeat(64)}`;
/** An hour before it is told. */
const MADE = NOW - 3_600_000;
const RUNS = 'https://github.com/acme/site/actions/runs';

interface Run {
  readonly result: RunResult;
  readonly request: Request;
}

const DRY = requestOf({ dryRun: true });

function applyOf(over: Partial<ApplyRequest> = {}): ApplyRequest {
  const reviewed = { file: '/w/plan.jsonl', digest: DIGEST, maxAge: 86_400_000 };
  const target = { kind: 'as-planned' } as const;
  return { ...requestOf(), operation: 'apply', target, reviewed, ...over } as ApplyRequest;
}

const plan =
  (keys = 3) =>
  (tally: Tally) => {
    for (let i = 0; i < keys; i++) key(tally, `site/img/${i}.png`);
  };

const restored =
  (keys = 3) =>
  (tally: Tally) => {
    for (let i = 0; i < keys; i++) key(tally, `site/img/${i}.png`, { kind: 'restored' });
  };

/** Every key is as it should be. */
function idle(tally: Tally): void {
  tally.totals.keysExamined = 3;
  tally.totals.unchanged = 3;
}

const REFUSED = { code: 'plan-too-old', message: 'the plan is too old', hint: 'Make a new one.' };

function run(request: Request, fill: (tally: Tally) => void, error?: typeof REFUSED): Run {
  return { request, result: resultOf(request, fill, error) };
}

/** Refused before it had a plan. */
function refused(request: Request): Run {
  const { plan: _, ...result } = resultOf(request, () => {}, REFUSED);
  return { request, result };
}

const planned = run(DRY, plan());
const applied = run(applyOf(), restored());

function comment({ request, result }: Run, over: Partial<CommentContext> = {}) {
  return renderComment(result, { request, old: undefined, room: 60_000, runId: '42', runsUrl: RUNS, ...over });
}

/** What each run makes of the comment of the runs before it, the last one's. */
function story(...runs: readonly Run[]) {
  let old: { memory: string; body: string } | undefined;
  for (const [i, one] of runs.entries()) old = comment(one, { old, runId: String(41 + i) });
  return old ?? { memory: '', body: '' };
}

function withDigest({ request, result }: Run, digest: string): Run {
  return { request, result: { ...result, plan: { file: '/tmp/run/plan.jsonl', digest } } };
}

const COPY = { do: 'copy-version', versionId: 'v1' } as const;
const LIVE = { versionId: 'v2', deleteMarker: false, etag: '"e"' } as const;

function line(over: Partial<PlannedKey>): PlannedKey {
  return { bucket: 'my-site', key: 'site/a', from: LIVE, to: { versionId: 'v1' }, steps: [COPY], ...over };
}

function shapeOf(lines: readonly PlannedKey[]): PlanShape {
  const shaping = shapePlan();
  for (const one of lines) shaping.add(one);
  return shaping.shape;
}

describe('a plan', () => {
  it('is told with verdict, status, counts, digest, age, prefixes, samples, and how to carry it out', () => {
    const { body } = comment(planned, { look: { madeAt: MADE } });
    const page = text(body);
    expect(page).toMatch(/^ ?📝 Dry run: 3 keys would be restored in my-site under site\//);
    expect(page).toMatch(/Planned, not carried out yet: 2026-11-22 14:00:12 UTC, run 42/);
    expect(page).toContain('Planned Restored Unchanged Skipped Conflicts Failed 3 0 0 0 0 0');
    expect(page).toContain(
      'Plan sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef Made 2026-11-22 13:00:00 UTC',
    );
    expect(page).toMatch(/removing delete markers.*Key Before Back to Plan site\/img\/0\.png deleted version-id/);
    expect(body).toContain(
      `\`\`\`yaml\noperation: apply\nplan-file: # of this dry run, see below\nplan-digest: ${DIGEST}\n\`\`\``,
    );
    expect(unbalanced(html(body))).toEqual([]);
  });

  it('links to its run, and to nothing else', () => {
    const hrefs = (page: string) => [...page.matchAll(/href="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(hrefs(html(comment(planned).body)))).toEqual(new Set([`${RUNS}/42`]));
    expect(hrefs(html(comment(planned, { runId: '' }).body))).toEqual([]);
  });

  it('with nothing to do has nothing to carry out', () => {
    const page = text(comment(run(DRY, idle)).body);
    expect(page).not.toContain('operation: apply');
  });

  it('shows samples of each kind in a fold of its own, and how many there are', () => {
    const lines = [
      line({}),
      line({ key: 'site/b', from: { ...LIVE, deleteMarker: true } }),
      line({ key: 'site/c', to: { versionId: null }, steps: [{ do: 'add-delete-marker' }] }),
      line({ key: 'site/d', steps: [{ do: 'delete-version', versionId: 'v2' }] }),
      line({ key: 'site/e', steps: [{ do: 'remove-delete-marker', versionId: 'm' }] }),
    ];
    const fill = (tally: Tally) => {
      for (const one of lines) {
        tally.totals.keysExamined += 1;
        countPlanned(tally, one, 'site/');
        tally.samples.push(one);
      }
    };
    const shape = shapeOf([...lines, line({ key: 'site/f' })]);
    const { body } = comment(run(requestOf({ operation: 'rollback', dryRun: true }), fill), {
      look: { madeAt: MADE, shape },
    });
    expect([...body.matchAll(/<summary>(.*)<\/summary>/g)].map((match) => match[1])).toEqual([
      '<b>Versions deleted for good</b>',
      '<b>Newer data covered</b> (showing 1 of 2)',
      '<b>Deleted again, with a delete marker</b>',
      '<b>Brought back by a copy</b>',
      '<b>Brought back by removing delete markers</b>',
    ]);
  });
});

describe('what became of the plan', () => {
  it.each<[string, Run, RegExp]>([
    ['applied', applied, /✅ 3 keys restored .*Applied:/],
    [
      'partly applied',
      run(applyOf(), (tally) => {
        key(tally, 'site/a', { kind: 'restored' });
        key(tally, 'site/b', { kind: 'conflict', found: 'the key was written after the plan was made' });
      }),
      /⚠️ 1 of 2 keys restored .*Partly applied:.*Conflicts.*site\/b/,
    ],
    [
      'not applied',
      run(applyOf(), (tally) => key(tally, 'site/a', failure('AccessDenied', 'no'))),
      /Not done:.*AccessDenied/,
    ],
    ['cancelled', run(applyOf(), restored(1), { code: 'cancelled', message: 'x', hint: '' }), /Cancelled:/],
    ['stopped', run(applyOf(), restored(1), { code: 'throttled', message: 'x', hint: '' }), /Stopped on the way:/],
    ['looked at again', run(applyOf({ dryRun: true }), plan()), /Plan looked at again, not carried out yet:/],
    ['done without one', run(requestOf(), restored()), /Done:/],
  ])('%s', (_, one, words) => {
    expect(text(story(planned, one).body)).toMatch(words);
  });

  it('and what was before it, the newest first', () => {
    const page = text(story(planned, applied).body);
    expect(page).toMatch(/Runs told of .* UTC apply Applied 3 3 0 0 run 42 .* UTC undelete Planned, .* 3 0 0 0 run 41/);
  });

  it('an applied plan is not to be applied', () => {
    expect(story(planned).body).toContain('operation: apply');
    expect(story(planned, applied).body).not.toContain('```');
  });

  it('shows samples, and does not say that these are all', () => {
    const many = run(applyOf(), restored(500));
    expect(text(story(planned, many).body)).toContain('removing delete markers (some of 500 planned keys)');
  });

  it('when it was made is remembered', () => {
    const old = comment(planned, { look: { madeAt: MADE } });
    expect(text(comment(applied, { old }).body)).toContain('Made 2026-11-22 13:00:00 UTC');
    expect(text(comment(withDigest(run(requestOf(), restored()), OTHER), { old }).body)).not.toContain('Made ');
  });

  it('runs are not kept for ever', () => {
    const { memory } = story(...Array.from({ length: 50 }, () => planned));
    expect(JSON.parse(memory).runs).toHaveLength(10);
    expect(Buffer.byteLength(memory)).toBeLessThan(6000);
  });
});

describe('a run that comes to no plan', () => {
  it('stands above the plan that is there, which stays to the letter', () => {
    const before = story(planned).body;
    const after = story(planned, refused(applyOf()));
    expect(text(after.body)).toMatch(
      /❌ Refused: nothing was changed .*Refused:.*the plan is too old\. .*Make a new one/,
    );
    const marker = '<!-- s3-rollback:rest -->';
    expect(after.body.slice(after.body.indexOf(marker))).toBe(before.slice(before.indexOf(marker)));
    expect(JSON.parse(after.memory)).toMatchObject({ digest: DIGEST, open: true });
  });

  it('as often as it happens, and also after somebody edited it on the page', () => {
    const after = story(planned, refused(applyOf()), refused(applyOf()));
    const edited = { ...after, body: after.body.replaceAll('\n', '\r\n') };
    const { body } = comment(refused(applyOf()), { old: edited });
    expect(body.match(/s3-rollback:rest/g)).toHaveLength(1);
    expect(body).toContain(`plan-digest: ${DIGEST}`);
  });

  it('lets it go where there is no room', () => {
    const old = comment(planned);
    const { body } = comment(refused(applyOf()), { old: { ...old, body: old.body + 'x'.repeat(60_000) } });
    expect(body.length).toBeLessThan(5_000);
    expect(body).toContain('Refused');
  });

  it('stands alone where there was none', () => {
    expect(comment(refused(DRY)).body).not.toContain('What this comment said before');
    expect(story(refused(DRY), refused(DRY)).body).not.toContain('What this comment said before');
  });
});

describe('which comment a run belongs to', () => {
  const memoryOf = (...runs: readonly Run[]) => story(...runs).memory;
  const fresh = withDigest(planned, OTHER);
  const nothing = (digest: string) => withDigest(run(DRY, idle), digest);
  const NEW = { outdated: [] };
  const ALL = { outdated: [0, 1] };
  const unreviewed = withDigest(run(requestOf(), restored()), OTHER);
  const idleRun = withDigest(run(requestOf(), idle), `sha256:${'e'.repeat(64)}`);
  const undo = { ...applyOf(), operation: 'undo', undoneJournal: '/w/journal.jsonl' } as unknown as Request;
  const reviewed = { file: '/w/plan.jsonl', maxAge: 86_400_000 };

  it.each<[string, Run, readonly string[], object]>([
    ['none is there', planned, [], NEW],
    ['the same plan', planned, [memoryOf(planned)], { update: 0 }],
    ['a new plan', fresh, [memoryOf(planned)], { outdated: [0] }],
    ['a new plan after two', fresh, [memoryOf(planned), memoryOf(applied)], { outdated: [0, 1] }],
    ['a new plan after one that was applied', fresh, [memoryOf(planned, applied)], { outdated: [0] }],
    ['a new plan after a refusal', fresh, [memoryOf(refused(DRY))], { update: 0 }],
    ['a new plan, and the memory is damaged', fresh, ['{'], { update: 0 }],
    ['nothing to do, twice', nothing(OTHER), [memoryOf(nothing(DIGEST))], { update: 0 }],
    ['nothing to do any more', nothing(OTHER), [memoryOf(planned)], { outdated: [0] }],
    ['something to do again', fresh, [memoryOf(nothing(DIGEST))], { outdated: [0] }],
    ['the plan is applied', applied, [memoryOf(planned)], { update: 0 }],
    ['the plan is applied, and a newer one waits', applied, [memoryOf(fresh), memoryOf(planned)], { update: 1 }],
    ['another plan is applied, and this one waits', applied, [memoryOf(fresh)], NEW],
    ['another plan is applied, and none waits', applied, [memoryOf(run(requestOf(), restored()))], { update: 0 }],
    ['another was refused, and this one waits', refused(applyOf()), [memoryOf(fresh)], NEW],
    ['its own was refused', refused(applyOf()), [memoryOf(fresh), memoryOf(planned)], { update: 1 }],
    ['a dry run is refused, and a plan waits', refused(DRY), [memoryOf(planned)], NEW],
    ['a dry run is refused, and none waits', refused(DRY), [memoryOf(planned, applied)], { update: 0 }],
    ['a restore without a review, and a plan waits', unreviewed, [memoryOf(planned)], NEW],
    ['one that is refused before its plan', refused(requestOf()), [memoryOf(planned)], NEW],
    ['one that is refused, an apply that names no digest', refused(applyOf({ reviewed })), [memoryOf(planned)], NEW],
    ['one that is taken back', withDigest(run(undo, restored()), OTHER), [memoryOf(planned)], NEW],
    ['a second one', unreviewed, [memoryOf(unreviewed), memoryOf(planned)], { update: 0 }],
    ['a third one, refused', refused(requestOf()), [memoryOf(unreviewed), memoryOf(planned)], { update: 0 }],
    ['the plan below it is applied', applied, [memoryOf(unreviewed), memoryOf(planned)], { update: 1 }],
    ['a new plan takes the place of the one below', fresh, [memoryOf(refused(DRY)), memoryOf(planned)], ALL],
    ['nothing to do takes it too', nothing(OTHER), [memoryOf(idleRun), memoryOf(planned)], ALL],
    ['the same plan again, below it', planned, [memoryOf(unreviewed), memoryOf(planned)], { update: 1 }],
  ])('%s', (_, { result, request }, memories, expected) => {
    expect(chooseComment(result, request, memories)).toEqual(expected);
  });

  it.each<Request['operation']>(['download', 'recover'])('what nobody can apply waits for nobody: %s', (operation) => {
    const { result } = run({ ...requestOf(), operation } as Request, restored());
    expect(chooseComment(result, { ...requestOf(), operation } as Request, [memoryOf(fresh)])).toEqual({ update: 0 });
  });

  it('a plan that waits stays so, to the letter, whatever else is run', () => {
    const comments: { memory: string; body: string }[] = [];
    const tell = (one: Run) => {
      const choice = chooseComment(
        one.result,
        one.request,
        comments.map(({ memory }) => memory),
      );
      const at = 'update' in choice ? choice.update : -1;
      const told = comment(one, { old: comments[at] });
      if (at >= 0) comments[at] = told;
      else comments.unshift(told);
    };
    tell(planned);
    const [before] = comments;
    const others = [unreviewed, refused(DRY), refused(requestOf()), withDigest(run(undo, restored()), OTHER), idleRun];
    for (const one of [...others, ...others]) tell(one);
    expect(comments).toHaveLength(2);
    expect(comments[1]).toEqual(before);
    tell(applied);
    expect(text(comments[1]?.body ?? '')).toContain('Applied:');
    expect(comments).toHaveLength(2);
  });

  it('planning, applying and taking back are one story; what else there is has its own', () => {
    expect(['undelete', 'rollback', 'apply', 'undo'].map((operation) => familyOf(operation as 'undo'))).toEqual(
      Array(4).fill('restore'),
    );
    expect(familyOf('recover')).toBe('recover');
    expect(familyOf('download')).toBe('download');
  });

  it.each([
    '[]',
    '{"open":true,"runs":[{"did":"<b>"}]}',
    '{"open":true,"digest":"sha256:x\\n","runs":[]}',
    '{"open":false,"runs":[{"at":1,"operation":"<img>","did":"done","planned":1,"restored":1,"conflicts":0,"failed":0,"run":"1"}]}',
    '{"open":false,"runs":[{"at":1,"operation":"undo","did":"done","planned":1,"restored":1,"conflicts":0,"failed":0,"run":"1\\" x"}]}',
  ])('a memory that somebody changed is forgotten: %s', (memory) => {
    expect(comment(planned, { old: { memory, body: 'x' } })).toEqual(comment(planned));
  });
});

describe('room', () => {
  const many = run(requestOf({ dryRun: true }), (tally) => {
    for (let i = 0; i < 500; i++)
      key(tally, `site/${'<&>'.repeat(200)}${i}/x`, i % 3 === 0 ? failure(`Code${i}`, 'm'.repeat(900)) : undefined);
  });

  it.each([60_000, 28_000, 10_000, 3_000, 700, 150, 10])('%d characters are not exceeded', (room) => {
    const { body } = comment(many, { room });
    expect(body.length).toBeLessThanOrEqual(room);
    expect(unbalanced(html(body))).toEqual([]);
    expect(body.includes('500 keys')).toBe(room > 10);
    if (room >= 3_000) expect(body).toContain('<table>');
  });

  it('says of every list that was cut how much it shows', () => {
    expect(text(comment(many).body)).toMatch(/By prefix \(showing \d+ of/);
  });
});

describe('text from outside is text', () => {
  const everywhere = (nasty: string): string => {
    const scope = { bucket: 'my-site', prefix: nasty, include: [nasty], exclude: [nasty] };
    const request: RestoreRequest = {
      ...DRY,
      operation: 'rollback',
      scope,
      target: { kind: 'version', versionId: nasty },
    };
    const { result } = run(request, (tally) => {
      key(tally, nasty, failure(nasty, nasty, nasty));
      key(tally, `site/1${nasty}/x`, { kind: 'conflict', found: nasty });
      key(tally, `site/2${nasty}/x`);
      tally.samples.push(line({ key: nasty, bucket: nasty, from: { ...LIVE, versionId: nasty } }));
      tally.notes.add(nasty);
    });
    const failed = { ...result, report: { ...result.report, error: { code: nasty, message: nasty, hint: nasty } } };
    // Links and the code to copy are ours.
    return [result, failed]
      .map((one) => comment({ request, result: one }, { runId: '' }).body)
      .map((body) => body.replace(/```yaml[^`]*```/, ''))
      .join('\n\n');
  };

  it.each(NASTY_KEYS.map((word) => [JSON.stringify(word).slice(0, 60), word] as const))('%s', (_, word) => {
    expectTamed(everywhere, word);
  });
});
