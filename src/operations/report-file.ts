import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Narrator } from '../core/narrator.ts';
import type { Report } from '../core/report.ts';
import { makeFolder } from '../files/open.ts';

/** The report on disk. That it cannot be written must not hide what the run did: then `undefined`, and a line in the log. */
export async function writeReport(file: string, report: Report, narrator: Narrator): Promise<string | undefined> {
  try {
    await makeFolder(dirname(file));
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
    return file;
  } catch (error) {
    narrator.say(`The report could not be written: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
