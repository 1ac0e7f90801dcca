import { describe, expect, it } from 'vitest';
import { formatTime, parseTime } from '../../../src/core/time.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);

describe('a time that is understood', () => {
  it.each([
    ['2026-11-22T11:00:00Z', '2026-11-22T11:00:00Z'],
    ['2026-11-22t11:00:00z', '2026-11-22T11:00:00Z'],
    ['2026-11-22 11:00:00Z', '2026-11-22T11:00:00Z'],
    [' 2026-11-22T11:00:00Z\n', '2026-11-22T11:00:00Z'],
    ['2026-11-22T13:30:00+02:30', '2026-11-22T11:00:00Z'],
    ['2026-11-22T02:00:00-09:00', '2026-11-22T11:00:00Z'],
    ['2026-11-22T11:00:00-00:00', '2026-11-22T11:00:00Z'],
    ['2026-11-22T11:00:00.5Z', '2026-11-22T11:00:00.500Z'],
    ['2026-11-22T11:00:00.123456Z', '2026-11-22T11:00:00.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['2026-11-22T12:00:00Z', '2026-11-22T12:00:00Z'],
    ['1795345200', '2026-11-22T11:00:00Z'],
    ['999999999', '2001-09-09T01:46:39Z'],
    ['90s ago', '2026-11-22T11:58:30Z'],
    ['15m ago', '2026-11-22T11:45:00Z'],
    ['2 h ago', '2026-11-22T10:00:00Z'],
    ['30d  ago', '2026-10-23T12:00:00Z'],
    ['0s ago', '2026-11-22T12:00:00Z'],
  ])('%j is %s', (text, expected) => {
    const parsed = parseTime(text, NOW);
    expect('at' in parsed ? formatTime(parsed.at) : parsed.problem).toBe(expected);
  });
});

describe('a time that is refused', () => {
  it.each([
    ['2026-11-22T11:00:00', 'has no time zone'],
    ['2026-11-22 11:00:00', 'has no time zone'],
    ['2026-02-30T00:00:00Z', 'is not a date that exists'],
    ['2025-02-29T00:00:00Z', 'is not a date that exists'],
    ['2026-13-01T00:00:00Z', 'is not a date that exists'],
    ['2026-00-10T00:00:00Z', 'is not a date that exists'],
    ['2026-01-00T00:00:00Z', 'is not a date that exists'],
    ['2026-11-22T24:00:00Z', 'is not a date that exists'],
    ['2026-11-22T11:60:00Z', 'is not a date that exists'],
    ['2026-11-22T11:00:00+24:00', 'is not a date that exists'],
    // A leap second has no place in Unix time; S3 stamps none.
    ['2016-12-31T23:59:60Z', 'is not a date that exists'],
    ['2026-11-22T12:00:01Z', 'lies in the future'],
    ['2026-11-22T11:00:00-02:00', 'lies in the future'],
    ['17953452000', 'lies in the future'],
    ['0202-11-22T11:00:00Z', 'lies before 1970'],
    ['1969-12-31T23:59:59Z', 'lies before 1970'],
    ['99999999d ago', 'lies before 1970'],
    ['1795345200000', 'is not a time'],
    ['2026-11-22T11:00Z', 'is not a time'],
    ['2026-11-22T11:00:00+0200', 'is not a time'],
    ['2026-11-22', 'is not a time'],
    ['-5m ago', 'is not a time'],
    ['1.5h ago', 'is not a time'],
    ['5w ago', 'is not a time'],
    ['now', 'is not a time'],
    ['', 'is not a time'],
  ])('%j %s', (text, why) => {
    const parsed = parseTime(text, NOW);
    expect('problem' in parsed ? parsed.problem : parsed).toContain(why);
  });

  it('says what it was understood as, where it lies in the future', () => {
    expect(parseTime('2026-11-22T11:00:00-02:00', NOW)).toEqual({
      problem: '2026-11-22T13:00:00Z lies in the future (it is 2026-11-22T12:00:00Z now)',
    });
  });
});
