import type { Operation } from './operation.ts';

/** Which requests a fault meets. Without any of these: every request, always. */
export interface FaultScope {
  operation?: Operation | readonly Operation[];
  bucket?: string;
  /** For DeleteObjects: at least one of its keys. */
  key?: string | ((key: string) => boolean);
  /** How often the fault strikes; default for ever. */
  times?: number;
  /** Lets the first so many matching requests through. */
  skip?: number;
  /** 0 to 1; drawn from a generator that starts at `seed`. */
  probability?: number;
  seed?: number;
}

export interface FaultRequest {
  operation: Operation;
  bucket?: string;
  key?: string;
  versionId?: string;
}

export type FaultEffect =
  /** An error reply; nothing is done. */
  | { respond: { status: number; code: string; message?: string; headers?: Record<string, string> } }
  /** A per-key `<Error>` in a DeleteObjects reply of status 200, for the matching keys; those are not deleted. */
  | { keyError: { code: string; message?: string } }
  | { latencyMs: number }
  /** Closes the socket: before acting, after acting but before replying, or half way through the reply's body. */
  | { drop: 'before' | 'after' | 'mid-body' }
  /** Status 200 with this body instead; nothing is done. */
  | { body: string }
  /** Test code that runs before the operation acts (default), or after it acted and before it replies. */
  | { hook: (request: FaultRequest) => void | Promise<void>; when?: 'before' | 'after' };

export type FaultRule = FaultScope & FaultEffect;

export interface Faults {
  add(rule: FaultRule): { remove(): void };
  clear(): void;
}

interface Armed {
  readonly rule: FaultRule;
  readonly random: () => number;
  skip: number;
  times: number;
}

export interface FaultBox extends Faults {
  /** The effects that strike this request, in the order in which they were added; counts them. */
  strike(request: FaultRequest, keys: readonly string[]): FaultEffect[];
  /** The error planted for one key of a DeleteObjects; counts it. */
  strikeKey(bucket: string, key: string): { code: string; message?: string } | undefined;
}

export function createFaults(): FaultBox {
  let armed: Armed[] = [];

  const fires = (fault: Armed, request: FaultRequest, keys: readonly string[]): boolean => {
    if (!inScope(fault.rule, request, keys) || fault.times <= 0) return false;
    if (fault.skip > 0) {
      fault.skip--;
      return false;
    }
    if (fault.random() >= (fault.rule.probability ?? 1)) return false;
    fault.times--;
    return true;
  };

  return {
    add(rule) {
      const { skip = 0, times = Number.POSITIVE_INFINITY, seed = 1 } = rule;
      const fault: Armed = { rule, random: generator(seed), skip, times };
      armed.push(fault);
      return {
        remove() {
          armed = armed.filter((other) => other !== fault);
        },
      };
    },
    clear() {
      armed = [];
    },
    strike(request, keys) {
      return armed
        .filter((fault) => !('keyError' in fault.rule) && fires(fault, request, keys))
        .map(({ rule }) => rule);
    },
    strikeKey(bucket, key) {
      const request: FaultRequest = { operation: 'DeleteObjects', bucket, key };
      for (const fault of armed) {
        if ('keyError' in fault.rule && fires(fault, request, [key])) return fault.rule.keyError;
      }
      return undefined;
    },
  };
}

function inScope(rule: FaultScope, request: FaultRequest, keys: readonly string[]): boolean {
  const { operation, bucket, key } = rule;
  if (operation !== undefined && ![operation].flat().includes(request.operation)) return false;
  if (bucket !== undefined && bucket !== request.bucket) return false;
  if (key === undefined) return true;
  return keys.some((candidate) => (typeof key === 'string' ? key === candidate : key(candidate)));
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
