/**
 * Into which parts a copy is cut. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: up to 10,000 parts
 * of 5 MiB to 5 GiB each, the last one may be smaller; so up to 48.8 TiB.
 */
export interface PartPlan {
  /** Bytes of every part but the last, which is what remains. */
  readonly partSize: number;
  readonly count: number;
}

/** How the source was uploaded, where it was in parts. */
export interface SourceParts {
  readonly count: number;
  /** Bytes of the first one. */
  readonly firstSize: number;
}

const MIB = 1024 ** 2;
const SMALLEST = 5 * MIB;
const LARGEST = 5 * 1024 * MIB;
const MOST = 10_000;
/** Large enough for few requests, small enough for a try that is lost not to matter. */
const USUAL = 128 * MIB;

/**
 * Where equal parts explain how the source was uploaded the copy has the same, and so, outside SSE-KMS, the same ETag.
 * `parts` absent: uploaded in parts that are not known. 'single': uploaded whole, and then copied whole, if it is
 * not larger than a part may be. `undefined`: the object is larger than objects can be.
 */
export function partPlan(size: number, parts?: SourceParts | 'single'): PartPlan | undefined {
  if (parts === 'single') {
    if (size <= LARGEST) return { partSize: size, count: 1 };
  } else if (parts !== undefined && explains(parts, size)) {
    return { partSize: parts.firstSize, count: parts.count };
  }
  const partSize = Math.max(USUAL, Math.ceil(Math.ceil(size / MOST) / MIB) * MIB);
  if (partSize > LARGEST) return undefined;
  return { partSize, count: Math.max(1, Math.ceil(size / partSize)) };
}

function explains({ count, firstSize }: SourceParts, size: number): boolean {
  // An only part is the last one, which may be small.
  if (count === 1) return firstSize === size && size <= LARGEST;
  const allowed = firstSize >= SMALLEST && firstSize <= LARGEST && count <= MOST;
  return allowed && Math.ceil(size / firstSize) === count;
}

/** The range of a part as x-amz-copy-source-range has it: both ends count. `number` from 1. */
export function partRange({ partSize }: PartPlan, size: number, number: number): string {
  const first = (number - 1) * partSize;
  return `bytes=${first}-${Math.min(first + partSize, size) - 1}`;
}
