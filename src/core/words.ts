/** `1 key`, `2 keys`; plain digits, for the log. */
export function countOf(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Bytes as people say them. */
export function bytesOf(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return unit === 0 ? countOf(bytes, 'byte') : `${value.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds, roughly, in the largest unit that there is one of: `3 days`, `26 hours`, `1 minute`. */
export function durationOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return countOf(seconds, 'second');
  if (seconds < 2 * 3600) return countOf(Math.round(seconds / 60), 'minute');
  if (seconds < 2 * 86_400) return countOf(Math.round(seconds / 3600), 'hour');
  return countOf(Math.round(seconds / 86_400), 'day');
}

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** Whole seconds, exactly, in the largest unit that they are a whole number of: `6 hours`, `90 seconds`. */
export function secondsOf(seconds: number): string {
  const [size, unit] = UNITS.find(([one]) => seconds % one === 0) ?? [1, 'second'];
  return countOf(seconds / size, unit);
}
