import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { MEMORY_BYTES, markerRoom, readMarker, writeMarker } from '../../../src/github/marker.ts';

describe('a marker', () => {
  const any = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed());

  test('gives back the memory, whatever is in it and whatever it is about', () => {
    fc.assert(
      fc.property(any, any, any, (key, memory, body) => {
        expect(readMarker('incident', key, `${writeMarker('incident', key, memory)}\n${body}`)).toBe(memory);
      }),
    );
  });

  test('is found for no other key', () => {
    fc.assert(
      fc.property(any, any, any, (key, other, memory) => {
        fc.pre(key !== other);
        expect(readMarker('incident', other, writeMarker('incident', key, memory))).toBeUndefined();
      }),
    );
  });

  test.each(['site', 'c\uff01c\uff01c\uff01', '--><img src=x>', '--!><b>', '\n\n# heading', '>', '->'])(
    'of %j shows nothing on the page, and ends where it ends',
    (text) => {
      const page = new MarkdownIt({ html: true }).render(`${writeMarker('incident', text, text)}\n**body**`);
      expect(page).toMatch(/^<!--[^>]*-->\n<p><strong>body<\/strong><\/p>\n$/);
    },
  );

  test('fits into its room with the longest memory', () => {
    for (const memory of ['x'.repeat(MEMORY_BYTES), 'x'.repeat(MEMORY_BYTES - 1), 'x'.repeat(MEMORY_BYTES - 2)]) {
      expect(writeMarker('incident', 'site', memory).length).toBeLessThanOrEqual(markerRoom('incident', 'site'));
    }
  });
});

describe('what is no marker of ours', () => {
  const marker = writeMarker('incident', 'site', '{}');

  test.each([
    ['nothing', ''],
    ['on the second line', `Look:\n${marker}`],
    ['after a space', ` ${marker}`],
    ['with more on its line', `${marker} and more`],
    ['in a quote', `> ${marker}`],
    ['of a bucket whose name goes on', writeMarker('incident', 'site-2', '{}')],
    ['of a bucket whose name ends before', writeMarker('incident', 'sit', '{}')],
    ['of another kind', marker.replace('incident', 'incidents')],
    ['of another version', marker.replace(':v1', ':v10')],
    ['with a word more', marker.replace(' -->', ' e30 -->')],
    ['without its end', marker.replace(' -->', '')],
    ['with half an end', marker.replace(' -->', ' ->')],
    ['in capitals', marker.toUpperCase()],
  ])('%s', (_, body) => {
    expect(readMarker('incident', 'site', body)).toBeUndefined();
  });

  test('a memory that somebody damaged is none', () => {
    expect(readMarker('incident', 'site', marker.replace(' -->', '! -->'))).toBe('');
  });

  test('line ends of the editor on the page do not matter', () => {
    expect(readMarker('incident', 'site', `${marker}\r\nbody\r\n`)).toBe('{}');
  });
});
