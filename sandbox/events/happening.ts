import type { EventName } from './names.ts';

/** One thing that happened to one key, with all that any form of event tells of it. */
export interface Happening {
  readonly name: EventName;
  /** When S3 had done it, in ms since 1970. */
  readonly at: number;
  readonly bucket: { readonly name: string; readonly region: string; readonly owner: string };
  readonly key: string;
  /** Undefined: a null version, which events do not name. */
  readonly versionId: string | undefined;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly sequencer: bigint;
  readonly actor: Actor;
  readonly requestId: string;
}

/** Who did it, as far as events tell. */
export interface Actor {
  readonly principal: string;
  /** An account id; or a service, which is then everything else too. */
  readonly requester: string;
  readonly sourceIp: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configure-notification.html */
export const LIFECYCLE: Actor = {
  principal: 's3.amazonaws.com',
  requester: 's3.amazonaws.com',
  sourceIp: 's3.amazonaws.com',
};

/**
 * Numbers that grow from one thing that happened to the next, also within a millisecond and while the clock stands
 * still. Their upper half are the Unix seconds, as S3's were seen to be.
 */
export function createSequencer(): (ms: number) => bigint {
  let last = 0n;
  return (ms) => {
    const earliest = atSecond(ms) + BigInt(ms % 1000) * 4_294_967n;
    last = earliest > last ? earliest : last + 1n;
    return last;
  };
}

/** The first number of a second. Lifecycle's markers have that of their midnight: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
export function atSecond(ms: number): bigint {
  return BigInt(Math.floor(ms / 1000)) << 32n;
}
