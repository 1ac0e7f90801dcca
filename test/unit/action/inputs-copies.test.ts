import { describe, expect, it } from 'vitest';
import { type Bad, type Inputs, parse, problemsOf, ROLLBACK, UNDELETE } from './inputs-support.ts';

describe('where copies go', () => {
  it.each<[name: string, inputs: Inputs, destination: object]>([
    ['another bucket', { 'destination-bucket': 'quarantine' }, { bucket: 'quarantine', prefix: '' }],
    ['a prefix of the same bucket', { 'destination-prefix': 'old/' }, { prefix: 'old/' }],
    [
      'both, the prefix to the letter',
      { 'destination-bucket': 'quarantine', 'destination-prefix': '2026 11' },
      { bucket: 'quarantine', prefix: '2026 11' },
    ],
    [
      'the bucket itself, under a prefix',
      { 'destination-bucket': 'my-bucket', 'destination-prefix': 'old/' },
      { bucket: 'my-bucket', prefix: 'old/' },
    ],
  ])('%s', (_, inputs, destination) => {
    const { request, warnings } = parse({ ...ROLLBACK, ...inputs });
    expect(request.destination).toEqual(destination);
    expect(warnings).toEqual([]);
  });

  it('in place, when nothing is said', () => {
    expect(parse(ROLLBACK).request).not.toHaveProperty('destination');
  });

  it('a leading slash warns', () => {
    expect(parse({ ...ROLLBACK, 'destination-prefix': '/old/' }).warnings[0]).toContain('begins with "/"');
  });

  it('copies that would be copied again warn, unless they are excluded', () => {
    const back = { ...ROLLBACK, 'to-time': '', 'versions-back': '0' };
    const whole = { ...back, prefix: '', 'whole-bucket': 'true', 'destination-prefix': 'old/' };
    expect(parse(whole).warnings).toEqual([expect.stringContaining('are themselves in scope')]);
    expect(parse({ ...whole, exclude: 'old/**' }).warnings).toEqual([]);
    expect(parse({ ...whole, 'destination-bucket': 'quarantine' }).warnings).toEqual([]);
    // The copies are younger than the time.
    const fixed = { 'versions-back': '', 'to-time': '2026-11-22T13:45:00Z' };
    expect(parse({ ...whole, ...fixed }).warnings).toEqual([]);
  });

  it.each<Bad>([
    ['undelete elsewhere', { ...UNDELETE, 'destination-bucket': 'other' }, 'destination-bucket', /versions-back: 0/],
    ['undelete under a prefix', { ...UNDELETE, 'destination-prefix': 'x/' }, 'destination-prefix', /versions-back: 0/],
    ['the bucket itself', { ...ROLLBACK, 'destination-bucket': 'my-bucket' }, 'destination-bucket', /in place/],
    ['a URL', { ...ROLLBACK, 'destination-bucket': 's3://other/x' }, 'destination-bucket', /destination-prefix/],
    ['an ARN', { ...ROLLBACK, 'destination-bucket': 'arn:aws:s3:::other' }, 'destination-bucket', /name of the bucket/],
    ['no name', { ...ROLLBACK, 'destination-bucket': 'a b' }, 'destination-bucket', /3 to 63/],
    ['a prefix too long', { ...ROLLBACK, 'destination-prefix': 'é'.repeat(513) }, 'destination-prefix', /Check/],
    [
      'prefix and key too long together',
      { ...ROLLBACK, prefix: '', key: 'k'.repeat(600), 'destination-prefix': 'p'.repeat(600) },
      'destination-prefix',
      /shorter/,
    ],
    [
      'by deleting',
      { ...ROLLBACK, method: 'delete', 'max-deletes': '1', 'destination-bucket': 'other' },
      'destination-bucket',
      /method: copy/,
    ],
    [
      'by deleting, under a prefix',
      { ...ROLLBACK, method: 'delete', 'max-deletes': '1', 'destination-prefix': 'x/' },
      'destination-prefix',
      /method: copy/,
    ],
  ])('%s', expectProblem);
});

describe('archived versions', () => {
  it.each<[name: string, inputs: Inputs, archived: object | undefined]>([
    ['skipped by default', {}, undefined],
    ['restored for a week', { archived: 'restore' }, { days: 7, tier: 'Standard' }],
    [
      'restored as asked',
      { archived: 'restore', 'restore-days': '30', 'restore-tier': 'bulk' },
      { days: 30, tier: 'Bulk' },
    ],
  ])('%s', (_, inputs, archived) => {
    const defaults = { archived: 'skip', 'restore-days': '7', 'restore-tier': 'Standard' };
    expect(parse({ ...ROLLBACK, ...defaults, ...inputs }).request.archived).toEqual(archived);
  });

  it.each<Bad>([
    ['of an undelete', { ...UNDELETE, archived: 'restore' }, 'archived', /come back|Leave out archived/],
    ['days of an undelete', { ...UNDELETE, 'restore-days': '3' }, 'restore-days', /operation: rollback/],
    ['days without archived: restore', { ...ROLLBACK, 'restore-days': '3' }, 'restore-days', /archived: restore/],
    ['tier without archived: restore', { ...ROLLBACK, 'restore-tier': 'Bulk' }, 'restore-tier', /archived: restore/],
    ['0 days', { ...ROLLBACK, archived: 'restore', 'restore-days': '0' }, 'restore-days', /1 to 3650/],
    [
      'a tier mistyped',
      { ...ROLLBACK, archived: 'restore', 'restore-tier': 'Expedite' },
      'restore-tier',
      /Expedited\?/,
    ],
    ['archived: yes', { ...ROLLBACK, archived: 'yes' }, 'archived', /skip, restore/],
    [
      'with method: delete',
      { ...ROLLBACK, method: 'delete', 'max-deletes': '1', archived: 'restore' },
      'archived',
      /method: copy/,
    ],
  ])('%s', expectProblem);
});

describe('archived versions are copied by a later run', () => {
  const ARCHIVED = { ...ROLLBACK, archived: 'restore' };
  const BACK = { ...ARCHIVED, 'to-time': '', 'versions-back': '1' };

  it('which versions-back would take further back', () => {
    expect(parse(BACK).warnings).toEqual([expect.stringMatching(/"versions-back".*Give to-time instead/)]);
    expect(parse({ ...BACK, 'versions-back': '0' }).warnings).toEqual([]);
    expect(parse({ ...BACK, prefix: '', key: 'a' }).warnings).toEqual([]);
    expect(parse({ ...BACK, 'destination-prefix': 'old/' }).warnings).toEqual([]);
  });

  it('for which "ago" is another time', () => {
    expect(parse(ARCHIVED).warnings).toEqual([expect.stringContaining('2026-11-22T13:45:00Z')]);
    expect(parse({ ...ARCHIVED, 'to-time': '2026-11-22T13:45:00Z' }).warnings).toEqual([]);
  });
});

describe('what copies keep', () => {
  it.each<[given: string, preserve: object]>([
    ['', { objectLock: false, annotations: false }],
    ['object-lock', { objectLock: true, annotations: false }],
    ['object-lock, annotations', { objectLock: true, annotations: true }],
    ['annotations\nobject-lock\n', { objectLock: true, annotations: true }],
  ])('%j', (given, preserve) => {
    expect(parse({ ...ROLLBACK, preserve: given }).request.preserve).toEqual(preserve);
  });

  it('of an undelete, which copies nothing, nothing', () => {
    expect(parse(UNDELETE).request.preserve).toEqual({ objectLock: false, annotations: false });
  });

  it.each<Bad>([
    ['mistyped', { ...ROLLBACK, preserve: 'object-locks' }, 'preserve', /Did you mean object-lock\?/],
    ['of an undelete', { ...UNDELETE, preserve: 'annotations' }, 'preserve', /operation: rollback/],
    [
      'with method: delete',
      { ...ROLLBACK, method: 'delete', 'max-deletes': '1', preserve: 'annotations' },
      'preserve',
      /method: copy/,
    ],
  ])('%s', expectProblem);
});

function expectProblem(_: string, inputs: Inputs, input: string, mend: RegExp): void {
  const problems = problemsOf(inputs);
  expect(problems.map((p) => p.input)).toEqual([input]);
  expect(problems[0]?.mend).toMatch(mend);
}
