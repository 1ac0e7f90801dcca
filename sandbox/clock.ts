/** The sandbox's own time. Real until somebody freezes it; every LastModified and Date header comes from here. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Freezes the clock at this moment (RFC 3339 or milliseconds). */
  set(time: string | number): void;
  /** Moves a frozen clock by so many milliseconds; a running clock is frozen first. */
  advance(ms: number): void;
  /** Back to real time. */
  release(): void;
  readonly frozen: boolean;
}

export function createClock(start?: string | number): Clock {
  let frozen: number | undefined = start === undefined ? undefined : toMillis(start);
  const now = () => frozen ?? Date.now();
  return {
    now,
    set(time) {
      frozen = toMillis(time);
    },
    advance(ms) {
      frozen = now() + ms;
    },
    release() {
      frozen = undefined;
    },
    get frozen() {
      return frozen !== undefined;
    },
  };
}

/** RFC 3339 text or milliseconds to milliseconds; throws on anything else. */
export function toMillis(time: string | number): number {
  const ms = typeof time === 'number' ? time : Date.parse(time);
  if (!Number.isFinite(ms)) throw new Error(`not a time: ${JSON.stringify(time)}`);
  return ms;
}

/**
 * S3 keeps LastModified in whole seconds: headers carry no fraction, listings always say `.000Z`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html (samples)
 */
export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

let lastIso = { ms: 0, text: '1970-01-01T00:00:00.000Z' };

/** `2026-01-02T03:04:05.000Z`, as listings and copy results write it. Neighbours in a listing often share it. */
export function isoTime(ms: number): string {
  if (lastIso.ms !== ms) lastIso = { ms, text: new Date(ms).toISOString() };
  return lastIso.text;
}

/** `Fri, 02 Jan 2026 03:04:05 GMT`, as headers write it. */
export function httpTime(ms: number): string {
  return new Date(ms).toUTCString();
}
