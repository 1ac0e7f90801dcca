/**
 * How a suite that runs against any server treats a server's known differences: a test that is listed for it is run all
 * the same and must fail in the way that is listed; if it passes, or fails otherwise, the list is wrong.
 */

/** Where a server is known not to do what AWS does. */
export interface Difference {
  /** Why, for people. */
  readonly reason: string;
  /** What the failed expectation says on that server: the test must fail in this way and no other. */
  readonly seen: RegExp;
}

/** By the test's name. */
export type Differences = Readonly<Record<string, Difference>>;

export const differs = (reason: string, seen: RegExp): Difference => ({ reason, seen });

/** The differences of one file of tests on one server; remembers which of them no test claimed. */
export class ListedDifferences {
  readonly #server: string;
  readonly #differences: Differences;
  readonly #unclaimed: Set<string>;

  constructor(server: string, differences: Differences) {
    this.#server = server;
    this.#differences = differences;
    this.#unclaimed = new Set(Object.keys(differences));
  }

  /** The title of the test of this name, and how to run it. */
  claim(name: string): { title: string; run: (body: () => Promise<void>) => Promise<void> } {
    this.#unclaimed.delete(name);
    const difference = this.#differences[name];
    if (difference === undefined) return { title: name, run: (body) => body() };
    return {
      title: `${name} — known to differ: ${difference.reason}`,
      run: async (body) => this.#expect(difference, await failureOf(body)),
    };
  }

  /** Names that are listed and that no test bears. Call it when all tests are declared. */
  unclaimed(): readonly string[] {
    return [...this.#unclaimed];
  }

  #expect(difference: Difference, failure: Error | undefined): void {
    if (failure === undefined) {
      throw new Error(`${this.#server} now does this as AWS does: remove it from known-differences.ts`);
    }
    if (!difference.seen.test(String(failure))) {
      const message = `${this.#server} differs, but not as known-differences.ts says (${difference.seen})`;
      throw new Error(`${message}: ${failure}`, { cause: failure });
    }
  }
}

/** Run a test's body and then its cleaning up, whatever happened; the body's failure is the one that is told. */
export async function thenCleanUp(body: () => Promise<void>, cleanUp: () => Promise<void>): Promise<void> {
  const failure = await failureOf(body);
  const leftover = await failureOf(cleanUp);
  if (failure !== undefined) throw failure;
  if (leftover !== undefined) throw leftover;
}

async function failureOf(run: () => Promise<void>): Promise<Error | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
