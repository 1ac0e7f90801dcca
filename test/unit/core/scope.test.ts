import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import { type Scope, scopeRecord, scopeTest } from '../../../src/core/scope.ts';

function scope(more: Partial<Scope> = {}): Scope {
  return { bucket: 'bucket', prefix: '', include: [], exclude: [], ...more };
}

describe('which keys are in scope', () => {
  it.each<[string, Partial<Scope>, inside: string[], outside: string[]]>([
    ['the whole bucket', {}, ['a', '/', '.hidden', 'a/../b', '\n'], []],
    ['a key', { key: 'a' }, ['a'], ['ab', 'a/', 'A', ' a', '']],
    ['a key that ends in a slash', { key: 'a/' }, ['a/'], ['a', 'a/b']],
    ['a prefix, which is text and no folder', { prefix: 'a' }, ['a', 'ab', 'a/b'], ['b', 'A', '/a']],
    ['a folder', { prefix: 'a/' }, ['a/', 'a/b', 'a/b/c'], ['a', 'ab']],
    ['include', { include: ['*.html'] }, ['a.html', '.html'], ['a/b.html', 'a.htm', 'a.html\n']],
    ['include at any depth', { include: ['**/*.html'] }, ['a.html', 'a/b/c.html', 'a/.b/c.html', '/a.html'], ['a.txt']],
    ['several includes: any of them', { include: ['a*', 'b*'] }, ['a1', 'b1'], ['c1']],
    [
      'exclude',
      { exclude: ['tmp/**'] },
      ['a', 'tmpx'],
      ['tmp', 'tmp/', 'tmp/a', 'tmp/a/', 'tmp/a/b', 'tmp//a', 'tmp/./x'],
    ],
    ['exclude beats include', { include: ['a*'], exclude: ['ab*'] }, ['a', 'ac'], ['ab', 'abc']],
    [
      'a prefix and globs on the whole key',
      { prefix: 'a/', include: ['a/*.txt'] },
      ['a/b.txt'],
      ['b.txt', 'b/a/b.txt'],
    ],
    ['globs cannot widen a key', { key: 'a', include: ['**'] }, ['a'], ['b']],
    ['a key that is excluded', { key: 'a', exclude: ['a'] }, [], ['a']],
  ])('%s', (_, some, inside, outside) => {
    const test = scopeTest(scope(some));
    expect([...inside, ...outside].filter(test)).toEqual(inside);
  });
});

describe('a glob', () => {
  it.each<[string, glob: string, matches: string[], not: string[]]>([
    ['* stays in a folder', '*', ['a', '.a', 'a b', 'a\\b', 'a/'], ['a/b']],
    [
      '** is everything',
      '**',
      ['a', 'a/', 'a/b', '.git/x', '/', '//', 'a/./b', 'a/../b', '..', './a', 'x'.repeat(1024)],
      [],
    ],
    ['newlines are characters', 'a*', ['a\nb', 'a\u2028b', 'a\r'], ['b\na']],
    ['? is one character, a newline too', 'a?b', ['axb', 'a\nb', 'a.b'], ['ab', 'a/b']],
    ['a folder is also the key of its name', 'a/**', ['a', 'a/', 'a/b', 'a/b/c'], ['ab']],
    ['sets', '[ab].txt', ['a.txt', 'b.txt'], ['c.txt']],
    ['alternatives', '{a,b}/*.txt', ['a/1.txt', 'b/1.txt'], ['c/1.txt']],
    ['a leading ! means all others', '!a', ['!a', 'b'], ['a']],
    ['a backslash makes a special character plain', 'a\\*', ['a*'], ['ab']],
    ['regular expressions are not globs', '^a.$', ['^a.$'], ['ab']],
    ['a dot is a dot', 'a.b', ['a.b'], ['axb']],
    ['case matters', 'A*', ['Ab'], ['ab']],
    ['unlike in a path, . and .. are names that * may match', 'a/*/b', ['a/x/b', 'a/./b', 'a/../b'], ['a/b']],
    ['and so do names with other dots', 'a/*', ['a/...', 'a/.x', 'a/..x'], ['a/./b']],
  ])('%s', (_, glob, matches, not) => {
    const test = scopeTest(scope({ include: [glob] }));
    expect([...matches, ...not].filter(test)).toEqual(matches);
  });
});

describe('the scope in plan and report', () => {
  it.each<[Partial<Scope>, Record<string, unknown>]>([
    [{}, { bucket: 'bucket', prefix: '' }],
    [{ prefix: 'a/' }, { bucket: 'bucket', prefix: 'a/' }],
    [
      { key: 'a', prefix: 'a' },
      { bucket: 'bucket', key: 'a' },
    ],
    [
      { include: ['b', 'a'], exclude: ['c'] },
      { bucket: 'bucket', prefix: '', include: ['b', 'a'], exclude: ['c'] },
    ],
  ])('%j', (some, record) => {
    expect(scopeRecord(scope(some))).toEqual(record);
  });
});

describe('globs are those of picomatch', () => {
  const part = fc.constantFrom('a', 'b', '*', '**', '?', '.', '/', '!', '{a,b}', '[ab]', '\\');
  const glob = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
  const key = fc.array(fc.constantFrom('a', 'b', '.', '/', '\\', 'ab'), { minLength: 1, maxLength: 6 });

  it('what it matches, we match', () => {
    fc.assert(
      fc.property(glob, key, (pattern, parts) => {
        const text = parts.join('');
        fc.pre(!pattern.endsWith('\\'.repeat(4)));
        fc.pre(picomatch(pattern, { dot: true, windows: false })(text));
        expect(scopeTest(scope({ include: [pattern] }))(text)).toBe(true);
        expect(scopeTest(scope({ exclude: [pattern] }))(text)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a glob on which picomatch would hang', () => {
  it.each(['\\\\\\\\', 'a\\\\\\\\', '{a,b}\\\\\\\\\\'])('is refused: %j', (glob) => {
    expect(() => scopeTest(scope({ include: [glob] }))).toThrow(RangeError);
    expect(() => scopeTest(scope({ exclude: [glob] }))).toThrow(RangeError);
  });

  it('fewer backslashes, or others after them, are none', () => {
    for (const glob of ['a\\\\\\', 'a\\\\\\\\b']) expect(() => scopeTest(scope({ include: [glob] }))).not.toThrow();
  });
});
