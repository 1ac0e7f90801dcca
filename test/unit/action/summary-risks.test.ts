import { describe, expect, it } from 'vitest';
import { kindOf, risksSection, shapePlan } from '../../../src/action/summary-risks.ts';
import type { PlannedKey } from '../../../src/core/plan.ts';
import { countOutcome, countPlanned, type Tally } from '../../../src/core/report.ts';
import type { Request, RestoreRequest } from '../../../src/core/request.ts';
import { expectTamed, render, text } from './summary-support.ts';
import { NASTY_KEYS, requestOf, resultOf } from './support.ts';

/** What somebody who is to approve a plan has to look at. */

const LIVE = { versionId: 'v2', deleteMarker: false, etag: '"e"' } as const;
const GONE = { versionId: 'm', deleteMarker: true, etag: null } as const;
const COPY = { do: 'copy-version', versionId: 'v1' } as const;
const REMOVE = { do: 'remove-delete-marker', versionId: 'm' } as const;
const DELETE = { do: 'delete-version', versionId: 'v2' } as const;

function line(from: PlannedKey['from'], steps: PlannedKey['steps'], versionId: string | null = 'v1'): PlannedKey {
  return { bucket: 'my-site', key: 'site/a', from, to: { versionId }, steps };
}

const REVIVED = line(GONE, [REMOVE]);
const OVERWRITTEN = line(LIVE, [COPY]);
const DELETED = line(LIVE, [{ do: 'add-delete-marker' }], null);
const FOR_GOOD = line(LIVE, [{ ...DELETE, versionId: 'v1b' }, DELETE]);

const ROLLBACK = { operation: 'rollback', dryRun: true } as const;

function risks(
  lines: readonly PlannedKey[],
  over: Partial<RestoreRequest> = ROLLBACK,
  more: (tally: Tally) => void = () => {},
  isRead = true,
): string {
  const request = requestOf(over);
  const shaping = shapePlan();
  const result = resultOf(request, (tally) => {
    for (const one of lines) {
      tally.totals.keysExamined += 1;
      countPlanned(tally, one, 'site/');
      shaping.add(one);
      for (const step of one.steps) tally.steps[step.do] += 1;
    }
    more(tally);
  });
  return text(risksSection(result, request, isRead ? shaping.shape : undefined));
}

const skip = (reason: 'archived' | 'restore-in-progress') => (tally: Tally) => {
  countOutcome(tally, 'my-site', 'k', { kind: 'skipped', reason }, '');
};

describe('what a plan does to a key, by what may be regretted most', () => {
  it.each<[string, PlannedKey, string]>([
    ['only markers go', REVIVED, 'revived'],
    ['several', line(GONE, [REMOVE, { ...REMOVE, versionId: 'm2' }]), 'revived'],
    ['markers over nothing go', line(GONE, [REMOVE], null), 'revived'],
    ['a copy on top of a version', OVERWRITTEN, 'overwritten'],
    ['a copy on top of a marker', line(GONE, [COPY]), 'copied'],
    ['a copy where nothing is', line(null, [COPY]), 'copied'],
    ['copies and a marker', line(null, [COPY, { do: 'add-delete-marker' }], null), 'copied'],
    ['a marker on top', DELETED, 'deleted'],
    ['versions go', FOR_GOOD, 'for-good'],
    ['versions and a marker go', line(GONE, [DELETE, REMOVE]), 'for-good'],
  ])('%s', (_, one, kind) => {
    expect(kindOf(one)).toBe(kind);
  });
});

describe('the risks of a dry run', () => {
  const carrying = (carry: NonNullable<(typeof COPY & { carry?: object })['carry']>) =>
    line(GONE, [{ ...COPY, carry }]);

  it.each<[string, string, RegExp]>([
    ['only markers go', risks([REVIVED]), /Risks None: only delete markers are removed, no data moves/],
    [
      'copies onto deleted keys',
      risks([line(GONE, [COPY])]),
      /Risks None: nothing newer is covered, nothing is deleted/,
    ],
    [
      'newer data',
      risks([OVERWRITTEN, OVERWRITTEN, REVIVED]),
      /Overwrites newer data: 2 keys\..*an older one; it stays/,
    ],
    [
      'newer data elsewhere',
      risks([OVERWRITTEN], { ...ROLLBACK, destination: { prefix: 'old/' } }),
      /Overwrites newer data: 1 key\..*covered by the copy/,
    ],
    ['new markers', risks([DELETED]), /Adds delete markers: 1 key, not there then, would be deleted/],
    [
      'deletions for good',
      risks([FOR_GOOD, FOR_GOOD, REVIVED]),
      /Deletes for good: 4 versions of 2 keys\. These cannot/,
    ],
    [
      'the copies of an earlier run',
      risks([FOR_GOOD], { operation: 'undo' as 'rollback', dryRun: true }),
      /Deletes for good: .*the copies that the run made; what they hold stays/,
    ],
    ['into an archive', risks([carrying({ storageClass: 'GLACIER' })]), /Goes into an archive: copies for 1 key/],
    [
      'Object Lock',
      risks([carrying({ legalHold: true })]),
      /Object Lock: .*Needs s3:PutObjectRetention, s3:PutObjectLegalHold/,
    ],
    ['KMS', risks([carrying({ kmsKeyId: 'k' })]), /KMS keys: .*Needs kms:Decrypt, kms:GenerateDataKey/],
    ['archived', risks([REVIVED], ROLLBACK, skip('archived')), /Archived: 1 key left as they are/],
    ['nothing but archived', risks([], ROLLBACK, skip('archived')), /Archived: 1 key/],
    [
      'requested',
      risks([], { ...ROLLBACK, archived: { days: 3, tier: 'Bulk' } }, skip('archived')),
      /Archived: versions of 1 key would be requested .* costs/,
    ],
    ['on the way', risks([], ROLLBACK, skip('restore-in-progress')), /Not there yet: versions of 1 key/],
    [
      'the whole bucket',
      risks([REVIVED], { ...ROLLBACK, scope: { bucket: 'b', prefix: '', include: [], exclude: [] } }),
      /The whole bucket is in scope/,
    ],
    [
      'drift',
      risks([REVIVED], { operation: 'apply' as 'rollback', dryRun: true }, (tally) => {
        countOutcome(tally, 'my-site', 'k', { kind: 'conflict', found: 'x' }, '');
      }),
      /Changed since the plan was made: 1 key, which would be left alone/,
    ],
    [
      'a plan that could not be read: copies',
      risks([OVERWRITTEN], ROLLBACK, () => {}, false),
      /May overwrite newer data: 1 version/,
    ],
    [
      'a plan that could not be read: deletions',
      risks([FOR_GOOD], ROLLBACK, () => {}, false),
      /Deletes for good: 2 versions\./,
    ],
    [
      'a plan that could not be read: markers',
      risks([DELETED], ROLLBACK, () => {}, false),
      /Adds delete markers: 1 key/,
    ],
  ])('%s', (_, section, words) => {
    expect(section).toMatch(words);
  });

  it('what is worst comes first', () => {
    expect(risks([DELETED, OVERWRITTEN, FOR_GOOD])).toMatch(/Deletes for good.*Overwrites newer.*Adds delete markers/);
  });

  it.each<[string, string]>([
    ['nothing is planned', risks([])],
    ['it was no dry run', risks([OVERWRITTEN], { ...ROLLBACK, dryRun: false })],
  ])('none where %s', (_, section) => {
    expect(section.trim()).toBe('');
  });

  it('stand in the job summary', () => {
    const request = requestOf(ROLLBACK);
    const result = resultOf(request, (tally) => countPlanned(tally, OVERWRITTEN, ''));
    expect(text(render(request, result))).toContain('Risks');
  });

  it.each(NASTY_KEYS.map((key) => [JSON.stringify(key).slice(0, 60), key] as const))('say nothing of %s', (_, word) => {
    const page = (nasty: string) => {
      const request: Request = requestOf({ ...ROLLBACK, destination: { prefix: nasty } });
      const shaping = shapePlan();
      const one = { ...line(LIVE, [{ ...COPY, carry: { kmsKeyId: nasty, storageClass: nasty } }]), key: nasty };
      shaping.add(one);
      return risksSection(
        resultOf(request, (tally) => countPlanned(tally, one, '')),
        request,
        shaping.shape,
      );
    };
    expectTamed(page, word);
    expect(page(word)).toBe(page('x'));
  });
});
