import * as z from 'zod';
import { compareKeys } from './keys.ts';
import { isWrite, type PlanHeader, type PlannedKey, type Step } from './plan.ts';
import { scopeTest } from './scope.ts';

/**
 * What every plan of ours is. A digest tells that a file is the one that was approved, and nothing of who made it: a plan that
 * was edited and given a new digest must not reach further than a run could, nor delete what it calls a marker.
 */

const scopeSchema = z.object({
  bucket: z.string().optional(),
  key: z.string().optional(),
  prefix: z.string().default(''),
  include: z.array(z.string()).default([]),
  exclude: z.array(z.string()).default([]),
  destination: z.object({ bucket: z.string().optional(), prefix: z.string().default('') }).optional(),
});

/** What is wrong with a line, told as "line 2 …"; `undefined`: nothing. The lines have to come in their order. */
export type LineTest = (line: PlannedKey) => string | undefined;

/** The test for the lines of a plan; a text: why its header is not one of ours. */
export function lineTest(header: PlanHeader): LineTest | string {
  const parsed = scopeSchema.safeParse(header.scope);
  if (!parsed.success) return 'its scope is none';
  const { bucket, key, prefix, include, exclude, destination } = parsed.data;
  let inScope: (key: string) => boolean;
  try {
    inScope = scopeTest({ ...(key !== undefined && { key }), prefix, include, exclude });
  } catch {
    return 'its scope has globs that cannot be used';
  }
  // What an undo changes is said by a journal.
  const isUndo = header.operation === 'undo';
  let before: PlannedKey | undefined;
  return (line) => {
    const order = before && (compareKeys(line.bucket, before.bucket) || compareKeys(line.key, before.key));
    before = line;
    if (order !== undefined && order <= 0) return 'is not in its place in the order of the keys';
    if (!isUndo && !isInScope(line)) return "changes what is outside of the plan's own scope";
    return line.steps.some(isWrite) ? writesAmiss(line) : removalsAmiss(line, header);
  };

  function isInScope(line: PlannedKey): boolean {
    const sources = line.steps.flatMap((step) => (step.do === 'copy-version' && step.source ? [step.source] : []));
    if (destination === undefined) {
      return (bucket === undefined || line.bucket === bucket) && inScope(line.key) && sources.length === 0;
    }
    const to = destination.bucket ?? bucket;
    const own = line.key.slice(destination.prefix.length);
    return (
      (to === undefined || line.bucket === to) &&
      line.key.startsWith(destination.prefix) &&
      inScope(own) &&
      sources.every((source) => source.key === own && (bucket === undefined || source.bucket === bucket))
    );
  }
}

function writesAmiss({ from, to, steps }: PlannedKey): string | undefined {
  if (!steps.every(isWrite)) return 'both writes to the key and removes from it';
  const last = steps.at(-1);
  const top = last?.do === 'copy-version' ? last.versionId : null;
  if (to.versionId !== top) return 'does not end where it says that it leads';
  const coversNothing = (step: Step, i: number) =>
    step.do === 'add-delete-marker' &&
    (i === 0 ? from === null || from.deleteMarker : steps[i - 1]?.do !== 'copy-version');
  return steps.some(coversNothing) ? 'puts a delete marker where no version is' : undefined;
}

function removalsAmiss({ from, to, steps }: PlannedKey, { operation, method }: PlanHeader): string | undefined {
  const kinds = new Map(steps.map((step) => ['versionId' in step ? step.versionId : '', step.do]));
  if (kinds.size < steps.length) return 'removes an entry twice';
  const current = from === null ? undefined : kinds.get(from.versionId);
  if (from === null || current === undefined) return 'removes what is not current, and leaves what is';
  if ((current === 'remove-delete-marker') !== from.deleteMarker) return 'takes a version for a marker, or the reverse';
  if (to.versionId !== null && kinds.has(to.versionId)) return 'removes what it wants to be current';
  const deletes = steps.some((step) => step.do === 'delete-version');
  if (deletes && operation !== 'undo' && (operation === 'undelete' || method !== 'delete')) {
    return `deletes versions for good, which ${operation} with method ${method} does not`;
  }
  return undefined;
}
