import { errors } from '../http/reply.ts';

type Query = Readonly<Record<string, string>>;

/** Whether keys are to be written in url encoding. */
export function encodingOf(query: Query): boolean {
  const encoding = query['encoding-type'];
  if (encoding === undefined) return false;
  if (encoding === 'url') return true;
  throw errors.invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encoding);
}

export function maxKeysOf(query: Query): number {
  return countOf(query, 'max-keys');
}

/** At most 1,000, whatever was asked for. */
export function countOf(query: Query, name: 'max-keys' | 'max-parts' | 'max-uploads'): number {
  const text = query[name];
  if (text === undefined || text === '') return 1000;
  const value = Number(text);
  if (!Number.isInteger(value) || Math.abs(value) > 2_147_483_647) {
    throw errors.invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
  }
  if (value < 0) {
    const argument = name.replace(/-(.)/, (_, letter: string) => letter.toUpperCase());
    throw errors.invalidArgument(`Argument ${argument} must be an integer between 0 and 2147483647`, argument, text);
  }
  return Math.min(value, 1000);
}

/** The group that a key belongs to: up to and including the first delimiter after the prefix. */
export function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (!delimiter) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}
