import type { BucketPort } from '../src/core/ports.ts';
import { createClient, openBuckets } from '../src/s3/index.ts';
import { SHAPES, type Shape } from './keys.ts';
import type { RemoteSandbox } from './sandbox.ts';
import { grouped, printTable, printTitle, ratio, seconds } from './table.ts';
import { timed } from './undelete.ts';

const LATENCY = 50;
const KEYS = 150_000;
const LANES = 16;
const PAGE = 1000;

/** Listing by ranges side by side, against one page after another. */
export async function listings(sandbox: RemoteSandbox): Promise<void> {
  const entries = KEYS + KEYS / 3;
  printTitle(
    `Listing ${grouped(entries)} entries at ${LATENCY} ms a request`,
    `The engine's own listing, ${LANES} lanes against 1. Wasted: requests beyond the ${grouped(entries / PAGE)} that the entries fill.`,
    'The sandbox, one thread, bounds the parallel one: see its share of the time.',
  );
  const rows: (string | number)[][] = [];
  for (const shape of SHAPES) {
    const bucket = `listing-${shape}`;
    await sandbox.fill({ bucket, keys: KEYS, shape, history: 'mixed' }, LATENCY);
    const one = await watchListing(sandbox, bucket, 1, entries);
    const many = await watchListing(sandbox, bucket, LANES, entries);
    rows.push([
      EXAMPLES[shape],
      seconds(one.wall),
      seconds(many.wall),
      ratio(one.wall, many.wall),
      many.requests,
      Math.max(0, many.requests - Math.ceil(entries / PAGE)),
      many.inFlight,
      `${Math.round((100 * many.serverCpu) / many.wall)} %`,
    ]);
  }
  printTable(
    ['keys', '1 lane', `${LANES} lanes`, 'faster', 'requests', 'wasted', 'most in flight', 'sandbox busy'],
    rows,
  );
}

const EXAMPLES: Readonly<Record<Shape, string>> = {
  dates: 'dates: logs/2026/01/31/23/web-3/…',
  hashes: 'hashes: objects/0a/4d55a8…',
  numbers: 'numbers: uploads/IMG_00012345.jpg',
  site: 'site: nine tenths below one folder',
};

async function watchListing(sandbox: RemoteSandbox, bucket: string, lanes: number, expected: number) {
  const never = new AbortController().signal;
  const concurrency = 32;
  const clientFor = (region: string) =>
    createClient({ region, endpointUrl: sandbox.endpoint, forcePathStyle: true, concurrency });
  const client = clientFor('us-east-1');
  const buckets = openBuckets({
    client,
    clientFor,
    concurrency,
    batchSize: 1000,
    bypassGovernanceRetention: false,
    stop: never,
    abort: never,
    lanes,
  });
  const port = buckets.open(bucket);
  const { value, counts } = await sandbox.watch(() =>
    timed(async () => {
      const found = await countEntries(port);
      if (found !== expected) throw new Error(`${bucket}: listed ${found} entries of ${expected}`);
    }),
  );
  client.destroy();
  return { wall: value.wall, requests: counts.requests, inFlight: counts.maxInFlight, serverCpu: counts.cpu };
}

async function countEntries(port: BucketPort): Promise<number> {
  let entries = 0;
  const segments: Promise<void>[] = [];
  for await (const segment of port.list({ prefix: '' }).segments) {
    segments.push(
      (async () => {
        for await (const batch of segment.batches) for (const history of batch) entries += history.entries.length;
      })(),
    );
  }
  await Promise.all(segments);
  return entries;
}
