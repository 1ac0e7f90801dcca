import { dirname, join } from 'node:path';
import type { PageAccess } from './action/input-report.ts';
import type { Log } from './action/log.ts';
import { askedSection } from './action/summary-asked.ts';
import { verdict } from './action/summary-verdict.ts';
import { SKIP_WORDS } from './action/summary-words.ts';
import type { RunResult, Tally } from './core/report.ts';
import type { Request } from './core/request.ts';
import { openKeyRows } from './operations/key-rows.ts';
import { historyPage, type Page, trusted, writePage } from './page/index.ts';

/** Keeps what becomes of the keys while the run goes on, for the page that is written afterwards. */
export interface ReportPage {
  readonly onOutcome: NonNullable<Tally['onOutcome']>;
  /** Never throws, and changes no result: what stands in the way is a warning. */
  write(result: RunResult): Promise<void>;
}

export function openReportPage(access: PageAccess, request: Request, log: Log): ReportPage {
  const spool = openKeyRows(join(dirname(request.reportFile), 'spool', 'page'));
  return {
    onOutcome: spool.add,
    async write(result) {
      try {
        const { read, problem } = await spool.rows(result);
        await writePage(access, pageOf(result, request, problem), read);
        log.say(`Report as a page: ${access.file}`);
      } catch (error) {
        log.warning(`The page could not be written: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await spool.cleanUp().catch(() => {});
      }
    },
  };
}

/** The words are those of the summary, which went through core/text.ts already. */
function pageOf(result: RunResult, request: Request, problem?: string): Page {
  const { report, plan, journalFile, reportFile } = result;
  return {
    report: problem === undefined ? report : { ...report, notes: [...report.notes, problem] },
    verdict: trusted(verdict(result, request)),
    facts: trusted(askedSection(result, request, { globs: 100 })),
    files: [
      ...(plan === undefined
        ? []
        : ([
            ['Plan', plan.file],
            ['Digest', plan.digest],
          ] as const)),
      ...(journalFile === undefined ? [] : [['Journal', journalFile] as const]),
      ...(reportFile === undefined ? [] : [['Report', reportFile] as const]),
    ],
    reasons: Object.fromEntries(
      Object.entries(SKIP_WORDS).map(([reason, words]) => [reason, words.replace(/<\/?code>/g, '')]),
    ),
    madeBy: `Made by s3-rollback (report of schema ${report.schemaVersion}, Node.js ${process.versions.node}) at ${report.finishedAt}.`,
    sections: report.history === undefined ? [] : historyPage(report.history),
  };
}
