import { describe, expect, it } from 'vitest';
import { ServerOrder } from '../../../src/s3/listing/server-order.ts';

describe('what pages show of a server', () => {
  it('one that lists versions and markers apart is told of, once', () => {
    const notes = new Set<string>();
    const order = new ServerOrder(notes);
    order.learn('none');
    expect(order.order).toBe('unknown');
    order.learn('grouped');
    order.learn('grouped');
    expect(order.order).toBe('grouped');
    expect([...notes]).toEqual([expect.stringContaining('lists versions and delete markers apart')]);
  });

  it('one in wire order needs no words', () => {
    const notes = new Set<string>();
    const order = new ServerOrder(notes);
    order.learn('wire');
    order.learn('none');
    expect(order.order).toBe('wire');
    expect(notes.size).toBe(0);
  });

  it('one that contradicts itself cannot be trusted', () => {
    const order = new ServerOrder();
    order.learn('wire');
    expect(() => order.learn('grouped')).toThrow(expect.objectContaining({ code: 'malformed-page' }));
  });
});
