import { isUtf8 } from 'node:buffer';
import { invalid, spot } from './errors.ts';
import { MAX_ROW_BYTES } from './source.ts';

/** Lines that came in one piece; `line` is the number of the first. */
export interface Lines {
  readonly line: number;
  readonly texts: readonly string[];
}

/**
 * The lines of a text whose lines must not be long, split at LF only: JSON leaves U+2028 and U+2029 as they are in strings.
 * A line is refused when it has become too long, not when its end has come: memory stays bounded.
 * @throws RollbackError `invalid-manifest` for a line over 64 KiB, or one that is not UTF-8
 */
export async function* boundedLines(pieces: AsyncIterable<Buffer>, name: string): AsyncGenerator<Lines> {
  let line = 1;
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const piece of pieces) {
    const end = piece.lastIndexOf(10);
    if (end === -1) {
      rest.push(piece);
      restBytes += piece.length;
      if (restBytes > MAX_ROW_BYTES) throw tooLong(name, line);
      continue;
    }
    const texts = linesOf(Buffer.concat([...rest, piece.subarray(0, end)]), name, line);
    yield { line, texts };
    line += texts.length;
    rest = [piece.subarray(end + 1)];
    restBytes = piece.length - end - 1;
  }
  if (restBytes > 0) yield { line, texts: linesOf(Buffer.concat(rest), name, line) };
}

function linesOf(block: Buffer, name: string, line: number): string[] {
  if (!isUtf8(block)) throw notUtf8(block, name, line);
  const texts = block.toString('utf8').split('\n');
  const long = texts.findIndex((text) => text.length * 3 > MAX_ROW_BYTES && Buffer.byteLength(text) > MAX_ROW_BYTES);
  if (long !== -1) throw tooLong(name, line + long);
  return texts;
}

function notUtf8(block: Buffer, name: string, line: number): Error {
  let start = 0;
  for (let end = block.indexOf(10); end !== -1 && isUtf8(block.subarray(start, end)); end = block.indexOf(10, start)) {
    start = end + 1;
    line += 1;
  }
  return invalid(spot(name, line), 'is not UTF-8', 'Save the file as UTF-8.');
}

function tooLong(name: string, line: number): Error {
  return invalid(
    spot(name, line),
    `is longer than ${MAX_ROW_BYTES / 1024} KiB`,
    'Write one object on each line, with line breaks between them.',
  );
}
