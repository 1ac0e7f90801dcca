import { BlockList } from 'node:net';
import type { BucketEvent } from './event.ts';
import { globTest, wordTest } from './globs.ts';
import type { Policy, Rule } from './policy.ts';
import type { SkipReason } from './target.ts';

/** What a policy says of one event. Pure: time and our own identity are given. */
export type Verdict =
  /** Of a kind that is never undone, or a write that no rule asks about. */
  | { readonly kind: 'irrelevant' }
  | { readonly kind: 'leave'; readonly reason: SkipReason; readonly rule?: Rule }
  /** Too young: it is looked at again, in so many seconds at the earliest. */
  | { readonly kind: 'wait'; readonly rule: Rule; readonly seconds: number }
  /** `recount`: to be counted by the next run too, for its burst is still going on. */
  | { readonly kind: 'act'; readonly rule: Rule; readonly recount: boolean };

export interface Circumstances {
  /** ms since 1970. */
  readonly now: number;
  /** Who we are, as STS says it (`AROA…:session`); absent where it is not known. */
  readonly self?: string | undefined;
}

export interface Judge {
  /**
   * Count an event towards the bursts of its rule. To be called with every event of the window, each once (no
   * duplicates), before the first is judged.
   */
  count(event: BucketEvent): void;
  judge(event: BucketEvent): Verdict;
}

/** How far the clock of a runner may be behind S3's. */
const CLOCKS_MS = 5 * 60_000;

interface CompiledRule {
  readonly rule: Rule;
  readonly isOf: (bucket: string) => boolean;
  readonly isAbout: (key: string) => boolean;
  readonly isWanted: (event: BucketEvent) => boolean;
  /** Of the events that count for `only-if`, in ms. */
  readonly times: number[];
}

/** @throws RangeError for globs that the policy's reader would have refused */
export function openJudge(policy: Policy, { now, self }: Circumstances): Judge {
  const rules = policy.rules.map(compile);
  let bursts: ReadonlyMap<CompiledRule, readonly Burst[]> | undefined;

  /** The rules that a bucket and a kind of event leave; keys are many, these are few. */
  const byPlace = new Map<string, readonly CompiledRule[]>();
  function ruleFor(event: BucketEvent): CompiledRule | undefined {
    const { kind, bucket } = event;
    if (kind === 'other') return undefined;
    const place = `${kind} ${bucket}`;
    const possible = byPlace.get(place) ?? rules.filter(({ rule, isOf }) => rule.on.includes(kind) && isOf(bucket));
    byPlace.set(place, possible);
    return possible.find(({ isAbout }) => isAbout(event.key));
  }

  function isOwn({ who: { principal } }: BucketEvent): boolean {
    // Of EventBridge the principal is an account: that we belong to it says nothing.
    if (self === undefined || principal === undefined || /^\d+$/.test(self)) return false;
    return principal === self || principal === `AWS:${self}`;
  }

  return {
    count(event) {
      if (bursts !== undefined) throw new RangeError('all events are counted before the first is judged');
      const found = ruleFor(event);
      if (found?.rule.onlyIf === undefined || isOwn(event) || found.isWanted(event)) return;
      found.times.push(event.at);
    },

    judge(event) {
      const found = ruleFor(event);
      if (found === undefined) {
        return event.kind === 'delete-marker' || event.kind === 'lifecycle-delete-marker'
          ? { kind: 'leave', reason: 'no-rule' }
          : { kind: 'irrelevant' };
      }
      const { rule } = found;
      if (isOwn(event)) return { kind: 'leave', reason: 'own-change', rule };
      if (found.isWanted(event)) return { kind: 'leave', reason: 'wanted', rule };
      const left = event.at + rule.holdOff - now;
      // An event from the future, by a clock that is wrong, must not be held until then.
      if (left > 0 && rule.holdOff > 0 && event.at - now <= CLOCKS_MS) {
        return { kind: 'wait', rule, seconds: Math.ceil(Math.min(left, rule.holdOff) / 1000) };
      }
      bursts ??= new Map(rules.map((one) => [one, burstsOf(one)]));
      const burst = burstAt(bursts.get(found) ?? [], event.at);
      if (rule.onlyIf !== undefined && burst === undefined) return { kind: 'leave', reason: 'no-burst', rule };
      if (rule.action === 'report') return { kind: 'leave', reason: 'report-only', rule };
      const recount = burst !== undefined && rule.holdOff > 0 && burst.to > now - rule.holdOff;
      return { kind: 'act', rule, recount };
    },
  };
}

/** Times, in ms, between which every event is one of a burst. */
interface Burst {
  readonly from: number;
  readonly to: number;
}

/** They ascend, and do not overlap. */
function burstAt(bursts: readonly Burst[], at: number): Burst | undefined {
  let [low, high] = [0, bursts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bursts[middle]?.to ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const found = bursts[low];
  return found !== undefined && found.from <= at ? found : undefined;
}

/** Stretches in which every event lies in some window of `within` ms that holds `atLeast` of them. */
function burstsOf({ rule: { onlyIf }, times }: CompiledRule): Burst[] {
  if (onlyIf === undefined) return [];
  const { atLeast, within } = onlyIf;
  const sorted = Float64Array.from(times).sort();
  const found: { from: number; to: number }[] = [];
  for (let i = 0; i + atLeast <= sorted.length; i++) {
    const from = sorted[i] ?? 0;
    const to = sorted[i + atLeast - 1] ?? 0;
    if (to - from > within) continue;
    const last = found.at(-1);
    if (last !== undefined && from <= last.to) last.to = to;
    else found.push({ from, to });
  }
  return found;
}

function compile(rule: Rule): CompiledRule {
  const keys = globTest(rule.keys);
  const exceptKeys = rule.exceptKeys.length === 0 ? () => false : globTest(rule.exceptKeys);
  const { principals, sourceIps } = rule.wantedBy;
  const isPrincipal = principals.length === 0 ? () => false : wordTest(principals);
  const isAddress = addressTest(sourceIps);
  return {
    rule,
    times: [],
    isOf: wordTest([rule.bucket]),
    isAbout: (key) => keys(key) && !exceptKeys(key),
    isWanted: ({ who }) =>
      (who.principal !== undefined && isPrincipal(who.principal)) ||
      (who.sourceIp !== undefined && isAddress(who.sourceIp)),
  };
}

function addressTest(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}
