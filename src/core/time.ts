/**
 * Points in time as people give them: RFC 3339 with a zone, Unix seconds, or `<n>s|m|h|d ago`.
 * A time without a zone is refused: whose midnight it means is not for us to guess.
 * https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export type ParsedTime = { readonly at: number } | { readonly problem: string };

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?$/;
const UNIX_SECONDS = /^\d{9,11}$/;
const AGO = /^(\d+)\s*([smhd])\s+ago$/;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The instant in milliseconds since 1970, or what is wrong with the text. `now` is in milliseconds too. */
export function parseTime(text: string, now: number): ParsedTime {
  const trimmed = text.trim();
  if (UNIX_SECONDS.test(trimmed)) return past(Number(trimmed) * 1000, trimmed, now);

  const ago = AGO.exec(trimmed);
  if (ago !== null) {
    const unit = UNIT_MS[(ago[2] ?? 's') as keyof typeof UNIT_MS];
    return past(now - Number(ago[1]) * unit, trimmed, now);
  }

  const rfc = RFC3339.exec(trimmed);
  if (rfc === null) {
    return { problem: `"${trimmed}" is not a time: expected 2026-11-22T14:00:00Z, Unix seconds, or "15m ago"` };
  }
  const [, year, month, day, hour, minute, second, fraction, zone] = rfc;
  if (zone === undefined)
    return { problem: `"${trimmed}" has no time zone: end it with Z or an offset such as +02:00` };

  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction ?? ''}${zone.toUpperCase()}`);
  // Date.parse rolls 30 February over to March; a date that does not exist is a typing error.
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number.isNaN(at) || Number(day) > daysInMonth || Number(hour) > 23) {
    return { problem: `"${trimmed}" is not a date that exists` };
  }
  return past(at, trimmed, now);
}

function past(at: number, text: string, now: number): ParsedTime {
  // A year with a digit missing would mean: before there was anything.
  if (at < 0) return { problem: `"${text}" lies before 1970` };
  if (at <= now) return { at };
  return { problem: `${formatTime(at)} lies in the future (it is ${formatTime(now)} now)` };
}

/** RFC 3339 in UTC; milliseconds only where there are any. */
export function formatTime(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
