import { appendFile, stat } from 'node:fs/promises';
import type { Env } from './input-reader.ts';

/**
 * GitHub drops a step's summary that is larger, with an error annotation.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
 */
export const MAX_SUMMARY_BYTES = 1024 * 1024;

/**
 * Append to the summary of this step. `render` is told how many bytes there is room for. Never throws, for a summary
 * must not change a run's result: returns a warning where it could not be written. Outside GitHub there is no summary.
 */
export async function writeSummary(env: Env, render: (maxBytes: number) => string): Promise<string | undefined> {
  const file = env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return undefined;
  try {
    const there = await sizeOf(file);
    // What somebody else wrote may end in the middle of a block of HTML, which only an empty line ends.
    const gap = there > 0 ? '\n\n' : '';
    const text = render(MAX_SUMMARY_BYTES - there - gap.length);
    if (text === '') return `The job summary is full (${there} bytes): this run's was left out.`;
    await appendFile(file, `${gap}${text}`);
    return undefined;
  } catch (error) {
    return `The job summary could not be written: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}
