/**
 * A site, a bad deploy, and the way back: `npm run demo`. Starts an S3 of its own in memory, runs the built action against
 * it as GitHub's runner would, and looks into the bucket itself after every run. Exits with 1 when anything is not as
 * it should be. Needs no network.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { startSandbox } from '../sandbox/index.ts';
import { renderMarkdown, type Summary, writePages } from './page.ts';
import {
  asPublished,
  type Check,
  checkNeighbours,
  checkNothingChanged,
  checkNoVersionLost,
  checkScope,
  checkStayDeleted,
  copiedAsAt,
  fetchedAsAt,
  is,
  isWrite,
  type Photograph,
  photograph,
  standingOf,
} from './prove.ts';
import { runStep, type StepRun } from './runner.ts';
import { type Deploy, SITE, tellStory } from './site.ts';
import { summaryText } from './summary-text.ts';
import {
  bad,
  bold,
  columns,
  count,
  dim,
  good,
  grouped,
  heading,
  minute,
  say,
  seconds,
  WIDTH,
  wrap,
} from './terminal.ts';
import { visit } from './visitor.ts';

const started = performance.now();
const BUCKET = 'rosewood-web';
const QUARANTINE = 'rosewood-quarantine';
// The story ends at the last whole minute: all of it lies in the past, wherever and whenever this runs.
const now = Math.floor(Date.now() / 60_000) * 60_000;
const sandbox = await startSandbox({ now });
const bucket = sandbox.createBucket(BUCKET);
const story = tellStory(bucket, now);
const temp = mkdtempSync(join(tmpdir(), 's3-rollback-demo-'));
const summaries: Summary[] = [];
const wrong: string[] = [];

try {
  heading('A site in a versioned bucket, and a deploy that went wrong');
  tellDeploys();
  await showVisit();

  const undelete = { operation: 'undelete', prefix: SITE, 'deleted-after': new Date(story.bad.at).toISOString() };
  await act('1  Undelete, dry run', { ...undelete, 'dry-run': 'true' }, ({ outputs }, before, after) => [
    is('status', outputs.status, 'planned'),
    is('keys planned', outputs.planned, story.bad.deleted),
    checkNothingChanged(before, after),
  ]);

  await act('2  Undelete', undelete, ({ outputs }, before, after) => [
    is('status', outputs.status, 'success'),
    is('keys restored', outputs.restored, story.bad.deleted),
    is('objects still missing', standingOf(bucket, story.good).missing, 0),
    checkStayDeleted(bucket, story.retired),
    checkNoVersionLost(before, after),
  ]);
  await showVisit();

  const justBefore = new Date(story.bad.at - 60_000).toISOString();
  const rollback = { operation: 'rollback', prefix: SITE, 'to-time': justBefore };
  await act('3  Roll back to just before the deploy', rollback, ({ outputs }, before, after) => [
    is('status', outputs.status, 'success'),
    asPublished(bucket, story.good),
    checkStayDeleted(bucket, story.retired),
    checkNoVersionLost(before, after),
  ]);
  await showVisit();

  await act('4  The same again', rollback, ({ outputs }, before, after) => [
    is('status', outputs.status, 'no-change'),
    is('requests that change anything', sandbox.requests.all().filter(isWrite).length, 0),
    asPublished(bucket, story.good),
    checkNothingChanged(before, after),
  ]);

  // The redesign, before the autumn news.
  const redesign = now - 2 * 86_400_000;
  const quarantine = sandbox.createBucket(QUARANTINE);
  const copies = {
    operation: 'rollback',
    prefix: `${SITE}blog/`,
    'to-time': new Date(redesign).toISOString(),
    'destination-bucket': QUARANTINE,
  };
  await act('5  The blog as it was two days ago, into another bucket', copies, ({ outputs }, before, after) => [
    is('status', outputs.status, 'success'),
    is('objects in the other bucket', quarantine.keys().length, Number(outputs.restored)),
    copiedAsAt(bucket, quarantine, copies.prefix, redesign),
    checkNothingChanged(before, after),
  ]);

  const fetch = { operation: 'download', key: `${SITE}index.html`, 'to-time': copies['to-time'], directory: 'fetched' };
  await act('6  One page as it was two days ago, to disk', fetch, ({ outputs }, before, after) => [
    is('status', outputs.status, 'success'),
    fetchedAsAt(bucket, fetch.key, join(temp, fetch.directory), redesign),
    checkNothingChanged(before, after),
  ]);

  heading('The job summaries, as GitHub shows them');
  say(relative(process.cwd(), writePages(summaries)));
} finally {
  await sandbox.stop();
  rmSync(temp, { recursive: true, force: true });
}

const took = seconds(performance.now() - started);
heading(wrong.length === 0 ? good(`✓ All as it should be, ${took}`) : bad(`✗ Not as it should be, ${took}`));
for (const line of wrong) say(`${bad('✗')} ${line}`);
process.exitCode = wrong.length === 0 ? 0 : 1;

/** One step of a workflow: run it, show what it did, and judge. */
async function act(
  title: string,
  inputs: Readonly<Record<string, string>>,
  judge: (run: StepRun, before: Photograph, after: Photograph) => Check[],
): Promise<void> {
  heading(title);
  for (const [name, value] of Object.entries(inputs)) say(dim(`${name}: ${value.replace('.000Z', 'Z')}`));
  say();

  const before = photograph(bucket);
  sandbox.requests.clear();
  const run = await runStep({ bucket: BUCKET, ...inputs }, { endpoint: sandbox.endpoint, temp });
  const requests = sandbox.requests.all();
  const after = photograph(bucket);

  for (const line of summaryText(renderMarkdown(run.summary), WIDTH - 4)) say(`${dim('│')} ${line}`.trimEnd());
  summaries.push({ title: title.slice(3), markdown: run.summary });
  say();
  const kinds = Map.groupBy(requests, ({ operation }) => operation);
  const words = [...kinds].sort(([, a], [, b]) => b.length - a.length).map(([kind, all]) => `${kind} ${all.length}`);
  const cost = wrap(
    `${seconds(run.milliseconds)}, ${count(requests.length, 'request')}: ${words.join(', ')}`,
    WIDTH - 2,
  );
  for (const line of cost) say(bold(line));

  const checks = [
    is('exit code', run.code, 0),
    ...judge(run, before, after),
    checkNeighbours(before, after),
    checkScope(requests),
  ];
  for (const { ok, says } of checks) say(`${ok ? good('✓') : bad('✗')} ${says}`);
  const failed = checks.filter(({ ok }) => !ok);
  wrong.push(...failed.map(({ says }) => `${title}: ${says}`));
  if (failed.length > 0) for (const line of run.log.split('\n')) say(dim(line));
}

function tellDeploys(): void {
  const row = (deploy: Deploy, name: string, more: string) => [
    minute(deploy.at),
    name,
    grouped(deploy.added),
    grouped(deploy.changed),
    grouped(deploy.deleted),
    more,
  ];
  const rows = [
    ['', 'deploy', 'added', 'overwritten', 'deleted'].map(dim),
    ...story.deploys.map((deploy) => row(deploy, deploy.name, '')),
    row(story.bad, bad(story.bad.name), dim(`${story.bad.deletedTwice} of them twice`)),
  ];
  for (const line of columns(rows, [2, 3, 4])) say(line);
}

/** What became of the site, and what somebody who opens some of its pages gets. */
async function showVisit(): Promise<void> {
  const { right, wrong: broken, missing, extra } = standingOf(bucket, story.good);
  const all = story.good.size;
  const colour = right === all && extra === 0 ? good : bad;
  say();
  say(
    `${bold('What visitors see')}  ${colour(`${grouped(right)} of ${count(all, 'object')} as published`)}` +
      `, ${grouped(broken)} overwritten, ${grouped(missing)} missing, ${grouped(extra)} too many`,
  );
  for (const line of await visit(`${sandbox.endpoint}/${BUCKET}`, story.good)) say(line);
}
