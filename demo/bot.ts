/**
 * The recovery bot at work: `npm run demo:bot`. A site, a clean-up script gone wrong, a queue that hears of it, and the
 * built action, which undoes it by itself: as GitHub's runner would start it, against an S3, a queue and a GitHub that run
 * here. Looks into bucket and queue itself after every run. Exits with 1 when anything is not as it should be. Needs no network.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { startSandbox } from '../sandbox/index.ts';
import { JOB_TOKEN, startFakeGitHub } from '../test/support/fake-github.ts';
import { queuePort } from '../test/support/queue-events.ts';
import { startQueueServer } from '../test/support/queue-server.ts';
import { checkAsBefore, checkIssue, checkLeft, checkQueue, checkTold } from './bot-prove.ts';
import { ACTORS, tellBotStory } from './bot-site.ts';
import { OUT, pageName, writePages } from './page.ts';
import {
  asPublished,
  checkNothingChanged,
  checkNoVersionLost,
  checkStayDeleted,
  is,
  isWrite,
  photograph,
} from './prove.ts';
import { SITE } from './site.ts';
import { Stage } from './stage.ts';
import { columns, count, dim, grouped, heading, say } from './terminal.ts';

const BUCKET = 'rosewood-web';
const QUEUE = 's3-bot-events';
/** After so many receives the queue gives up on a message. */
const RECEIVES = 3;
const POLICY = `version: 1
rules:
  - name: published site
    bucket: ${BUCKET}
    keys: ['${SITE}**']
    wanted-by:
      principals: ['*:retention-job-*']
    then: restore
`;
const VISITS = {
  paths: [
    'index.html',
    'shop/kenya-117/index.html',
    'img/shop/kenya-117-960.webp',
    'blog/2025/12/post-726/index.html',
    'menus/2023/week-10-vienna.pdf',
    'menus/2022/week-10-vienna.pdf',
    'press/Price list (autumn) 100% + tax.pdf',
  ],
  unexpected: 'taken away on purpose',
};

const server = await startQueueServer();
const queue = server.createQueue(QUEUE, { deadLetter: true, maxReceiveCount: RECEIVES });
const queues = queuePort(server.endpoint);
const github = await startFakeGitHub({ repository: 'rosewood/website' });
const by = <T>(of: (actor: (typeof ACTORS)[number]) => T) =>
  Object.fromEntries(ACTORS.map((actor) => [actor.accessKeyId, of(actor)]));
const sandbox = await startSandbox({
  events: { queues, principals: by(({ principal }) => principal), sourceIps: by(({ sourceIp }) => sourceIp) },
});
const bucket = sandbox.createBucket(BUCKET);
const temp = mkdtempSync(join(tmpdir(), 's3-rollback-demo-'));
const stage = new Stage({
  sandbox,
  bucket,
  temp,
  inputs: { 'github-token': JOB_TOKEN },
  env: { AWS_ENDPOINT_URL_SQS: server.endpoint, ...github.env(), GITHUB_RUN_ID: '4711' },
});

try {
  mkdirSync(join(temp, '.github'));
  writeFileSync(join(temp, '.github/s3-rollback.yml'), POLICY);

  heading('A site in a versioned bucket, whose events go to a queue; and a clean-up script that went wrong');
  const story = await tellBotStory(bucket, sandbox.endpoint, `arn:aws:sqs:us-east-1:000000000000:${QUEUE}`);
  await sandbox.events.settled();
  const { cleanUp, retention, editor, good } = story;
  const doings = [retention, cleanUp, editor];
  const rows = doings.map(({ who, what, keys }) => [who.principal, who.sourceIp, grouped(keys.length), what]);
  for (const line of columns([['who', 'from', 'deleted', ''].map(dim), ...rows], [2])) say(line);
  await stage.showVisit(good, VISITS);
  say();
  // Every deletion, and what S3 sends when its notifications are switched on.
  const events = doings.flatMap(({ keys }) => keys).length + 1;
  stage.check('The queue', [checkQueue(queue, { visible: events, deadLetters: 0 })]);
  say();
  say(dim('.github/s3-rollback.yml, the policy'));
  for (const line of POLICY.trimEnd().split('\n')) say(dim(`  ${line}`));

  const recover = { operation: 'recover', 'queue-url': queue.url, 'idle-polls': '1', 'report-to': 'summary, issue' };
  const beforeAll = photograph(bucket);
  await stage.act('1  What would the bot do? A dry run', { ...recover, 'dry-run': 'true' }, (run, before, after) => [
    is('status', run.outputs.status, 'planned'),
    is('keys planned', run.outputs.planned, cleanUp.keys.length),
    checkTold(run, cleanUp, '3,000 would be restored'),
    checkTold(run, retention, 'left alone: wanted-by'),
    checkTold(run, editor, '1 left alone: written since'),
    checkNothingChanged(before, after),
    checkQueue(queue, { visible: events, deadLetters: 0 }),
    is('issues', github.repository.issues.length, 0),
  ]);

  await stage.act('2  The bot', recover, (run, before, after) => [
    is('status', run.outputs.status, 'success'),
    is('keys restored', run.outputs.restored, cleanUp.keys.length),
    checkTold(run, cleanUp, '3,000 restored'),
    checkTold(run, retention, 'left alone: wanted-by'),
    checkTold(run, editor, '1 left alone: written since'),
    checkAsBefore(bucket, cleanUp.keys, good),
    asPublished(bucket, good),
    checkStayDeleted(bucket, retention.keys, { noun: 'menu', by: 'the retention job' }),
    checkLeft(before, after, [...retention.keys, ...editor.keys]),
    checkNoVersionLost(before, after),
    // What is in the queue now are the bot's own removals, of one delete marker each.
    checkQueue(queue, { visible: cleanUp.keys.length, deadLetters: 0 }),
    checkIssue(github.repository.issues, cleanUp, '3,000 restored'),
  ]);
  await stage.showVisit(good, VISITS);

  await stage.act(
    '3  The bot again: the queue told it of what it did itself',
    recover,
    ({ outputs }, before, after) => [
      is('status', outputs.status, 'no-change'),
      is('requests that change anything', sandbox.requests.all().filter(isWrite).length, 0),
      checkNothingChanged(before, after),
      checkQueue(queue, { visible: 0, deadLetters: 0 }),
      checkIssue(github.repository.issues, cleanUp, '3,000 restored'),
    ],
  );

  const poison = '{"hello": "I am no event"}';
  await queue.send([poison]);
  const title = '4  A message that is no event';
  // Nobody needs to wait for a queue that holds one message.
  const once = { ...recover, 'drain-seconds': '1' };
  await stage.act(title, once, ({ outputs }, before, after) => [
    is('status', outputs.status, 'no-change'),
    checkNothingChanged(before, after),
    checkQueue(queue, { inFlight: 1, deadLetters: 0 }),
  ]);
  for (let receives = 2; receives <= RECEIVES + 1; receives++) {
    const [hidden] = queue.inspect().inFlight;
    const seconds = Math.ceil(((hidden?.visibleAt ?? 0) - Date.now()) / 1000);
    say();
    say(dim(`It comes again in ${count(seconds, 'second')}. The demo lets them pass, and runs the bot again.`));
    await queue.showAll();
    const last = receives > RECEIVES;
    const { code } = await stage.run(once);
    stage.check(title, [
      is('exit code', code, 0),
      checkQueue(queue, last ? { deadLetters: 1 } : { inFlight: 1, deadLetters: 0 }),
    ]);
  }
  stage.check(title, [is('in the dead-letter queue', queue.inspect().deadLetters[0]?.body, poison)]);
  say();
  stage.check('In the end', [
    checkAsBefore(bucket, cleanUp.keys, good),
    checkLeft(beforeAll, photograph(bucket), [...retention.keys, ...editor.keys]),
  ]);

  heading('The job summaries and the issue, as GitHub shows them');
  const pages = [...stage.summaries];
  const issue = github.repository.issues[0];
  if (issue !== undefined) {
    const markdown = `## ${issue.title} #${issue.number}\n\n${issue.body ?? ''}`;
    pages.push({ title: 'The incident issue', markdown, kind: issue.state });
  }
  const folder = join(OUT, 'bot');
  say(relative(process.cwd(), writePages(pages, folder)));
  say(relative(process.cwd(), join(folder, pageName(pages.length - 1, 'The incident issue'))));
} finally {
  await sandbox.stop();
  queues.close();
  await Promise.all([server.stop(), github.stop()]);
  rmSync(temp, { recursive: true, force: true });
}

stage.conclude();
