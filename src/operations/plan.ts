import { dirname } from 'node:path';
import { forEachConcurrently } from '../core/concurrent.ts';
import { settleCopy } from '../core/copy.ts';
import { type CopyQuestion, decide, type Settled } from '../core/decide.ts';
import { RollbackError } from '../core/errors.ts';
import type { KeyHistory } from '../core/history.ts';
import type { Narrator } from '../core/narrator.ts';
import { type Outcome, stopsTheRun } from '../core/outcome.ts';
import { firstStepKind, type PlannedKey, parsePlanLine } from '../core/plan.ts';
import { type BucketFacts, type BucketPort, S3Failure, type Segment } from '../core/ports.ts';
import { countOutcome, countPlanned, offerSample, type Tally, targetRecord } from '../core/report.ts';
import type { RestoreRequest } from '../core/request.ts';
import { scopeRecord, scopeTest } from '../core/scope.ts';
import { forLog } from '../core/text.ts';
import { formatTime } from '../core/time.ts';
import { openPlanSpool, type PlanSpool } from '../files/plan-spool.ts';
import { readSegments } from './segments.ts';

type Change = Extract<Settled, { kind: 'change' }>;

export interface Plan {
  readonly file: string;
  readonly digest: string;
  /** Planned steps that delete a version for good. */
  readonly versionDeletes: number;
  /** Planned steps that remove an entry by its id, markers included. */
  readonly removals: number;
  readonly copies: number;
  /** Versions and markers that the listing had, in scope or not. */
  readonly entriesListed: number;
}

/**
 * Read every history in scope, decide on each key, and write the plan to disk. Changes nothing in the bucket.
 * Keys that need no change, or cannot have one, are counted in `tally`; the planned ones too, as planned.
 * @throws RollbackError `version-not-found`, `file-not-writable`, and what the listing throws
 */
export async function makePlan(
  request: RestoreRequest,
  facts: BucketFacts,
  deps: { port: BucketPort; narrator: Narrator; now: () => number; concurrency: number },
  tally: Tally,
): Promise<Plan> {
  const { port, narrator } = deps;
  const { scope } = request;
  const inScope = scopeTest(scope);
  const counts = { versionDeletes: 0, removals: 0, copies: 0, entriesListed: 0 };

  const spool = await openPlanSpool(request.planFile, dirname(request.reportFile), {
    schemaVersion: 1,
    kind: 'plan',
    operation: request.operation,
    bucket: scope.bucket,
    scope: scopeRecord(scope),
    target: targetRecord(request.target),
    method: request.method,
    createdAt: formatTime(deps.now()),
  });
  try {
    const listing = port.list({ prefix: scope.prefix, ...(scope.key !== undefined && { key: scope.key }) });
    await readSegments(listing, (segment) => planSegment(segment, spool));

    let number = 1;
    const { digest } = await spool.finish((text) => {
      number += 1;
      const kind = firstStepKind(text);
      if (kind !== undefined) offerSample(tally, kind, () => parsePlanLine(text, number));
    });
    if (listing.order === 'grouped') {
      tally.notes.add(
        'This server lists versions and delete markers apart, so their order was taken from their times; ' +
          'keys for which a tie matters were left alone (ambiguous-order).',
      );
    }
    return { file: request.planFile, digest, ...counts };
  } finally {
    await spool.cleanUp();
  }

  async function planSegment(segment: Segment, spool: PlanSpool): Promise<void> {
    const part = spool.segment(segment.start);
    try {
      for await (const batch of segment.batches) {
        const histories = batch.filter((history) => inScope(history.key));
        const decisions: (Outcome | Change)[] = [];
        await forEachConcurrently(histories.entries(), deps.concurrency, async ([i, history]) => {
          decisions[i] = await decideKey(history);
        });
        const lines: PlannedKey[] = [];
        histories.forEach((history, i) => {
          tally.totals.keysExamined += 1;
          tally.totals.entriesExamined += history.entries.length;
          const decision = decisions[i];
          if (decision === undefined) return;
          if (decision.kind === 'change') {
            lines.push(decision.line);
            countPlanned(tally, decision.line, scope.prefix);
            countSteps(decision.line);
          } else {
            countOutcome(tally, scope.bucket, history.key, decision, scope.prefix);
          }
        });
        await part.write(lines);
        for (const { entries } of batch) counts.entriesListed += entries.length;
        narrator.progress(counts.entriesListed, undefined, 'versions and markers listed');
      }
    } finally {
      // Also when the listing broke off: an open file is closed by nobody else.
      await part.end();
    }
  }

  async function decideKey(history: KeyHistory): Promise<Outcome | Change> {
    const decision = decide(scope.bucket, history, request.target, request.method, facts.versioning);
    if (decision.kind === 'version-not-found') throw versionNotFound(history, decision.versionId);
    const settled = decision.kind === 'copy' ? await lookAndSettle(decision.copy) : decision;
    return settled.kind === 'skip' ? { kind: 'skipped', reason: settled.reason } : settled;
  }

  /** Look at the version to copy, and at the current one where the two may be the same, before deciding. */
  async function lookAndSettle(question: CopyQuestion): Promise<Outcome | Settled> {
    const { key, source, current, compare } = question;
    try {
      // Equal ETags settle the content; only where they differ may a checksum still tell that it is the same.
      const checksums = compare && source.etag !== current.etag;
      const [sourceHead, currentHead] = await Promise.all([
        port.headVersion(key, source.versionId, checksums),
        compare ? port.headVersion(key, current.versionId, checksums) : undefined,
      ]);
      if (sourceHead === undefined)
        return { kind: 'conflict', found: 'the version to go back to was deleted meanwhile' };
      return settleCopy(scope.bucket, question, sourceHead, currentHead);
    } catch (error) {
      if (error instanceof S3Failure && !stopsTheRun(error.failure.code)) {
        return { kind: 'failed', failure: error.failure };
      }
      throw error;
    }
  }

  function countSteps(line: PlannedKey): void {
    for (const step of line.steps) {
      if (request.dryRun) tally.steps[step.do] += 1;
      if (step.do === 'delete-version') counts.versionDeletes += 1;
      if (step.do === 'delete-version' || step.do === 'remove-delete-marker') counts.removals += 1;
      if (step.do === 'copy-version') counts.copies += 1;
    }
  }
}

function versionNotFound(history: KeyHistory, versionId: string): RollbackError {
  const marker = history.entries.some((e) => e.versionId === versionId);
  return new RollbackError(
    'version-not-found',
    `input "version-id": ${forLog(versionId)} is ${marker ? 'a delete marker' : 'not a version'} of key ${forLog(history.key)}`,
    marker
      ? 'A delete marker holds no data to go back to. Use operation: undelete, or the id of a version.'
      : 'Take an id from "aws s3api list-object-versions --bucket … --prefix <the key>". A version deleted for good cannot come back.',
  );
}
