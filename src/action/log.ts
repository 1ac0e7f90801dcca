import * as core from '@actions/core';
import type { Narrator } from '../core/narrator.ts';
import { proseForLog, shorten } from '../core/text.ts';
import { grouped } from './format.ts';
import { type ProgressMeter, progressMeter } from './progress.ts';

/**
 * The only place that prints. The runner reads every line of the output for commands, so every line goes through
 * `proseForLog` here, whatever its writer did before; text that is safe already stays as it is.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export interface Log extends Narrator {
  /** An annotation: in the log, and on the page of the run. Title without text from outside. */
  warning(message: string, title?: string): void;
  error(message: string, title?: string): void;
  /** Only shown when the workflow is run with debug logging. */
  debug(message: string): void;
  /** Close the group that is open. */
  endGroup(): void;
  /** Close the group, print the annotations that were held back. Call it last, whatever happened. */
  end(): void;
}

/** What is printed with; @actions/core in production. */
export type Sink = Pick<typeof core, 'info' | 'startGroup' | 'endGroup' | 'error' | 'warning' | 'debug'>;

/** The runner records no more than this many errors, and as many warnings, of one step. */
export const MAX_ANNOTATIONS = 10;

/** The runner cuts longer ones, in characters. */
const MAX_ANNOTATION_LENGTH = 4000;

export function createLog(now: () => number, sink: Sink = core): Log {
  let groupOpen = false;
  let meter: ProgressMeter = progressMeter(now);
  const errors = annotations((message, title) => sink.error(message, { title }), plain('Error'));
  const warnings = annotations((message, title) => sink.warning(message, { title }), plain('Warning'));

  function plain(kind: string): (line: string) => void {
    return (line) => sink.info(`${kind}: ${line}`);
  }

  function endGroup(): void {
    if (groupOpen) sink.endGroup();
    groupOpen = false;
  }

  return {
    phase(title) {
      endGroup();
      sink.startGroup(oneLine(title));
      groupOpen = true;
      meter = progressMeter(now);
    },
    progress(done, total, unit) {
      const line = meter.line(done, total, unit);
      if (line !== undefined) sink.info(oneLine(line));
    },
    say: (line) => sink.info(oneLine(line)),
    warning: (message, title) => warnings.add(message, title),
    error(message, title) {
      // An error inside a closed group is an error that nobody sees.
      endGroup();
      errors.add(message, title);
    },
    debug: (message) => sink.debug(eachLine(message)),
    endGroup,
    end() {
      endGroup();
      errors.flush();
      warnings.flush();
    },
  };
}

function oneLine(text: string): string {
  return proseForLog(text);
}

/** Line by line: what breaks lines in our own messages stays, and no line can begin a command. */
function eachLine(text: string): string {
  return text.split('\n').map(proseForLog).join('\n');
}

/**
 * Annotations of one kind. The last place is kept free: what no longer fits is printed as plain lines, and the place goes
 * to the first of these, which then says how many more there are.
 */
function annotations(annotate: (message: string, title: string) => void, print: (line: string) => void) {
  let given = 0;
  let held: { readonly message: string; readonly title: string; more: number } | undefined;
  return {
    add(raw: string, rawTitle = 's3-rollback'): void {
      const message = cut(eachLine(raw));
      const title = oneLine(rawTitle);
      if (given < MAX_ANNOTATIONS - 1) {
        given += 1;
        annotate(message, title);
        return;
      }
      for (const line of message.split('\n')) print(line);
      if (held === undefined) held = { message, title, more: 0 };
      else held.more += 1;
    },
    flush(): void {
      if (held === undefined) return;
      const { message, title, more } = held;
      held = undefined;
      annotate(more === 0 ? message : `${message}\n… and ${grouped(more)} more, see the log of this step.`, title);
    },
  };
}

function cut(message: string): string {
  return shorten(message, MAX_ANNOTATION_LENGTH);
}
