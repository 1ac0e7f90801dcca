/**
 * A site, a bad deploy, and the way back: `npm run demo`. Starts an S3 of its own in memory, runs the built action against
 * it as GitHub's runner would, and looks into the bucket itself after every run. Exits with 1 when anything is not as
 * it should be. Needs no network.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { startSandbox } from '../sandbox/index.ts';
import { writePages } from './page.ts';
import {
  asPublished,
  checkNothingChanged,
  checkNoVersionLost,
  checkStayDeleted,
  copiedAsAt,
  fetchedAsAt,
  is,
  isWrite,
  standingOf,
} from './prove.ts';
import { type Deploy, SITE, tellStory } from './site.ts';
import { Stage } from './stage.ts';
import { bad, columns, dim, grouped, heading, minute, say } from './terminal.ts';

const BUCKET = 'rosewood-web';
const QUARANTINE = 'rosewood-quarantine';
// The story ends at the last whole minute: all of it lies in the past, wherever and whenever this runs.
const now = Math.floor(Date.now() / 60_000) * 60_000;
const sandbox = await startSandbox({ now });
const bucket = sandbox.createBucket(BUCKET);
const story = tellStory(bucket, now);
const temp = mkdtempSync(join(tmpdir(), 's3-rollback-demo-'));
const stage = new Stage({ sandbox, bucket, temp, inputs: { bucket: BUCKET } });

try {
  heading('A site in a versioned bucket, and a deploy that went wrong');
  tellDeploys();
  await stage.showVisit(story.good);

  const undelete = { operation: 'undelete', prefix: SITE, 'deleted-after': new Date(story.bad.at).toISOString() };
  await stage.act('1  Undelete, dry run', { ...undelete, 'dry-run': 'true' }, ({ outputs }, before, after) => [
    is('status', outputs.status, 'planned'),
    is('keys planned', outputs.planned, story.bad.deleted),
    checkNothingChanged(before, after),
  ]);

  await stage.act('2  Undelete', undelete, ({ outputs }, before, after) => [
    is('status', outputs.status, 'success'),
    is('keys restored', outputs.restored, story.bad.deleted),
    is('objects still missing', standingOf(bucket, story.good).missing, 0),
    checkStayDeleted(bucket, story.retired),
    checkNoVersionLost(before, after),
  ]);
  await stage.showVisit(story.good);

  const justBefore = new Date(story.bad.at - 60_000).toISOString();
  const rollback = { operation: 'rollback', prefix: SITE, 'to-time': justBefore };
  await stage.act('3  Roll back to just before the deploy', rollback, ({ outputs }, before, after) => [
    is('status', outputs.status, 'success'),
    asPublished(bucket, story.good),
    checkStayDeleted(bucket, story.retired),
    checkNoVersionLost(before, after),
  ]);
  await stage.showVisit(story.good);

  await stage.act('4  The same again', rollback, ({ outputs }, before, after) => [
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
  await stage.act('5  The blog as it was two days ago, into another bucket', copies, ({ outputs }, before, after) => [
    is('status', outputs.status, 'success'),
    is('objects in the other bucket', quarantine.keys().length, Number(outputs.restored)),
    copiedAsAt(bucket, quarantine, copies.prefix, redesign),
    checkNothingChanged(before, after),
  ]);

  const fetch = { operation: 'download', key: `${SITE}index.html`, 'to-time': copies['to-time'], directory: 'fetched' };
  await stage.act('6  One page as it was two days ago, to disk', fetch, ({ outputs }, before, after) => [
    is('status', outputs.status, 'success'),
    fetchedAsAt(bucket, fetch.key, join(temp, fetch.directory), redesign),
    checkNothingChanged(before, after),
  ]);

  heading('The job summaries, as GitHub shows them');
  say(relative(process.cwd(), writePages(stage.summaries)));
} finally {
  await sandbox.stop();
  rmSync(temp, { recursive: true, force: true });
}

stage.conclude();

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
