import { Readable } from 'node:stream';
import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { startSandbox } from '../sandbox/index.ts';
import { parseVersionsPage } from '../src/s3/listing/list-xml.ts';
import { fetchPage } from '../src/s3/listing/pages.ts';
import { RateGate, RateState } from '../src/s3/rate.ts';
import { Requester, realWaiting } from '../src/s3/request.ts';
import { keyAt } from './keys.ts';
import { grouped, median, printTable, printTitle, ratio } from './table.ts';

const ENTRIES = 1000;
const ROUNDS = 25;
const PAGES = 16;

/** CPU for a listed entry: the product's way of reading a page against the SDK's own, on the same bytes. */
export async function cpuPerEntry(): Promise<void> {
  const full = await pageOf(ENTRIES);
  const empty = await pageOf(0);
  const ours = { full: fetcher(full), empty: fetcher(empty) };
  const sdk = { full: sdkFetcher(full), empty: sdkFetcher(empty) };
  const work = {
    ours: ours.full,
    sdk: sdk.full,
    oursEmpty: ours.empty,
    sdkEmpty: sdk.empty,
    scanner: async () => void parseVersionsPage(full),
  };
  const cpu = await alternately(work);

  printTitle(
    'CPU per listed entry',
    `A page of ${grouped(ENTRIES)} entries (${grouped(full.length / 1024)} KiB), from the answer's bytes to entries; the network left out.`,
    `Median of ${ROUNDS} rounds of ${PAGES} pages, in turn. All threads, so collecting the garbage counts.`,
  );
  const perEntry = (microseconds: number) => `${((microseconds / ENTRIES) * 1000).toFixed(0)} ns`;
  const row = (name: string, a: number, b: number) => [name, perEntry(a), perEntry(b), ratio(b, a)];
  printTable(
    ['', 'ours', 'the SDK', 'the SDK to ours'],
    [
      row('reading a page (a whole request less an empty one)', cpu.ours - cpu.oursEmpty, cpu.sdk - cpu.sdkEmpty),
      row('a whole request (signing and middleware included)', cpu.ours, cpu.sdk),
      ['the scanner alone', perEntry(cpu.scanner), '', ''],
    ],
  );
}

/** An answer to ListObjectVersions as the sandbox gives it, which is as AWS was recorded to give it. */
async function pageOf(entries: number): Promise<Buffer> {
  const sandbox = await startSandbox({ now: Date.UTC(2026, 0, 7) });
  try {
    const bucket = sandbox.createBucket('bench');
    for (let i = 0; i < entries; i++) {
      const key = keyAt('site', Math.floor(i / 2), entries);
      if (i % 4 === 3) bucket.delete(key);
      else bucket.put(key, { body: `${i}`, checksumCrc64nvme: 'rosUhgp5mIg=' });
    }
    const answer = await fetch(`${sandbox.endpoint}/bench?versions&encoding-type=url`);
    return Buffer.from(await answer.arrayBuffer());
  } finally {
    await sandbox.stop();
  }
}

/** A client whose network is a buffer, that comes in chunks as a socket would give it. */
function stubbedClient(body: Buffer): S3Client {
  const chunks = Array.from({ length: Math.ceil(body.length / 65_536) }, (_, i) =>
    body.subarray(i * 65_536, (i + 1) * 65_536),
  );
  return new S3Client({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    requestHandler: {
      handle: async () => ({
        response: { statusCode: 200, headers: { 'content-type': 'application/xml' }, body: Readable.from(chunks) },
      }),
    },
  });
}

function fetcher(body: Buffer): () => Promise<void> {
  const never = new AbortController().signal;
  const gate = new RateGate(new RateState(1, 1000), { ...realWaiting, stop: never });
  const requester = new Requester(gate, { stop: never, abort: never }, realWaiting);
  const bucket = { client: stubbedClient(body), name: 'bench' };
  return async () => {
    await fetchPage(requester, bucket, { prefix: '' });
  };
}

function sdkFetcher(body: Buffer): () => Promise<void> {
  const client = stubbedClient(body);
  return async () => {
    await client.send(new ListObjectVersionsCommand({ Bucket: 'bench', EncodingType: 'url' }));
  };
}

/** Microseconds of CPU for one call of each, the median over the rounds; the first rounds are thrown away. */
async function alternately<K extends string>(
  work: Readonly<Record<K, () => Promise<void>>>,
): Promise<Record<K, number>> {
  const names = Object.keys(work) as K[];
  const seen = new Map<K, number[]>(names.map((name) => [name, []]));
  const warmUp = 5;
  for (let round = 0; round < ROUNDS + warmUp; round++) {
    for (const name of names) {
      const before = process.cpuUsage();
      for (let page = 0; page < PAGES; page++) await work[name]();
      const { user, system } = process.cpuUsage(before);
      if (round >= warmUp) seen.get(name)?.push((user + system) / PAGES);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(seen.get(name) ?? [])])) as Record<K, number>;
}
