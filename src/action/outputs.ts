import * as core from '@actions/core';
import type { RunResult } from '../core/report.ts';
import { OUTPUTS, type OutputName } from './registry.ts';

/** Absolute paths of the files that exist; absent where a run did not get so far. */
export type WrittenFiles = Pick<RunResult, 'journalFile' | 'reportFile'>;

/** Every output of a run, as the strings that a workflow sees. */
export function outputsOf(
  { report, plan, checkpoint, suggestedTime }: RunResult,
  files: WrittenFiles,
): Record<OutputName, string> {
  const { totals } = report;
  return {
    status: report.status,
    planned: String(totals.planned),
    restored: String(totals.restored),
    unchanged: String(totals.unchanged),
    skipped: String(totals.skipped),
    conflicts: String(totals.conflicts),
    failed: String(totals.failed),
    'plan-file': plan?.file ?? '',
    'plan-digest': plan?.digest ?? '',
    'report-file': files.reportFile ?? '',
    checkpoint: checkpoint ?? '',
    'suggested-time': suggestedTime ?? '',
    'journal-file': files.journalFile ?? '',
  };
}

/** The outputs of a run whose inputs were refused: nothing was looked at, so all counts are 0. */
export function refusedOutputs(): Record<OutputName, string> {
  return {
    status: 'failed',
    planned: '0',
    restored: '0',
    unchanged: '0',
    skipped: '0',
    conflicts: '0',
    failed: '0',
    'plan-file': '',
    'plan-digest': '',
    'report-file': '',
    checkpoint: '',
    'suggested-time': '',
    'journal-file': '',
  };
}

/**
 * Hand the outputs to the runner, in the order of the registry. Never throws, for the run is over and its result stands:
 * returns a warning where they could not be written.
 */
export function setOutputs(
  outputs: Readonly<Record<OutputName, string>>,
  setOutput: (name: string, value: string) => void = core.setOutput,
): string | undefined {
  try {
    for (const { name } of OUTPUTS) setOutput(name, outputs[name]);
    return undefined;
  } catch (error) {
    return `The outputs could not be written: ${error instanceof Error ? error.message : String(error)}`;
  }
}
