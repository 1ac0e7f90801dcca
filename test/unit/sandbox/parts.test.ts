import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { address } from '../../../sandbox/http/request.ts';
import { childText, encodeKey, escapeXml, parseXml } from '../../../sandbox/http/xml.ts';
import { orderOf } from '../../../sandbox/store/key-index.ts';
import { sequenceOf, versionIdOf } from '../../../sandbox/store/version-ids.ts';

const anyText = fc.string({ unit: 'grapheme' }).map((text) => text.toWellFormed());
const anyUnicode = fc.string({ unit: 'binary' });

describe('version ids', () => {
  it('look like those of S3 and lead back to their counter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (sequence) => {
        expect(versionIdOf(sequence)).toMatch(/^[A-Za-z0-9._]{32}$/);
        expect(sequenceOf(versionIdOf(sequence))).toBe(sequence);
      }),
    );
  });

  it('cannot be forged by changing a character', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat({ max: 31 }),
        fc.constantFrom('A', 'z', '.', '-', 'é'),
        (sequence, at, character) => {
          const id = versionIdOf(sequence);
          const other = id.slice(0, at) + character + id.slice(at + 1);
          expect(sequenceOf(other)).toBe(other === id ? sequence : undefined);
        },
      ),
    );
  });

  it.each(['', 'null', 'A'.repeat(32), 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD'])('%j is none', (id) => {
    expect(sequenceOf(id)).toBeUndefined();
  });
});

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes, and keeps prefixes prefixes', () => {
    fc.assert(
      fc.property(anyUnicode, anyUnicode, (a, b) => {
        const [x, y] = [orderOf(a), orderOf(b)];
        expect(x < y ? -1 : x > y ? 1 : 0).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(orderOf(a + b).startsWith(x)).toBe(true);
      }),
    );
  });
});

describe('encodings', () => {
  it('url encoding is undone by: plus to space, then percent', () => {
    fc.assert(
      fc.property(anyUnicode, (key) => {
        expect(decodeURIComponent(encodeKey(key).replaceAll('+', ' '))).toBe(key);
        expect(encodeKey(key)).toMatch(/^[\w./*+%-]*$/);
      }),
    );
  });

  it('what is escaped comes back from XML', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        fc.pre(!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text));
        expect(childText(parseXml(`<a><b>${escapeXml(text)}</b></a>`), 'b')).toBe(text);
      }),
    );
  });
});

describe('request documents', () => {
  it.each([
    '<?xml version="1.0" encoding="UTF-8"?>\n<a xmlns="x:y">\n <b>1</b>\n</a>\n',
    "<a><!-- note --><b x='1' >1</b></a>",
    '<a><c/><b>1</b><b>2</b></a>',
    '<a><b>&#49;</b></a>',
    '<a><b>&#x31;</b></a>',
  ])('reads %j', (source) => {
    expect(childText(parseXml(source), 'b')).toBe('1');
  });

  it('reads every end of line as a line feed, as XML wants', () => {
    expect(childText(parseXml('<a><b>1\r\n2\r3&#13;4</b></a>'), 'b')).toBe('1\n2\n3\r4');
  });

  it.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a></a><b></b>',
    '<a></a>x',
    '</a>',
    '<a><b></a></b>',
    '<a b=1></a>',
    '<a>&nbsp;</a>',
    '<a>&</a>',
    '<a>&#1;</a>',
    '<a>&#x110000;</a>',
    '<a>\u0000</a>',
    '<a>\u001f</a>',
    '<a>\ufffe</a>',
    '<!DOCTYPE a><a></a>',
  ])('refuses %j', (source) => {
    expect(parseXml(source)).toBeUndefined();
  });
});

describe('addresses', () => {
  it.each([
    ['/', '127.0.0.1:9000', undefined, undefined],
    ['/b', '127.0.0.1', 'b', undefined],
    ['/b/', 'localhost:1', 'b', undefined],
    ['/b/k/', 'localhost', 'b', 'k/'],
    ['/b//k', 's3.amazonaws.com', 'b', '/k'],
    ['/b/..%2F%C3%A9+', '[::1]:9000', 'b', '../é+'],
    ['/', 'b.localhost:9000', 'b', undefined],
    ['/k/l', 'my.bucket.s3.eu-west-1.amazonaws.com', 'my.bucket', 'k/l'],
    ['/k', 'b.s3-eu-west-1.amazonaws.com', 'b', 'k'],
    ['/k', 'b.sandbox.test', 'b', 'k'],
  ])('%s at %s', (path, host, bucket, key) => {
    expect(address(path, host)).toEqual({ bucket, key });
  });
});
