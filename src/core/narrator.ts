/** How the engine tells what it is doing, without knowing who listens. All text from outside is already escaped. */
export interface Narrator {
  /** A new part of the work begins. */
  phase(title: string): void;
  /** How far a long part is; called often, shown seldom. `total` where it is known. */
  progress(done: number, total: number | undefined, unit: string): void;
  /** One line worth keeping. */
  say(line: string): void;
}

export const SILENT: Narrator = { phase() {}, progress() {}, say() {} };
