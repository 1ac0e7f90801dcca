import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Bucket } from '../sandbox/index.ts';
import { type Deploy, fileOf, type Published, publishSite, SITE } from './site.ts';

/** The coffee roaster's site again, and three who delete something of it: a script, a job, and somebody who works there. */

export interface Actor {
  readonly accessKeyId: string;
  /** As S3's events name them. */
  readonly principal: string;
  readonly sourceIp: string;
}

export const ADMIN: Actor = {
  accessKeyId: 'AKIAADMIN',
  principal: 'AWS:AROAADMINS1234567890:olga',
  sourceIp: '198.51.100.2',
};
export const CLEAN_UP: Actor = {
  accessKeyId: 'AKIACLEANUP',
  principal: 'AWS:AROABUILDSERVER12345:clean-up-previews',
  sourceIp: '203.0.113.24',
};
export const RETENTION: Actor = {
  accessKeyId: 'AKIARETENTION',
  principal: 'AWS:AROARETENTION1234567:retention-job-2026-11',
  sourceIp: '10.20.0.7',
};
export const EDITOR: Actor = {
  accessKeyId: 'AKIAEDITOR',
  principal: 'AWS:AROAEDITORS123456789:mara',
  sourceIp: '198.51.100.7',
};
export const ACTORS = [ADMIN, CLEAN_UP, RETENTION, EDITOR];

/** What somebody did. */
export interface Doing {
  readonly who: Actor;
  readonly what: string;
  readonly keys: readonly string[];
  /** As S3 answered them. */
  readonly requestIds: readonly string[];
}

export interface BotStory {
  readonly deploys: readonly Deploy[];
  readonly cleanUp: Doing;
  readonly retention: Doing;
  readonly editor: Doing;
  /** What should be on the site: as it was published, without what the retention job took, with the editor's newer file. */
  readonly good: ReadonlyMap<string, Published>;
}

const CITIES = ['berlin', 'hamburg', 'leipzig', 'munich', 'vienna'];
const PRICES = `${SITE}press/Price list (autumn) 100% + tax.pdf`;
/** Where somebody noticed, and stopped it. */
const STOPPED_AFTER = 3_000;

/** Publish the site, let its bucket tell the queue, then let the three do what they do. */
export async function tellBotStory(bucket: Bucket, endpoint: string, queueArn: string): Promise<BotStory> {
  const now = Date.now();
  const { deploys, site } = publishSite(bucket, now);
  const expired = menus(2022, 40);
  const all = [...expired, ...menus(2023, 52), ...menus(2024, 52), ...menus(2025, 52), ...menus(2026, 4)];
  const good = new Map(site);
  for (const key of all) {
    const file = fileOf(key, 1);
    good.set(key, file);
    bucket.put(key, { ...file, lastModified: now - 20 * 86_400_000 });
  }

  await as(ADMIN, endpoint).send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: bucket.name,
      NotificationConfiguration: {
        // More than the bot needs: the removal of markers too, so that it hears of its own deeds.
        QueueConfigurations: [{ Id: 's3-bot', QueueArn: queueArn, Events: ['s3:ObjectRemoved:*'] }],
      },
    }),
  );

  const retention = await retire(bucket.name, endpoint, expired);
  for (const key of expired) good.delete(key);
  const cleanUp = await cleanUpTooMuch(bucket.name, endpoint);
  const newer = { body: Buffer.from('%PDF-1.7 the winter prices'), contentType: 'application/pdf' };
  const editor = await replace(bucket.name, endpoint, newer);
  good.set(PRICES, newer);
  return { deploys, good, retention, cleanUp, editor };
}

function as({ accessKeyId }: Actor, endpoint: string): S3Client {
  const credentials = { accessKeyId, secretAccessKey: 'example' };
  return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
}

/** A menu a week in every city. */
function menus(year: number, weeks: number): string[] {
  return Array.from({ length: weeks }, (_, i) =>
    CITIES.map((city) => `${SITE}menus/${year}/week-${String(i + 1).padStart(2, '0')}-${city}.pdf`),
  ).flat();
}

/** Old menus go, as the law wants it. */
async function retire(bucket: string, endpoint: string, keys: readonly string[]): Promise<Doing> {
  const client = as(RETENTION, endpoint);
  const requestIds = [await deleteAll(client, bucket, keys)];
  return { who: RETENTION, what: 'old menus, as every month', keys, requestIds };
}

/**
 * `clean-up.sh "site/$PREVIEW"`, and nobody had set PREVIEW: it begins with the first key of the site, and goes on until
 * somebody stops it.
 */
async function cleanUpTooMuch(bucket: string, endpoint: string): Promise<Doing> {
  const client = as(CLEAN_UP, endpoint);
  const keys: string[] = [];
  const requestIds: string[] = [];
  while (keys.length < STOPPED_AFTER) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: SITE }));
    const page = Contents.map(({ Key = '' }) => Key).slice(0, STOPPED_AFTER - keys.length);
    requestIds.push(await deleteAll(client, bucket, page));
    keys.push(...page);
  }
  return { who: CLEAN_UP, what: 'far more than it should have', keys, requestIds };
}

/** Somebody takes a file away, and puts a newer one in its place before the bot comes by. */
async function replace(bucket: string, endpoint: string, { body, contentType }: Published): Promise<Doing> {
  const client = as(EDITOR, endpoint);
  const { $metadata } = await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: PRICES }));
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: PRICES, Body: body, ContentType: contentType }));
  const requestIds = [$metadata.requestId ?? ''];
  return { who: EDITOR, what: 'one file, then put a newer one there', keys: [PRICES], requestIds };
}

/** In one request; gives its id. */
async function deleteAll(client: S3Client, bucket: string, keys: readonly string[]): Promise<string> {
  const { $metadata, Errors = [] } = await client.send(
    new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } }),
  );
  if (Errors.length > 0) throw new Error(`${Errors.length} keys could not be deleted`);
  return $metadata.requestId ?? '';
}
