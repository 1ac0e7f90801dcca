import type { PlannedKey } from '../../../src/core/plan.ts';
import {
  countOutcome,
  countPlanned,
  finishReport,
  highlightsOf,
  newTally,
  type RunResult,
  type Tally,
} from '../../../src/core/report.ts';
import type { DownloadRequest, Request, RestoreRequest } from '../../../src/core/request.ts';

/** Requests, results and nasty keys for the tests of GitHub's side. */

export const NOW = Date.parse('2026-11-22T14:00:00Z');

export function requestOf(over: Partial<RestoreRequest> = {}): RestoreRequest {
  return {
    operation: 'undelete',
    scope: { bucket: 'my-site', prefix: 'site/', include: [], exclude: [] },
    target: { kind: 'undelete' },
    method: 'copy',
    dryRun: false,
    verify: true,
    preserve: { objectLock: false, annotations: false },
    failOn: 'failures',
    planFile: '/tmp/run/plan.jsonl',
    journalFile: '/tmp/run/journal.jsonl',
    reportFile: '/tmp/run/report.json',
    ...over,
  };
}

export function downloadOf(over: Partial<DownloadRequest> = {}): DownloadRequest {
  return {
    operation: 'download',
    scope: { bucket: 'my-site', prefix: 'site/', include: [], exclude: [] },
    target: { kind: 'time', at: NOW },
    dryRun: false,
    failOn: 'failures',
    directory: '/home/runner/space/restored',
    planFile: '/tmp/run/plan.jsonl',
    journalFile: '/tmp/run/journal.jsonl',
    reportFile: '/tmp/run/report.json',
    ...over,
  };
}

export function plannedUndelete(key: string): PlannedKey {
  return {
    bucket: 'my-site',
    key,
    from: { versionId: 'marker-id', deleteMarker: true, etag: null },
    to: { versionId: 'version-id' },
    steps: [{ do: 'remove-delete-marker', versionId: 'marker-id' }],
  };
}

/** Plan a key and say what became of it. */
export function key(tally: Tally, name: string, outcome?: Parameters<typeof countOutcome>[3]): void {
  const line = plannedUndelete(name);
  tally.totals.keysExamined += 1;
  tally.totals.entriesExamined += 2;
  countPlanned(tally, line, 'site/');
  if (tally.samples.length < 20) tally.samples.push(line);
  if (outcome === undefined) return;
  if (outcome.kind === 'restored') tally.steps['remove-delete-marker'] += 1;
  countOutcome(tally, 'my-site', name, outcome, 'site/');
}

export function failure(code: string, message: string, hint = 'Do this.') {
  return { kind: 'failed', failure: { code, message, hint } } as const;
}

export const REQUESTS = { list: 2, head: 0, get: 0, copy: 0, delete: 1, put: 0, retries: 0, throttled: 0 };

export function resultOf(
  request: Request,
  fill: (tally: Tally) => void,
  error?: { code: string; message: string; hint: string },
): RunResult {
  const tally = newTally();
  fill(tally);
  return {
    report: finishReport(request, tally, {
      startedAt: NOW,
      finishedAt: NOW + 12_400,
      requests: REQUESTS,
      ...(error !== undefined && { error }),
    }),
    highlights: highlightsOf(tally),
    plan: { file: request.planFile, digest: `sha256:${'0123456789abcdef'.repeat(4)}` },
    ...(!request.dryRun && request.operation !== 'download' && { journalFile: request.journalFile }),
    reportFile: request.reportFile,
  };
}

/** Keys that somebody chose to be read as something else. */
export const NASTY_KEYS = [
  '<b>bold</b>',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</code></td></tr></table><h1>out</h1>',
  '</details>',
  '--> <!--',
  '<!-- --> <a href="https://evil.example">x</a>',
  '@team/readme',
  'x @octocat y',
  'mail@evil.example',
  '#1 GH-12 org/repo#3 org/repo@deadbeef',
  'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef',
  'https://evil.example/?a=b&c=d',
  'http://evil.example',
  'x www.evil.example y',
  'ftp://evil.example',
  'mailto:a@evil.example',
  '[link](https://evil.example)',
  '![image](https://evil.example/x.png)',
  '[x]: https://evil.example',
  '`code`',
  '``` `more` ```',
  'a|b|c',
  'a\\|b',
  '*bold* _it_ ~~gone~~ **x**',
  '# heading',
  '- [ ] task',
  ':tada:',
  '$\\sqrt{2}$',
  '&lt;b&gt; &#60;b&#62; &#10;',
  'quotes \' and "',
  'line\nbreak',
  '\n\n# heading\n\n',
  '\n\n<h1>out</h1>',
  'carriage\rreturn\ttab',
  'x##[set-output name=approved]true',
  '##[add-mask]e',
  '\n::add-mask::e',
  '::error::pwned',
  '\u2028::set-env name=x::y',
  '\u202egnp.exe',
  'zero\u200bwidth\ufeff',
  'tag \u{e0041} variation \ufe0f filler \u3164',
  'lone \ud83d surrogate \ude00',
  '\u0000\u0007\u001b[31mred',
  '🎉 é 漢字',
  'e'.repeat(1024),
] as const;

/** The commands that the runner would obey in this output, by both of its grammars. */
export function commandsIn(output: string): string[] {
  return output.split(/\r\n|[\n\r]/).flatMap((line) => {
    const current = /^\s*::([^:]*)::/.exec(line)?.[1];
    const legacy = /##\[([^\]]*)\]/.exec(line)?.[1];
    return [current, legacy].filter((name) => name !== undefined).map((name) => name.split(' ')[0] ?? '');
  });
}
