import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intentOf, parseJournalLine, resultOf, type StepResult } from '../../src/core/journal.ts';
import {
  type PlannedKey,
  parsePlanHeader,
  parsePlanLine,
  planDigest,
  planHeaderLine,
  planLine,
  type Step,
} from '../../src/core/plan.ts';
import { formatTime, parseTime } from '../../src/core/time.ts';
import { anyKey, runs } from '../support/arbitraries.ts';

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('remove-delete-marker' as const, 'delete-version' as const), versionId: text }),
  fc.constant({ do: 'add-delete-marker' as const }),
  fc.record(
    {
      do: fc.constant('copy-version' as const),
      versionId: text,
      carry: fc.record(
        { storageClass: text, websiteRedirect: text, encryption: text, kmsKeyId: text, bucketKey: fc.boolean() },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['do', 'versionId'] },
  ),
);
const line: fc.Arbitrary<PlannedKey> = fc.record({
  bucket: text,
  key: anyKey,
  from: fc.record({ versionId: text, deleteMarker: fc.boolean(), etag: fc.option(text) }),
  to: fc.record({ versionId: fc.option(text) }),
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
});
const header = fc.record({
  schemaVersion: fc.constant(1 as const),
  kind: fc.constant('plan' as const),
  operation: text,
  bucket: text,
  scope: fc.dictionary(text, text),
  target: fc.dictionary(text, text),
  method: fc.constantFrom('copy' as const, 'delete' as const),
  createdAt: text,
});

/** The same value, its fields in the other order. */
function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reversed) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, reversed(v)]),
  ) as T;
}

describe('a plan', () => {
  it('survives its file, on one line, whatever is in the keys', () => {
    fc.assert(
      fc.property(line, (planned) => {
        const written = planLine(planned);
        expect(written.indexOf('\n')).toBe(written.length - 1);
        expect(parsePlanLine(written, 2)).toEqual(planned);
      }),
      runs(),
    );
  });

  it('has one form: equal lines have equal bytes, however they were made', () => {
    fc.assert(
      fc.property(line, (planned) => {
        expect(planLine(reversed(planned))).toBe(planLine(planned));
        expect(planLine(parsePlanLine(planLine(planned), 2))).toBe(planLine(planned));
      }),
      runs(),
    );
  });

  it('has a digest that anybody can compute: SHA-256 of the file with the digest put to zeros', () => {
    fc.assert(
      fc.property(header, fc.array(line, { maxLength: 3 }), (head, lines) => {
        const digest = planDigest(head);
        for (const l of lines) digest.add(planLine(l));
        const value = digest.digest();
        const file = planHeaderLine({ ...head, digest: value }) + lines.map(planLine).join('');
        const zeroed = file.replace(value, `sha256:${'0'.repeat(64)}`);
        expect(value).toBe(`sha256:${createHash('sha256').update(zeroed).digest('hex')}`);
        expect(parsePlanHeader(file.slice(0, file.indexOf('\n')))).toEqual({ ...head, digest: value });
      }),
      runs(),
    );
  });
});

describe('a journal', () => {
  const result: fc.Arbitrary<StepResult> = fc.oneof(
    fc.record({ status: fc.constant('done' as const), versionId: text }, { requiredKeys: ['status'] }),
    fc.record({ status: fc.constantFrom('gone' as const, 'conflict' as const) }),
    fc.record({
      status: fc.constant('failed' as const),
      failure: fc.record({ code: text, message: text, hint: text }),
    }),
  );

  it('survives its file', () => {
    fc.assert(
      fc.property(line, result, fc.integer({ min: 1 }), (planned, how, number) => {
        for (const step of planned.steps) {
          const lines = [intentOf(number, planned, step), resultOf(number, how)];
          for (const l of lines) expect(parseJournalLine(JSON.stringify(l))).toEqual(l);
        }
      }),
      runs(),
    );
  });

  it('tells a line that was cut short from a whole one', () => {
    fc.assert(
      fc.property(line, fc.nat(), (planned, at) => {
        const [first] = planned.steps;
        const whole = JSON.stringify(intentOf(1, planned, first ?? { do: 'add-delete-marker' }));
        expect(parseJournalLine(whole.slice(0, at % whole.length))).toBeUndefined();
      }),
      runs(),
    );
  });
});

describe('a time', () => {
  const now = Date.UTC(2026, 10, 22, 12);

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: now }), (at) => {
        expect(parseTime(formatTime(at), now)).toEqual({ at });
      }),
      runs(),
    );
  });

  it('is the same instant in every zone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: now / 1000 }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (seconds, offset) => {
          const local = new Date((seconds + offset * 60) * 1000).toISOString().slice(0, 19);
          const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
          const zone = `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
          fc.pre(seconds + offset * 60 >= 0);
          expect(parseTime(local + zone, now)).toEqual({ at: seconds * 1000 });
        },
      ),
      runs(),
    );
  });
});
