import { describe, expect, it } from 'vitest';
import { annotateError, annotateResult } from '../../../src/action/annotations.ts';
import { RefusedInputs } from '../../../src/action/inputs.ts';
import type { Log } from '../../../src/action/log.ts';
import { InputError, RollbackError } from '../../../src/core/errors.ts';
import { downloadOf, failure, key, requestOf, resultOf } from './support.ts';

function recorder(): { log: Log; told: string[] } {
  const told: string[] = [];
  const tell = (kind: string) => (message: string, title?: string) =>
    void told.push(`${kind} [${title ?? ''}] ${message}`);
  const nothing = () => {};
  const log: Log = {
    phase: nothing,
    progress: nothing,
    say: nothing,
    debug: nothing,
    endGroup: nothing,
    end: nothing,
    warning: tell('warning'),
    error: tell('error'),
  };
  return { log, told };
}

describe('an error that ended the run', () => {
  it('inputs: one annotation for each problem, with its mend', () => {
    const { log, told } = recorder();
    annotateError(
      log,
      new InputError([
        { input: 'bucket', problem: 'is missing', mend: 'Give the name of the bucket.' },
        { input: 'key', problem: 'is wrong', mend: 'Mend it' },
      ]),
    );
    expect(told).toEqual([
      'error [Input "bucket"] input "bucket": is missing.\nGive the name of the bucket.',
      'error [Input "key"] input "key": is wrong.\nMend it.',
    ]);
  });

  it('inputs: the warnings with them', () => {
    const { log, told } = recorder();
    annotateError(
      log,
      new RefusedInputs([{ input: 'key', problem: 'is wrong', mend: '' }], ['input "kee" is not known']),
    );
    expect(told).toEqual(['warning [] input "kee" is not known', 'error [Input "key"] input "key": is wrong.']);
  });

  it('others: code, message, hint', () => {
    const { log, told } = recorder();
    annotateError(log, new RollbackError('bucket-not-found', 'bucket "x" does not exist', 'Check the name'));
    expect(told).toEqual(['error [bucket-not-found] bucket "x" does not exist.\nCheck the name.']);
  });

  it('not of our making, not even an Error', () => {
    const { log, told } = recorder();
    annotateError(log, 'boom');
    expect(told[0]).toMatch(/^error \[Unexpected error\] boom\.\n/);
  });
});

describe('a result', () => {
  const mixed = resultOf(requestOf(), (tally) => {
    key(tally, 'site/a', failure('AccessDenied', 'not allowed', 'Grant s3:DeleteObjectVersion'));
    key(tally, 'site/b\n::error::x', failure('AccessDenied', 'not allowed', 'Grant s3:DeleteObjectVersion'));
    key(tally, 'site/c', failure('InternalError', 'we failed', ''));
    key(tally, 'site/d', { kind: 'conflict', found: 'a newer version' });
  });

  it('groups failures by code, and warns of conflicts', () => {
    const { log, told } = recorder();
    annotateResult(log, mixed, 'failures');
    expect(told).toEqual([
      'error [AccessDenied] 2 keys failed: not allowed. First: "site/a".\nGrant s3:DeleteObjectVersion.',
      'error [InternalError] 1 key failed: we failed. First: "site/c".',
      expect.stringMatching(
        /^warning \[Conflicts\] 1 key changed while this ran, and was left alone\. First: "site\/d": a newer version\./,
      ),
    ]);
  });

  it('conflicts are errors where they make the step fail; nothing is where nothing does', () => {
    const strict = recorder();
    annotateResult(strict.log, mixed, 'conflicts');
    expect(strict.told.map((line) => line.split(' ')[0])).toEqual(['error', 'error', 'error']);
    const lenient = recorder();
    annotateResult(lenient.log, mixed, 'never');
    expect(lenient.told.map((line) => line.split(' ')[0])).toEqual(['warning', 'warning', 'warning']);
  });

  it('says when it only knows the first failures', () => {
    const { log, told } = recorder();
    const many = resultOf(requestOf(), (tally) => {
      for (let i = 0; i < 1200; i++) key(tally, `site/${i}`, failure('SlowDown', 'slow'));
    });
    annotateResult(log, many, 'failures');
    expect(told[0]).toContain('1,000 of the first 1,000 failures (of 1,200)');
  });

  it('why it was stopped', () => {
    const { log, told } = recorder();
    annotateResult(
      log,
      resultOf(requestOf(), () => {}, { code: 'cancelled', message: 'stopped', hint: '' }),
      'failures',
    );
    expect(told).toEqual(['error [cancelled] stopped.']);
  });

  it('several buckets: the bucket beside the key', () => {
    const { log, told } = recorder();
    const request = requestOf({ scope: { prefix: '', include: [], exclude: [] } });
    annotateResult(
      log,
      resultOf(request, (tally) => key(tally, 'site/a', failure('AccessDenied', 'no', ''))),
      'failures',
    );
    expect(told[0]).toContain('First: "site/a" in bucket "my-site".');
  });

  it('keys that wait for an archive are not forgotten, though the step is green', () => {
    const { log, told } = recorder();
    annotateResult(
      log,
      resultOf(requestOf(), (tally) => key(tally, 'site/a', { kind: 'skipped', reason: 'restore-requested' })),
      'failures',
    );
    expect(told).toEqual([
      expect.stringMatching(/^warning \[Archive\] 1 key not copied yet: .*\nRun the same step again/),
    ]);
  });

  it('a download replaces no file', () => {
    const { log, told } = recorder();
    annotateResult(
      log,
      resultOf(downloadOf(), (tally) => key(tally, 'site/a', { kind: 'conflict', found: 'another file is there' })),
      'failures',
    );
    expect(told[0]).toMatch(
      /^warning \[Conflicts\] 1 key not fetched.*another file is there\.\nFetch into an empty folder/,
    );
  });

  it('success says nothing', () => {
    const { log, told } = recorder();
    annotateResult(
      log,
      resultOf(requestOf(), (tally) => key(tally, 'site/a', { kind: 'restored' })),
      'failures',
    );
    expect(told).toEqual([]);
  });
});

describe('what a green run leaves undone', () => {
  const inArchive = (tally: Parameters<typeof key>[0]) =>
    key(tally, 'site/old', { kind: 'skipped', reason: 'archived' });

  it('versions in an archive that nobody requested', () => {
    const { log, told } = recorder();
    annotateResult(log, resultOf(requestOf(), inArchive), 'failures');
    expect(told).toEqual([
      'warning [Archive] 1 key not restored: the version is in an archive.\nSet archived: restore to request them from there.',
    ]);
  });

  it('the same of a download', () => {
    const { log, told } = recorder();
    annotateResult(log, resultOf(downloadOf(), inArchive), 'failures');
    expect(told[0]).toMatch(/^warning \[Archive\] 1 key not fetched: .*\nRestore them from there first/);
  });

  it('nothing in scope, with why that may be', () => {
    const { log, told } = recorder();
    const nothing = resultOf(requestOf(), (tally) => tally.notes.add('No keys under "sit/" in bucket "my-site".'));
    annotateResult(log, nothing, 'failures');
    expect(told).toEqual(['warning [Nothing in scope] No keys under "sit/" in bucket "my-site".']);
  });

  it('a dry run has left nothing', () => {
    const { log, told } = recorder();
    annotateResult(log, resultOf(requestOf({ dryRun: true }), inArchive), 'failures');
    expect(told).toEqual([]);
  });
});
