import { createHash } from 'node:crypto';
import * as z from 'zod';
import { RollbackError } from './errors.ts';
import type { Entry } from './history.ts';

/**
 * The plan is data: JSON Lines, UTF-8. First a header, then a line per key to change, sorted by key as S3 sorts.
 * It is canonical: fields in the order of these schemas, no white space, so equal plans have equal bytes, and the
 * digest (SHA-256 over all bytes, the header's own digest left out) says whether a plan is the one that was reviewed.
 */

const carrySchema = z.strictObject({
  storageClass: z.string().optional(),
  websiteRedirect: z.string().optional(),
  encryption: z.string().optional(),
  kmsKeyId: z.string().optional(),
  bucketKey: z.boolean().optional(),
  lockMode: z.string().optional(),
  /** RFC 3339. */
  lockUntil: z.string().optional(),
  legalHold: z.literal(true).optional(),
  annotations: z.literal(true).optional(),
});

const versionId = z.string().min(1);

const stepSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('remove-delete-marker'), versionId }),
  z.strictObject({
    do: z.literal('copy-version'),
    versionId,
    /** Where the version is, if not in the line's own bucket and key. */
    source: z.strictObject({ bucket: z.string().min(1), key: z.string().min(1) }).optional(),
    /** The source's; only where the id does not say which version is meant (`null`, which any write may replace). */
    etag: z.string().optional(),
    /** Over 5 GiB, which CopyObject does not take: the version's size, in bytes; it is copied part by part. */
    multipart: z.number().int().positive().optional(),
    /** What the copy would drop and is sent again. */
    carry: carrySchema.optional(),
  }),
  z.strictObject({ do: z.literal('delete-version'), versionId }),
  z.strictObject({ do: z.literal('add-delete-marker') }),
]);

const lineSchema = z.strictObject({
  bucket: z.string().min(1),
  key: z.string().min(1),
  /** The current entry as the plan saw it, null where the key had none. `etag` is null for a delete marker. */
  from: z.strictObject({ versionId, deleteMarker: z.boolean(), etag: z.string().nullable() }).nullable(),
  /**
   * The entry the key goes back to; null where it should be deleted or absent. `etag` only where the id does not say
   * which entry is meant: `null` in a suspended bucket, where any write may take its place.
   */
  to: z.strictObject({ versionId: versionId.nullable(), etag: z.string().optional() }),
  /**
   * In the order in which they are carried out: of several deletions the current entry's is last, of several copies the
   * oldest version's is first.
   */
  steps: z.array(stepSchema).min(1),
});

const headerSchema = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.literal('plan'),
  operation: z.string(),
  /** Absent where a manifest names several. */
  bucket: z.string().optional(),
  scope: z.record(z.string(), z.unknown()),
  target: z.record(z.string(), z.unknown()),
  method: z.enum(['copy', 'delete']),
  createdAt: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});

/** What the steps need re-sent; see `carriedOver` in core/copy.ts. */
export type PlannedKey = DeepReadonly<z.output<typeof lineSchema>>;
export type Step = PlannedKey['steps'][number];
export type StepKind = Step['do'];
export type CopyStep = Extract<Step, { do: 'copy-version' }>;
/** Puts a new entry on top; the others remove one. */
export type WriteStep = Extract<Step, { do: 'copy-version' | 'add-delete-marker' }>;
/** What the plan saw on top of a key. */
export type Seen = PlannedKey['from'];
export type PlanHeader = DeepReadonly<z.output<typeof headerSchema>>;

type DeepReadonly<T> = T extends readonly (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

export const STEP_KINDS: readonly StepKind[] = [
  'remove-delete-marker',
  'copy-version',
  'delete-version',
  'add-delete-marker',
];

/** A line of the plan in canonical form, newline included. */
export function planLine(line: PlannedKey): string {
  const { bucket, key, from, to, steps } = line;
  return `${JSON.stringify({
    bucket,
    key,
    from: from && { versionId: from.versionId, deleteMarker: from.deleteMarker, etag: from.etag },
    to: { versionId: to.versionId, etag: to.etag },
    steps: steps.map(canonicalStep),
  })}\n`;
}

function canonicalStep(step: Step): Step {
  if (step.do === 'add-delete-marker') return { do: step.do };
  if (step.do !== 'copy-version') return { do: step.do, versionId: step.versionId };
  const { versionId, source, etag, multipart, carry } = step;
  return {
    do: step.do,
    versionId,
    source: source && { bucket: source.bucket, key: source.key },
    etag,
    multipart,
    carry: carry && canonicalCarry(carry),
  };
}

function canonicalCarry(carry: NonNullable<CopyStep['carry']>): NonNullable<CopyStep['carry']> {
  const { storageClass, websiteRedirect, encryption, kmsKeyId, bucketKey, lockMode, lockUntil } = carry;
  const { legalHold, annotations } = carry;
  return {
    storageClass,
    websiteRedirect,
    encryption,
    kmsKeyId,
    bucketKey,
    lockMode,
    lockUntil,
    legalHold,
    annotations,
  };
}

export function isWrite(step: Step): step is WriteStep {
  return step.do === 'copy-version' || step.do === 'add-delete-marker';
}

/**
 * Is this current entry the one that the plan saw? `null` names whatever was written last while versioning was
 * suspended, hence the ETag.
 */
export function isStill(seen: Seen, current: Entry | undefined): boolean {
  if (seen === null || current === undefined) return seen === null && current === undefined;
  return (
    current.versionId === seen.versionId &&
    current.deleteMarker === seen.deleteMarker &&
    (current.deleteMarker || (current.etag ?? null) === seen.etag)
  );
}

/** How the plan notes what it saw on top of a key. */
export function seenOf(current: Entry | undefined): Seen {
  if (current === undefined) return null;
  return { versionId: current.versionId, deleteMarker: current.deleteMarker, etag: current.etag ?? null };
}

/** The kind of a canonical line's first step, without parsing it: inside a string the quotes would be escaped. */
export function firstStepKind(line: string): StepKind | undefined {
  const at = line.indexOf(FIRST_STEP) + FIRST_STEP.length;
  return STEP_KINDS.find((kind) => line.startsWith(kind, at));
}

const FIRST_STEP = '"steps":[{"do":"';

/** The header in canonical form, newline included. Its length does not depend on the digest's value. */
export function planHeaderLine(header: PlanHeader): string {
  const { schemaVersion, kind, operation, bucket, scope, target, method, createdAt, digest } = header;
  return `${JSON.stringify({ schemaVersion, kind, operation, bucket, scope, target, method, createdAt, digest })}\n`;
}

export const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

/** Computes a plan's digest while its lines stream by, in order, each as `planLine` made it. */
export function planDigest(header: Omit<PlanHeader, 'digest'>): { add(line: string): void; digest(): string } {
  const hash = createHash('sha256').update(planHeaderLine({ ...header, digest: NO_DIGEST }));
  return {
    add: (line) => void hash.update(line),
    digest: () => `sha256:${hash.digest('hex')}`,
  };
}

/** @throws RollbackError `invalid-plan` naming the line. */
export function parsePlanLine(text: string, lineNumber: number): PlannedKey {
  return parse(lineSchema, text, lineNumber);
}

/** @throws RollbackError `invalid-plan`. */
export function parsePlanHeader(text: string): PlanHeader {
  return parse(headerSchema, text, 1);
}

function parse<T>(schema: z.ZodType<T>, text: string, lineNumber: number): T {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw invalid(lineNumber, 'is not JSON', error);
  }
  const result = schema.safeParse(data);
  if (!result.success) throw invalid(lineNumber, z.prettifyError(result.error).replace(/\s+/g, ' '), result.error);
  return result.data;
}

function invalid(lineNumber: number, what: string, cause: unknown): RollbackError {
  return new RollbackError(
    'invalid-plan',
    `line ${lineNumber} of the plan: ${what}`,
    'The file was changed or cut short. Make a new plan with dry-run: true.',
    { cause },
  );
}
