import { describe, expect, it } from 'vitest';
import { RollbackError } from '../../../src/core/errors.ts';
import {
  NO_DIGEST,
  type PlannedKey,
  parsePlanHeader,
  parsePlanLine,
  planDigest,
  planHeaderLine,
  planLine,
} from '../../../src/core/plan.ts';

const HEADER = {
  schemaVersion: 1,
  kind: 'plan',
  operation: 'rollback',
  bucket: 'my-site',
  scope: { bucket: 'my-site', prefix: 'site/' },
  target: { kind: 'time', toTime: '2026-11-22T09:00:00Z' },
  method: 'copy',
  createdAt: '2026-11-22T12:00:00Z',
} as const;

const UNDELETED: PlannedKey = {
  bucket: 'my-site',
  key: 'site/a "b"\n\u{1f600}',
  from: { versionId: 'DM2', deleteMarker: true, etag: null },
  to: { versionId: 'V1' },
  steps: [
    { do: 'remove-delete-marker', versionId: 'DM2' },
    { do: 'remove-delete-marker', versionId: 'DM1' },
  ],
};

const COPIED: PlannedKey = {
  bucket: 'my-site',
  key: 'site/c',
  from: { versionId: 'V2', deleteMarker: false, etag: 'abc' },
  to: { versionId: 'V1' },
  steps: [{ do: 'copy-version', versionId: 'V1', carry: { storageClass: 'STANDARD_IA', bucketKey: true } }],
};

const HIDDEN: PlannedKey = {
  bucket: 'my-site',
  key: 'site/d',
  from: { versionId: 'V2', deleteMarker: false, etag: 'abc' },
  to: { versionId: null },
  steps: [{ do: 'add-delete-marker' }],
};

describe('a line of the plan', () => {
  it.each([
    [
      UNDELETED,
      '{"bucket":"my-site","key":"site/a \\"b\\"\\n\u{1f600}","from":{"versionId":"DM2","deleteMarker":true,"etag":null},' +
        '"to":{"versionId":"V1"},"steps":[{"do":"remove-delete-marker","versionId":"DM2"},' +
        '{"do":"remove-delete-marker","versionId":"DM1"}]}\n',
    ],
    [
      COPIED,
      '{"bucket":"my-site","key":"site/c","from":{"versionId":"V2","deleteMarker":false,"etag":"abc"},' +
        '"to":{"versionId":"V1"},"steps":[{"do":"copy-version","versionId":"V1",' +
        '"carry":{"storageClass":"STANDARD_IA","bucketKey":true}}]}\n',
    ],
    [
      HIDDEN,
      '{"bucket":"my-site","key":"site/d","from":{"versionId":"V2","deleteMarker":false,"etag":"abc"},' +
        '"to":{"versionId":null},"steps":[{"do":"add-delete-marker"}]}\n',
    ],
  ])('has exactly these bytes, and is read back', (line, text) => {
    expect(planLine(line)).toBe(text);
    expect(parsePlanLine(text, 2)).toEqual(line);
  });
});

describe('the digest', () => {
  function digestOf(lines: readonly PlannedKey[], header: Parameters<typeof planDigest>[0] = HEADER): string {
    const digest = planDigest(header);
    for (const line of lines) digest.add(planLine(line));
    return digest.digest();
  }

  // Whoever approved a plan holds such a digest: it may never change for the same plan.
  it('of this plan is this, today and in every later version', () => {
    expect(digestOf([UNDELETED, COPIED, HIDDEN])).toBe(
      'sha256:9423fa9cd49394a5f7a241746493cd9c9605b34f8782912e63583fff4deeb124',
    );
  });

  it('is that of the lines, however they were put together', () => {
    const whole = planDigest(HEADER);
    whole.add(planLine(UNDELETED) + planLine(COPIED));
    expect(whole.digest()).toBe(digestOf([UNDELETED, COPIED]));
  });

  it('changes with everything that a reviewer saw', () => {
    const changed = [
      digestOf([]),
      digestOf([UNDELETED, COPIED]),
      digestOf([COPIED, UNDELETED]),
      digestOf([UNDELETED, { ...COPIED, key: 'site/x' }]),
      digestOf([UNDELETED, { ...COPIED, steps: [{ do: 'copy-version', versionId: 'V0' }] }]),
      digestOf([UNDELETED, { ...COPIED, from: { versionId: 'V2', deleteMarker: false, etag: 'abd' } }]),
      digestOf([UNDELETED, COPIED], { ...HEADER, createdAt: '2026-11-22T12:00:01Z' }),
      digestOf([UNDELETED, COPIED], { ...HEADER, method: 'delete' }),
      digestOf([UNDELETED, COPIED], { ...HEADER, scope: { bucket: 'my-site', prefix: '' } }),
    ];
    expect(new Set(changed).size).toBe(changed.length);
  });

  it('fits into the header without moving what follows', () => {
    const before = planHeaderLine({ ...HEADER, digest: NO_DIGEST });
    const after = planHeaderLine({ ...HEADER, digest: digestOf([UNDELETED]) });
    expect(Buffer.byteLength(after)).toBe(Buffer.byteLength(before));
    expect(parsePlanHeader(after)).toEqual({ ...HEADER, digest: digestOf([UNDELETED]) });
  });
});

describe('a plan file that was changed or cut short', () => {
  const whole = JSON.parse(planLine(COPIED)) as Record<string, unknown>;

  function refusal(parse: () => unknown): RollbackError {
    try {
      parse();
    } catch (error) {
      if (error instanceof RollbackError) return error;
    }
    throw new Error('it was accepted');
  }

  it.each<[string, string, string]>([
    ['cut short', planLine(COPIED).slice(0, 40), 'is not JSON'],
    ['empty', '', 'is not JSON'],
    ['no key', JSON.stringify({ ...whole, key: undefined }), 'key'],
    ['an empty key', JSON.stringify({ ...whole, key: '' }), 'key'],
    ['no steps', JSON.stringify({ ...whole, steps: [] }), 'steps'],
    ['an unknown step', JSON.stringify({ ...whole, steps: [{ do: 'drop-bucket' }] }), 'steps'],
    ['a step without its version', JSON.stringify({ ...whole, steps: [{ do: 'delete-version' }] }), 'versionId'],
    [
      'an empty version id',
      JSON.stringify({ ...whole, steps: [{ do: 'delete-version', versionId: '' }] }),
      'versionId',
    ],
    ['a field that is not ours', JSON.stringify({ ...whole, force: true }), 'force'],
    [
      'a marker that names a version',
      JSON.stringify({ ...whole, steps: [{ do: 'add-delete-marker', versionId: 'V' }] }),
      'versionId',
    ],
    ['a list', '[]', 'object'],
  ])('%s: refused, with the number of the line', (_, text, what) => {
    const { code, message, hint } = refusal(() => parsePlanLine(text, 17));
    expect(code).toBe('invalid-plan');
    expect(message).toMatch(/^line 17 of the plan: /);
    expect(message).toContain(what);
    expect(message).not.toContain('\n');
    expect(hint).not.toBe('');
  });

  it.each<[string, Record<string, unknown>]>([
    ['another schema', { schemaVersion: 2 }],
    ['another kind of file', { kind: 'journal' }],
    ['no digest', { digest: undefined }],
    ['a digest of another kind', { digest: `md5:${'0'.repeat(32)}` }],
    ['an unknown method', { method: 'purge' }],
  ])('a header with %s: refused, as line 1', (_, change) => {
    const { code, message } = refusal(() =>
      parsePlanHeader(JSON.stringify({ ...HEADER, digest: NO_DIGEST, ...change })),
    );
    expect(code).toBe('invalid-plan');
    expect(message).toMatch(/^line 1 of the plan: /);
  });
});
