import { readFileSync } from 'node:fs';

/**
 * To be imported before `@actions/github`, which reads and parses the file of the event as it is imported: one that is
 * missing or no JSON would end this process, or print, before anything was restored. Nobody here needs that file.
 */
try {
  JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH ?? '', 'utf8'));
} catch {
  delete process.env.GITHUB_EVENT_PATH;
}
