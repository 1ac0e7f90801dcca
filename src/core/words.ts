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
