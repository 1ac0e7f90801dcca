import type { Trouble } from '../trouble.ts';

/**
 * What was learnt about the server that the buckets are on: what it refuses, from its first refusal on, so that it is
 * not asked again. Shared by all buckets of a run. `notes` are sentences for people; nothing is done in another way
 * than usual without one.
 */
export interface ServerMemory {
  refusesSelfCopy: boolean;
  refusesConditions: boolean;
  refusesAnnotations: boolean;
  readonly notes: Set<string>;
}

export function newServerMemory(): ServerMemory {
  return { refusesSelfCopy: false, refusesConditions: false, refusesAnnotations: false, notes: new Set() };
}

export function learnSelfCopy(memory: ServerMemory): void {
  memory.refusesSelfCopy = true;
  memory.notes.add(
    'This server refuses to copy a version onto its own key: multipart copies are used instead, which take more requests.',
  );
}

export function learnConditions(memory: ServerMemory): void {
  memory.refusesConditions = true;
  memory.notes.add(
    'This server refuses conditional writes: each key is looked at just before and just after instead; a write in that ' +
      'moment is found out, not prevented.',
  );
}

/** `wanted`: annotations were to be kept. Where they were not, nothing is lost. */
export function learnAnnotations(memory: ServerMemory, wanted: boolean): void {
  memory.refusesAnnotations = true;
  if (wanted) memory.notes.add('This server does not know annotations: copies are made without them.');
}

/** A copy in parts begins a new object, to which annotations have to be added one by one. */
export function noteLostAnnotations(memory: ServerMemory): void {
  memory.notes.add(
    'Annotations are not kept by copies in parts (versions over 5 GiB, and servers that refuse other copies): put them ' +
      'on these copies again.',
  );
}

export function noteLeftover(memory: ServerMemory, bucket: string): void {
  memory.notes.add(
    `A copy in parts could not be aborted in bucket ${bucket}: its parts cost money until it is. Find it with ` +
      `"aws s3api list-multipart-uploads --bucket ${bucket}", remove it with "aws s3api abort-multipart-upload".`,
  );
}

/** What a server will not have in a request; `unnamed`: it does not say. */
export type Refused = 'self-copy' | 'conditions' | 'annotations' | 'unnamed';

/** Is this answer the refusal of a feature, and of which? Anything else is `undefined`. */
export function refusalOf({ status, code, message, about = '' }: Trouble): Refused | undefined {
  const unknown = status === 501 || code === 'NotImplemented';
  if (!unknown && status !== 400) return undefined;
  if (/copy an object to itself/i.test(message)) return 'self-copy';
  const named = `${about} ${message}`;
  if (/x-amz-(object-)?annotation/i.test(named)) return 'annotations';
  // The conditions on the source end in the same words; there is nothing that could stand in for those.
  const condition = /(?<![\w-])if-(none-)?match/i.test(named);
  if (condition && (unknown || REFUSING.has(code))) return 'conditions';
  return unknown && !/if-(none-)?match/i.test(named) ? 'unnamed' : undefined;
}

/** Codes with which servers say that they do not take a header. */
const REFUSING = new Set(['InvalidArgument', 'InvalidRequest', 'NotSupported', 'UnsupportedArgument']);
