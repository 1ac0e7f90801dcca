import { CsvError, parse } from 'csv-parse';
import { invalid, noRows, shown, spot } from './errors.ts';
import { MAX_ROW_BYTES } from './source.ts';

const HINT_QUOTES =
  'Keys are URL-encoded, so rows need no quotation marks at all; where a cell has them, they stand around the whole cell, and one within it is doubled.';

/**
 * The rows of a CSV file (RFC 4180, LF or CRLF, blank lines skipped), as `toRow` makes them out of cells; what it makes
 * `undefined` is left out. A batch for each piece of the input that had any, and one, perhaps empty, as soon as the first
 * record is known. Memory: one piece of the input and its rows, whatever the file holds.
 * @throws RollbackError `invalid-manifest`; also for no record at all, unless `mayBeEmpty`
 */
export async function* csvRows<T>(
  pieces: AsyncIterable<Buffer>,
  name: string,
  toRow: (cells: readonly string[], line: number) => T | undefined,
  mayBeEmpty = false,
): AsyncGenerator<readonly T[]> {
  const lines = lineCounter();
  let rows: T[] = [];
  let begun = false;
  let announced = false;
  const parser = parse({
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    // Taken here, records do not go through the stream's own queue one by one, which would cost as much as reading them.
    on_record(cells: string[], info) {
      // Every record is as good as a first one, whose length is not compared with any: for each that differs the parser
      // would make an error with its stack, to no end, which takes fifteen times as long as reading it.
      counted.records = 0;
      const line = lines.begin(cells, info.lines);
      if (cells.length === 1 && cells[0]?.trim() === '') return null;
      begun = true;
      const row = toRow(cells, line);
      if (row !== undefined) rows.push(row);
      return null;
    },
  });
  const counted: { records: number } = parser.info;
  let failure: Error | undefined;
  parser.on('error', (error) => {
    failure = error;
  });
  const step = (send: (done: () => void) => void) => new Promise<void>((done) => send(() => done()));

  try {
    for await (const piece of boundedLines(pieces, name)) {
      await step((done) => parser.write(piece, done));
      if (failure !== undefined) throw failure;
      if (rows.length > 0 || (begun && !announced)) {
        announced = true;
        const batch = rows;
        rows = [];
        yield batch;
      }
    }
    await step((done) => parser.end(done));
    if (failure !== undefined) throw failure;
  } catch (error) {
    throw error instanceof CsvError ? explained(error, name, lines) : error;
  } finally {
    parser.destroy();
  }
  if (!begun && !mayBeEmpty) throw noRows(name);
  if (rows.length > 0 || (begun && !announced)) yield rows;
}

interface LineCounter {
  /** The line on which a record began that ended on the parser's line `parsed`. */
  begin(cells: readonly string[], parsed: number): number;
  /** The parser's count without what it counts twice. */
  actual(parsed: number): number;
  /** The line on which the last record ended. */
  last(): number;
}

/** The parser says where a record ends, and inside quotes it counts CR and LF for a line each. */
function lineCounter(): LineCounter {
  let twice = 0;
  let last = 0;
  return {
    begin(cells, parsed) {
      let breaks = 0;
      // Most records end on the line after the last one, and so have no line break inside.
      if (parsed - twice > last + 1) {
        const text = cells.join();
        const returns = countOf(text, '\r');
        breaks = countOf(text, '\n');
        twice += returns;
      }
      last = parsed - twice;
      return last - breaks;
    },
    actual: (parsed) => parsed - twice,
    last: () => last,
  };
}

function countOf(text: string, char: string): number {
  return text.split(char).length - 1;
}

function explained(error: CsvError, name: string, lines: LineCounter): Error {
  const parsed: unknown = error.lines;
  const line = typeof parsed === 'number' ? lines.actual(parsed) : lines.last() + 1;
  const code: string = error.code;
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return invalid(
        name,
        `a quotation mark that was opened after line ${lines.last()} is never closed`,
        HINT_QUOTES,
        error,
      );
    case 'CSV_MAX_RECORD_SIZE':
      return invalid(
        name,
        `the row after line ${lines.last()} is longer than ${MAX_ROW_BYTES / 1024} KiB`,
        'It may have a quotation mark that is never closed, or be no CSV at all.',
        error,
      );
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      return invalid(spot(name, line), 'has a quotation mark in the middle of a cell', HINT_QUOTES, error);
    default:
      return invalid(spot(name, line), `is not CSV (${shown(error.message)})`, HINT_QUOTES, error);
  }
}

/**
 * The parser bounds the bytes of a record, not its number of cells: a line of nothing but commas would fill the memory.
 */
async function* boundedLines(pieces: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let line = 1;
  let length = 0;
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(10); end !== -1; end = piece.indexOf(10, start)) {
      check(length + end - start);
      length = 0;
      line += 1;
      start = end + 1;
    }
    length += piece.length - start;
    check(length);
    yield piece;
  }
  function check(bytes: number): void {
    if (bytes <= MAX_ROW_BYTES) return;
    throw invalid(
      spot(name, line),
      `is longer than ${MAX_ROW_BYTES / 1024} KiB`,
      'Write each row on a line of its own. A file without line breaks is no manifest.',
    );
  }
}
