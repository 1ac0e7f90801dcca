/**
 * A reason why a whole run is refused or stopped. Everything a person needs is in it: a stable
 * `code` for machines, a `message` that names the input or key and what was found, and a `hint`: the mend.
 * Text from outside (keys, S3 messages) is carried raw here and escaped where it leaves (core/text.ts).
 */
export class RollbackError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint = '', options?: ErrorOptions) {
    super(message, options);
    this.name = 'RollbackError';
    this.code = code;
    this.hint = hint;
  }
}

/** One thing wrong with the inputs. All of a run's problems are reported together. */
export interface InputProblem {
  readonly input: string;
  readonly problem: string;
  readonly mend: string;
}

/** The inputs do not describe a run. Raised before any request is sent. */
export class InputError extends RollbackError {
  readonly problems: readonly InputProblem[];

  constructor(problems: readonly InputProblem[]) {
    super(
      'invalid-input',
      problems.map((p) => `input "${p.input}": ${p.problem}`).join('\n'),
      problems.map((p) => p.mend).join('\n'),
    );
    this.name = 'InputError';
    this.problems = problems;
  }
}

/** The run was told to stop (a cancelled job). Nothing new is sent after this is raised. */
export class CancelledError extends RollbackError {
  /** An earlier try of the request that was not made any more may have landed. */
  readonly maybeSent: boolean;

  constructor(maybeSent = false) {
    super('cancelled', 'the job was cancelled');
    this.name = 'CancelledError';
    this.maybeSent = maybeSent;
  }
}
