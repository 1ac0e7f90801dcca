import type { Place } from '../core/decide.ts';
import { forLog, shorten } from '../core/text.ts';
import { count, grouped } from './format.ts';
import { facts, list } from './html.ts';
import type { Env } from './input-reader.ts';
import { countPlannedSteps, type JournalFindings, readJournal } from './journal-findings.ts';
import type { Log } from './log.ts';
import { type MainState, readState } from './state.ts';
import { writeSummary } from './summary-file.ts';
import { prose } from './summary-sections.ts';
import { name } from './summary-words.ts';

/**
 * The post step, which GitHub runs when the job failed or was cancelled. A main step that was killed could not report: its
 * journal is read instead, and log and summary say what was done, what may be half done, and what was not begun.
 * When the main step came to its end, there is nothing to say. Never throws: a post step must not fail a job.
 */
export async function runPost(env: Env, log: Log): Promise<void> {
  try {
    const state = readState(env);
    if (state === undefined || state.finished) return;
    const isDownload = state.operation === 'download';
    const journal = isDownload ? undefined : await readJournal(state.journalFile, Date.parse(state.startedAt));
    const { verdict, details } = isDownload
      ? tellDownload(state)
      : tell(state, journal, await countPlannedSteps(state.planFile));

    log.warning([`${verdict}.`, ...details].join('\n'), 'The run did not come to its end');
    const problem = await writeSummary(env, (room) => {
      const text = postSummary(state, journal, verdict, details);
      return Buffer.byteLength(text) <= room ? text : '';
    });
    if (problem !== undefined) log.warning(problem);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warning(`The run did not come to its end, and its journal could not be read: ${why}`);
  } finally {
    log.end();
  }
}

/** Where the inputs name no bucket. */
const BUCKETS = { manifest: 'those that the manifest names', events: 'those that the events tell of' } as const;

/** How many of the keys whose fate is open are named. */
const NAMED = 5;

/** It keeps no journal, for it changes nothing, and its plan has no steps. */
function tellDownload({ directory, again }: MainState): { verdict: string; details: string[] } {
  return {
    verdict: 'The download was killed before it was done',
    details: [
      'Nothing in the bucket was changed: a download only reads.',
      `What has its own name in ${forLog(shorten(directory, 200))} is complete; what was on its way is called ".s3-rollback-…".`,
      again,
    ],
  };
}

function tell(
  state: MainState,
  journal: JournalFindings | undefined,
  planned: number | undefined,
): { verdict: string; details: string[] } {
  if (journal === undefined) {
    return {
      verdict: 'The run was killed before it changed anything',
      details: [
        'No step was begun: every key is as it was.',
        ...(state.archived ? ['Versions may have been requested from their archive: that changes no key.'] : []),
        'Run the same step again.',
      ],
    };
  }
  const { done, conflicts, failed, open, begun } = journal;
  const left = planned === undefined ? undefined : Math.max(0, planned - begun);
  const what = planned === undefined ? count(done, 'step') : `${grouped(done)} of ${count(planned, 'planned step')}`;
  const details = [`${what} ${done === 1 ? 'is' : 'are'} done.`];
  if (conflicts > 0) details.push(`${count(conflicts, 'step')} met a change by somebody else, which was left alone.`);
  if (failed > 0) details.push(`${count(failed, 'step')} failed.`);
  if (open.size > 0) {
    const first = [...open.values()].slice(0, NAMED).map((place) => placeWords(place, state));
    const more = open.size > NAMED ? `, and ${count(open.size - NAMED, 'other')}` : '';
    details.push(
      `${count(open.size, 'step')} ${open.size === 1 ? 'was' : 'were'} begun, and the answer was not seen: ` +
        `done or not, it is one or the other, never half. Keys: ${first.join(', ')}${more}.`,
    );
  }
  if (left === undefined) details.push('The plan could not be read: what else it holds was not begun.');
  else if (left > 0) details.push(`${count(left, 'step')} ${left === 1 ? 'was' : 'were'} not begun.`);
  details.push(state.again);
  const verdict = journal.ended
    ? 'The run came to its end, but was killed before it could report'
    : 'The run was killed while it changed the bucket';
  return { verdict, details };
}

/** The key, and its bucket where that is not the one that everybody thinks of. */
function placeWords({ bucket, key }: Place, state: MainState): string {
  const words = forLog(shorten(key, 120));
  return bucket === state.bucket ? words : `${words} in bucket ${forLog(bucket)}`;
}

function postSummary(
  state: MainState,
  journal: JournalFindings | undefined,
  verdict: string,
  details: readonly string[],
): string {
  const rows: (readonly [string, string])[] = [
    ['Operation', name(state.operation)],
    [
      'Bucket',
      state.bucket === '' ? BUCKETS[state.operation === 'recover' ? 'events' : 'manifest'] : name(state.bucket),
    ],
    ...(state.manifest === '' ? [] : [['Manifest', name(state.manifest, 200)] as const]),
    ...(state.directory === '' ? [] : [['Into', name(state.directory, 200)] as const]),
    ...(journal === undefined ? [] : [['Journal', name(state.journalFile, 200)] as const]),
  ];
  return `## ⚠️ ${verdict}\n\n${list(details.map(prose))}\n\n${facts(rows)}\n`;
}
