import { isIP } from 'node:net';
import { globTest, wordTest } from '../core/globs.ts';
import { proseForLog, shorten } from '../core/text.ts';
import { quoted } from './problems.ts';

/** What is wrong with a value and the mend, or `undefined`. */
export type Check = (value: string) => string | undefined;

/** `0` at first is allowed: `0s`. */
export const DURATION = /^(?:0|[1-9]\d{0,8})[smhd]$/;
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** A text that `DURATION` matches, in ms. */
export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * (UNIT_MS.get(text.slice(-1)) ?? Number.NaN);
}

/** Longer or shorter than it may be? Anything that is no duration passes: that is told already. */
export function between(least: string, most: string): Check {
  return (text) => {
    if (!DURATION.test(text)) return undefined;
    const ms = durationMs(text);
    if (ms >= durationMs(least) && ms <= durationMs(most)) return undefined;
    return `${text} is too ${ms < durationMs(least) ? 'short' : 'long'}. Write ${least} to ${most}.`;
  };
}

/** For a name that stands in messages. */
export const lineOfText: Check = (value) => {
  if (value !== '' && value.trim() === '') return 'is blank. Give every rule a name.';
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)) return 'has a line break, a tab or the like in it. Write it as one line.';
  return undefined;
};

/** Begins with `!`, but not as `!(…)`, which matches what is not in the brackets. */
export const NEGATED = /^!(?!\()/;

export const keyGlob: Check = (glob) =>
  globProblem(glob, globTest, 'List what is to be left alone under except-keys, without the !');
export const principalGlob: Check = (glob) =>
  globProblem(glob, wordTest, 'Write !(…) around what is not meant to match');

export const bucketGlob: Check = (glob) => {
  if (glob.includes('/') || /^(?:arn|s3):/.test(glob)) {
    return `${quoted(glob)} cannot be the name of a bucket. Give only its name, or a glob for names; keys have a field of their own.`;
  }
  return principalGlob(glob);
};

function globProblem(
  glob: string,
  compile: (globs: readonly string[]) => unknown,
  instead: string,
): string | undefined {
  if (glob === '') return 'is an empty glob, which matches nothing. Write what it is to match.';
  if (NEGATED.test(glob)) return `${quoted(glob)} begins with !. ${instead}.`;
  if (/[\r\n]/.test(glob)) return `${quoted(glob)} has several lines. Write a list, one glob an item.`;
  try {
    compile([glob]);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${quoted(glob)} is no glob (${proseForLog(shorten(reason, 200))}). Write a simpler one.`;
  }
}

/** An address or a block of them. */
export const sourceIp: Check = (text) => {
  const [, address = '', prefix] = /^([^/%]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) return `${quoted(text)} is no IP address or block. Write 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32.`;
  const most = family === 4 ? 32 : 128;
  if (Number(prefix ?? most) <= most) return undefined;
  return `${quoted(text)} has more bits than an IPv${family} address. Write /0 to /${most} after the address.`;
};
