import { InputError, RollbackError } from '../core/errors.ts';
import type { RunResult } from '../core/report.ts';
import type { Request } from '../core/request.ts';
import { facts, table } from './html.ts';
import { RefusedInputs } from './inputs.ts';
import { dryRunSection, filesSection, renamedSection, requestsSection, undoSection } from './summary-after.ts';
import { askedSection } from './summary-asked.ts';
import { historySections } from './summary-history.ts';
import { deedsSection, eventsSection, messagesSection } from './summary-incident.ts';
import { type PlanShape, risksSection } from './summary-risks.ts';
import {
  conflictsSection,
  countsOf,
  type Detail,
  errorSection,
  failuresSection,
  notes,
  prefixesSection,
  prose,
  samplesSection,
  skippedSection,
} from './summary-sections.ts';
import { verdict } from './summary-verdict.ts';
import { name } from './summary-words.ts';

export interface SummaryContext {
  readonly request: Request;
  /** Bytes of UTF-8 that the summary may have. */
  readonly maxBytes: number;
  /** Of a dry run: what its plan comes to, where that could be read. */
  readonly shape?: PlanShape | undefined;
  /** In the post step of a guard. */
  readonly guarded?: boolean;
}

/** From the summary that a reader wants to the one that fits. */
const DETAILS: readonly Detail[] = [
  {
    prefixes: 20,
    samples: 20,
    codes: 20,
    failures: 100,
    conflicts: 100,
    globs: 20,
    renamed: 100,
    deeds: 50,
    events: 100,
  },
  { prefixes: 20, samples: 10, codes: 20, failures: 20, conflicts: 20, globs: 10, renamed: 20, deeds: 20, events: 50 },
  { prefixes: 10, samples: 5, codes: 10, failures: 5, conflicts: 5, globs: 5, renamed: 5, deeds: 10, events: 10 },
  { prefixes: 5, samples: 0, codes: 5, failures: 0, conflicts: 0, globs: 1, renamed: 0, deeds: 5, events: 0 },
];

/**
 * The job summary of a run: Markdown and HTML as GitHub shows them. Pure. What does not fit into `maxBytes` is left out
 * step by step, and every list that was cut says how many it shows of how many. '' when not even the verdict fits.
 */
export function renderSummary(result: RunResult, context: SummaryContext): string {
  const { request, maxBytes } = context;
  const why = context.guarded === true ? GUARDED : '';
  const heading = `## ${verdict(result, request)}${why}`;
  const shortest = [heading, countsOf(result)];
  const candidates = [
    ...DETAILS.map((detail) => () => fullSummary(heading, result, context, detail)),
    () => shortest,
    () => [heading],
  ];
  for (const candidate of candidates) {
    const text = joined(candidate());
    if (Buffer.byteLength(text) <= maxBytes) return text;
  }
  return '';
}

function fullSummary(
  heading: string,
  result: RunResult,
  { request, shape, guarded = false }: SummaryContext,
  detail: Detail,
): string[] {
  const { report } = result;
  return [
    heading,
    errorSection(report),
    request.operation === 'guard' ? '' : countsOf(result),
    ...historySections(result, request, detail),
    risksSection(result, request, shape),
    deedsSection(result.highlights, detail),
    askedSection(result, request, detail),
    notes(report.notes),
    failuresSection(report, request, detail),
    conflictsSection(report, request, detail),
    skippedSection(report),
    prefixesSection(result, request, detail),
    samplesSection(result, request, detail),
    renamedSection(report, detail),
    eventsSection(result, detail),
    messagesSection(report, result.highlights),
    dryRunSection(result, guarded),
    undoSection(result, request, guarded),
    requestsSection(report, request),
    filesSection(result, request),
  ];
}

const GUARDED =
  '\n\n<b>Guard</b>: the job failed or was cancelled, so what is guarded goes back to the moment before the deployment.';

/** The summary of a run that was refused for its inputs, before any request. */
export function renderRefusal(error: unknown, maxBytes: number): string {
  const warnings = error instanceof RefusedInputs ? error.warnings : [];
  const text = joined(['## ❌ Refused: nothing was changed', refusalTable(error), notes(warnings)]);
  return Buffer.byteLength(text) <= maxBytes ? text : '';
}

function refusalTable(error: unknown): string {
  if (error instanceof InputError) {
    const columns = ['Input', 'What is wrong', 'What to do'].map((title) => ({ title }));
    return table(
      columns,
      error.problems.map(({ input, problem, mend }) => [name(input), prose(problem), prose(mend)]),
    );
  }
  const hint = error instanceof RollbackError ? error.hint : '';
  const message = error instanceof Error ? error.message : String(error);
  return facts([['Why', prose(message)], ...(hint === '' ? [] : [['What to do', prose(hint)] as const])]);
}

/** Parts are Markdown blocks: an empty line between them, none where there is nothing to say. */
function joined(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
