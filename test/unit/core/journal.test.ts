import { describe, expect, it } from 'vitest';
import { intentOf, type JournalLine, parseJournalLine, resultOf } from '../../../src/core/journal.ts';
import type { PlannedKey } from '../../../src/core/plan.ts';

const LINE: PlannedKey = {
  bucket: 'bucket',
  key: 'a\n##[x]',
  from: { versionId: 'V2', deleteMarker: false, etag: 'abc' },
  to: { versionId: 'V1' },
  steps: [{ do: 'copy-version', versionId: 'V1', carry: { storageClass: 'STANDARD_IA' } }],
};

describe('an intent', () => {
  it('names the step and what was current before it', () => {
    expect(intentOf(7, LINE, { do: 'copy-version', versionId: 'V1' })).toEqual({
      intent: 7,
      bucket: 'bucket',
      key: 'a\n##[x]',
      do: 'copy-version',
      versionId: 'V1',
      from: { versionId: 'V2', deleteMarker: false },
      to: { versionId: 'V1' },
    });
  });

  it('of an added marker has no version id', () => {
    expect(intentOf(1, LINE, { do: 'add-delete-marker' })).not.toHaveProperty('versionId');
  });
});

describe('a result', () => {
  const failure = { code: 'AccessDenied', message: 'no', hint: 'ask' };
  it.each([
    [{ status: 'done', versionId: 'V3' } as const, { result: 7, status: 'done', versionId: 'V3' }],
    [{ status: 'done' } as const, { result: 7, status: 'done' }],
    [{ status: 'gone' } as const, { result: 7, status: 'gone' }],
    [{ status: 'conflict' } as const, { result: 7, status: 'conflict' }],
    [{ status: 'failed', failure } as const, { result: 7, status: 'failed', code: 'AccessDenied' }],
  ])('%j', (result, line) => {
    expect(resultOf(7, result)).toEqual(line);
  });
});

describe('a journal line', () => {
  const header: JournalLine = {
    schemaVersion: 1,
    kind: 'journal',
    operation: 'rollback',
    bucket: 'bucket',
    dryRun: false,
    planDigest: `sha256:${'0'.repeat(64)}`,
    startedAt: '2026-11-22T12:00:00Z',
  };
  const lines: JournalLine[] = [
    header,
    intentOf(1, LINE, { do: 'copy-version', versionId: 'V1' }),
    resultOf(1, { status: 'done', versionId: 'V3' }),
    { end: '2026-11-22T12:01:00Z' },
  ];

  it.each(lines)('is read back as what it is: %j', (line) => {
    expect(parseJournalLine(JSON.stringify(line))).toEqual(line);
  });

  it('cut short anywhere is no line', () => {
    for (const line of lines) {
      const text = JSON.stringify(line);
      for (let length = 0; length < text.length; length++) {
        expect(parseJournalLine(text.slice(0, length))).toBeUndefined();
      }
    }
  });

  it.each(['null', '[]', '{}', '{"intent":0}', '{"result":1,"status":"maybe"}'])('%s is none', (text) => {
    expect(parseJournalLine(text)).toBeUndefined();
  });
});
