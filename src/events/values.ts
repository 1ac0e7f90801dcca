import type { Who } from '../core/event.ts';
import { isBucketName } from '../core/manifest.ts';
import { refused } from './fields.ts';

/** Values that both forms of event have, checked. All but `whoOf` throw NotUnderstood. `called`: the field's name. */

export function bucketOf(value: unknown, called: string): string {
  if (typeof value === 'string' && isBucketName(value)) return value;
  throw refused(called, value, 'is not the name of a bucket');
}

/** Opaque, but they travel in URLs. https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html */
const VERSION_ID = /^[\x21-\x7e]{1,1024}$/;

/** Absent where versioning is not on; Ceph sends an empty one then. `null` as text is an id like another. */
export function versionIdOf(value: unknown, called: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && VERSION_ID.test(value)) return value;
  throw refused(called, value, 'is not a version id');
}

/** S3 sends 16 or 18 digits; longer ones are no numbers to count with. */
const SEQUENCER = /^[0-9a-f]{1,64}$/i;

/** Only events that write or delete have one. */
export function sequencerOf(value: unknown, called: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && SEQUENCER.test(value)) return value;
  throw refused(called, value, 'is not a hexadecimal number of at most 64 digits');
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;

/** In ms since 1970. */
export function timeOf(value: unknown, called: string): number {
  const at = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : Number.NaN;
  // Date.parse makes 2 March of 30 February.
  if (at >= 0 && new Date(at).toISOString().slice(0, 19) === String(value).slice(0, 19)) return at;
  throw refused(called, value, 'is not a time (such as 2026-11-22T14:00:00.000Z)');
}

const LONGEST = 256;

/**
 * Who did it. This is told on and compared with a policy, but nothing is undone wrongly without it: what is missing, blank
 * or no text is left out, what is too long is cut.
 */
export function whoOf(principal: unknown, sourceIp: unknown, requestId: unknown): Who {
  const [who, from, request] = [principal, sourceIp, requestId].map(known);
  return {
    ...(who !== undefined && { principal: who }),
    ...(from !== undefined && { sourceIp: from }),
    ...(request !== undefined && { requestId: request }),
  };
}

function known(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.slice(0, LONGEST).toWellFormed() : undefined;
}
