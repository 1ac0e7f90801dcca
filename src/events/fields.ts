import { forLog, shorten } from '../core/text.ts';

/**
 * Reading JSON that anybody may have written. Only fields with names of ours are looked at, and nothing is copied into
 * another object: so `__proto__` in a message, which JSON.parse takes for a field like another, stays one.
 */

/** A message is not what S3 sends. Its text says what is wrong, in words, safe for the log and not long. */
export class NotUnderstood extends Error {}

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object in an object. `called`: its name for people, with the path to it. @throws NotUnderstood */
export function fieldsIn(of: Fields, name: string, called = name): Fields {
  const value = of[name];
  if (isFields(value)) return value;
  throw refused(called, value, 'is not an object');
}

/** @throws NotUnderstood */
export function textIn(of: Fields, name: string, called = name): string {
  const value = of[name];
  if (typeof value === 'string') return value;
  throw refused(called, value, 'is not text');
}

/** The field must be text like that. `path`: what stands before its name for people. @throws NotUnderstood */
export function check(of: Fields, name: string, pattern: RegExp, wrong: string, path = ''): void {
  const value = of[name];
  if (typeof value !== 'string' || !pattern.test(value)) throw refused(path + name, value, wrong);
}

/** The error for a field: it is missing, or it is what it is and that is wrong. */
export function refused(called: string, value: unknown, wrong: string): NotUnderstood {
  return new NotUnderstood(value === undefined ? `${called} is missing` : `${called} ${shown(value)} ${wrong}`);
}

/** Never JSON.stringify: what was read without recursion may be nested deeper than the stack. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return forLog(shorten(value, 80));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '(a list)' : '(an object)';
  return String(value);
}

/** JSON.parse of V8 needs no stack for nesting. @throws NotUnderstood */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotUnderstood(
      text.trim() === '' ? 'it is empty' : `it is not JSON: it begins ${shown(text.slice(0, 40))}`,
    );
  }
}

/** What is wrong inside of something is told with the place: `record 2: s3 is missing`. */
export function within<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotUnderstood) throw new NotUnderstood(`${place}: ${error.message}`);
    throw error;
  }
}
