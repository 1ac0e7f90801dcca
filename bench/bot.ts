import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { undoOneByOne } from './bot-peers.ts';
import { BotServers, type Deleted } from './bot-servers.ts';
import { type Measured, measure } from './probe.ts';
import { grouped, megabytes, printTable, printTitle, ratio, seconds } from './table.ts';
import { timed } from './undelete.ts';

const KEYS = 10_000;
const LATENCIES = [10, 0];
const EXPLANATION = [
  'Ours: dist/index.js as the runner starts it, the start of Node, the sorting, plan, journal and proof included. It stops',
  'receiving at max-messages; a run that empties the queue also waits until it says so, 5 s a poll, two by default.',
  'The loops: receive 1, HEAD, DeleteObject, DeleteMessage, in a process that has the SDK loaded; reckoned from fewer.',
];
/** The loops are too slow to wait for: they are run on so many, and the rest is reckoned. */
const PEERS = [
  { inFlight: 1, keys: 500 },
  { inFlight: 10, keys: 2_000 },
];

interface Row {
  readonly name: string;
  /** Milliseconds. */
  readonly wall: number;
  readonly cpu: number;
  readonly s3: number;
  readonly sqs: number;
  /** What share of a core each server was busy with. */
  readonly busy: string;
}

/** Deletions out of a queue, undone: events a second, requests of both sorts, memory. */
export async function bot(long: boolean): Promise<void> {
  const servers = await BotServers.start();
  try {
    for (const latency of LATENCIES) await undone(servers, latency);
    await memory(servers, long);
  } finally {
    servers.stop();
  }
}

async function undone(servers: BotServers, latency: number): Promise<void> {
  printTitle(
    `${grouped(KEYS)} deletions out of a queue, undone, ${latency === 0 ? 'without latency' : `at ${latency} ms a request, S3 and SQS`}`,
    ...(latency === LATENCIES[0] ? EXPLANATION : []),
  );
  const rows: Row[] = [];
  const ours = await servers.delete(KEYS);
  const { value, s3, queue } = await servers.watch(ours, latency, () => drain(servers, ours));
  rows.push({
    name: 'ours',
    wall: value.run.milliseconds,
    cpu: value.usage.cpu,
    s3: s3.requests,
    sqs: queue.requests,
    busy: busyness(value.run.milliseconds, s3.cpu, queue.cpu),
  });

  for (const { inFlight, keys } of PEERS) {
    const deleted = await servers.delete(keys);
    const clients = clientsOf(servers);
    const seen = await servers.watch(deleted, latency, () =>
      timed(() => undoOneByOne(clients, deleted.queueUrl, keys, inFlight)),
    );
    const scale = KEYS / keys;
    rows.push({
      name: `${inFlight === 1 ? 'a loop, one by one' : `${inFlight} such loops`} (reckoned from ${grouped(keys)})`,
      wall: seen.value.wall * scale,
      cpu: seen.value.cpu * scale,
      s3: seen.s3.requests * scale,
      sqs: seen.queue.requests * scale,
      busy: busyness(seen.value.wall, seen.s3.cpu, seen.queue.cpu),
    });
  }
  const [first] = rows;
  if (first === undefined) return;
  printTable(
    ['', 'events/s', 'wall', 'to ours', 'S3 req.', 'a key', 'SQS req.', 'a message', 'CPU', 'S3, queue busy'],
    rows.map((row) => [
      row.name,
      (KEYS * 1000) / row.wall,
      seconds(row.wall),
      ratio(row.wall, first.wall),
      Math.round(row.s3),
      (row.s3 / KEYS).toFixed(4),
      Math.round(row.sqs),
      (row.sqs / KEYS).toFixed(2),
      seconds(row.cpu),
      row.busy,
    ]),
  );
  console.log(`\n  Ours: ${words(s3.byOperation)}; ${words(queue.byAction)}.`);
}

async function memory(servers: BotServers, long: boolean): Promise<void> {
  printTitle(
    'Memory of the bot, by the number of messages',
    'Resident memory of dist/index.js at 10 %, 50 % and 100 % of its time, and the highest. No latency: as fast as it goes.',
    ...(long ? [] : ['With --long also 100,000, the most that max-messages allows.']),
  );
  const rows: (string | number)[][] = [];
  let first: number | undefined;
  for (const keys of [1_000, 10_000, 50_000, ...(long ? [100_000] : [])]) {
    const deleted = await servers.delete(keys);
    const { value, s3, queue } = await servers.watch(deleted, 0, () => drain(servers, deleted));
    const { rss, peak, cpu } = value.usage;
    const at = (share: number) => megabytes(rss[Math.max(0, Math.ceil(rss.length * share) - 1)] ?? 0);
    first ??= peak;
    const { milliseconds } = value.run;
    rows.push([
      `${grouped(keys)} messages`,
      at(0.1),
      at(0.5),
      at(1),
      megabytes(peak),
      ratio(peak, first),
      seconds(milliseconds),
      (keys * 1000) / milliseconds,
      `${((cpu / keys) * 1000).toFixed(0)} µs`,
      busyness(milliseconds, s3.cpu, queue.cpu),
    ]);
  }
  printTable(
    ['', 'at 10 %', 'at 50 %', 'at 100 %', 'peak', 'to first', 'wall', 'events/s', 'CPU each', 'S3, queue busy'],
    rows,
  );
}

/** The built action, until it has received all there is. */
function drain({ s3Endpoint }: BotServers, { queueUrl, keys }: Deleted): Promise<Measured> {
  const inputs = { operation: 'recover', 'queue-url': queueUrl, 'max-messages': String(keys) };
  return measure(inputs, s3Endpoint);
}

/** As they come, but for the endpoint. */
function clientsOf({ s3Endpoint, queueEndpoint }: BotServers): { s3: S3Client; sqs: SQSClient } {
  const region = 'us-east-1';
  return {
    s3: new S3Client({ endpoint: s3Endpoint, region, forcePathStyle: true }),
    sqs: new SQSClient({ endpoint: queueEndpoint, region }),
  };
}

function busyness(wall: number, ...cpus: readonly number[]): string {
  return cpus.map((cpu) => `${Math.round((100 * cpu) / wall)} %`).join(', ');
}

function words(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, n]) => `${name} ${grouped(n)}`)
    .join(', ');
}
