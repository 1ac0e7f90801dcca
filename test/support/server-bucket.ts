import { randomBytes } from 'node:crypto';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { fitsInXml } from '../../src/core/keys.ts';
import { readListing } from '../conformance/support/listing.ts';
import { recordReplies, reply } from '../conformance/support/reply.ts';
import type { TestServer } from './server.ts';

/** One entry of a key's history, as the server lists it. */
export interface Row {
  readonly versionId: string;
  readonly deleteMarker: boolean;
  /** Without quotes; '' for a marker. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
}

/** Every key that has entries, newest entry first. */
export type Histories = ReadonlyMap<string, readonly Row[]>;

export interface BucketSetup {
  /** Default `Enabled`; `never`: versioning was never switched on. */
  readonly versioning?: 'Enabled' | 'never';
  readonly objectLock?: boolean;
}

const recording = new WeakSet<object>();

/** A bucket of a test's own on any S3 server, prepared and inspected through S3's own API. */
export class ServerBucket {
  readonly name = `acceptance-${randomBytes(8).toString('hex')}`;
  readonly server: TestServer;

  private constructor(server: TestServer) {
    this.server = server;
  }

  static async create(server: TestServer, setup: BucketSetup = {}): Promise<ServerBucket> {
    if (!recording.has(server.s3)) recordReplies(server.s3);
    recording.add(server.s3);
    const bucket = new ServerBucket(server);
    const lock = setup.objectLock === true;
    await server.s3.createBucket({ Bucket: bucket.name, ...(lock && { ObjectLockEnabledForBucket: true }) });
    if (setup.versioning !== 'never') await bucket.versioning('Enabled');
    return bucket;
  }

  async versioning(status: 'Enabled' | 'Suspended'): Promise<void> {
    await this.server.s3.putBucketVersioning({ Bucket: this.name, VersioningConfiguration: { Status: status } });
  }

  /** Puts an object; gives its version id, `null` where versioning gives none. */
  async put(key: string, body: string | Uint8Array, more: Partial<PutObjectCommandInput> = {}): Promise<string> {
    const output = await this.server.s3.putObject({ Bucket: this.name, Key: key, Body: body, ...more });
    return output.VersionId ?? 'null';
  }

  /** Puts a delete marker; gives its id. Throws where the server answers none: it did not put one. */
  async mark(key: string): Promise<string> {
    const output = await this.server.s3.deleteObject({ Bucket: this.name, Key: key });
    if (output.VersionId === undefined) throw new Error(`DELETE of ${JSON.stringify(key)} answered no version id`);
    return output.VersionId;
  }

  async remove(key: string, versionId: string): Promise<void> {
    await this.server.s3.deleteObject({ Bucket: this.name, Key: key, VersionId: versionId });
  }

  async read(key: string): Promise<string | undefined> {
    const { status, output } = await reply(() => this.server.s3.getObject({ Bucket: this.name, Key: key }));
    return status === 404 ? undefined : await output?.Body?.transformToString();
  }

  /** The whole bucket. Of the sandbox without a request, so that its log and its faults do not see it. */
  async histories(): Promise<Histories> {
    const { sandbox } = this.server;
    return sandbox === undefined ? this.#list() : sandboxHistories(sandbox.bucket(this.name));
  }

  async history(key: string): Promise<readonly Row[]> {
    return (await this.histories()).get(key) ?? [];
  }

  /** Removes everything, then the bucket. The sandbox forgets by itself. */
  async destroy(): Promise<void> {
    const { s3, sandbox } = this.server;
    if (sandbox !== undefined) return;
    const entries = [...(await this.#list())].flatMap(([Key, rows]) =>
      rows.map(({ versionId: VersionId }) => ({ Key, VersionId })),
    );
    const together = entries.filter(({ Key }) => fitsInXml(Key));
    const alone = entries.filter(({ Key }) => !fitsInXml(Key));
    for (const object of alone) await s3.deleteObject({ Bucket: this.name, ...object });
    for (let i = 0; i < together.length; i += 1000) {
      const Objects = together.slice(i, i + 1000);
      await s3.deleteObjects({ Bucket: this.name, Delete: { Objects, Quiet: true }, BypassGovernanceRetention: true });
    }
    await s3.deleteBucket({ Bucket: this.name });
  }

  /** In wire order, which the SDK's own output loses. */
  async #list(): Promise<Histories> {
    const found = new Map<string, Row[]>();
    let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
    for (;;) {
      const input = { Bucket: this.name, EncodingType: 'url' as const, ...markers };
      const page = readListing(await reply(() => this.server.s3.listObjectVersions(input)));
      if (page.verdict !== '200') throw new Error(`the bucket cannot be listed: ${page.verdict}`);
      for (const { key, kind, versionId, lastModified, fields } of page.entries) {
        const rows = found.get(key) ?? [];
        const etag = (fields.ETag ?? '').replaceAll('"', '');
        rows.push({ versionId, deleteMarker: kind === 'marker', etag, lastModified: Date.parse(lastModified) });
        found.set(key, rows);
      }
      const last = page.entries.at(-1);
      if (!page.truncated || last === undefined) return found;
      markers = { KeyMarker: last.key, VersionIdMarker: last.versionId };
    }
  }
}

interface Readable {
  keys(): string[];
  entries(key: string): readonly Row[];
}

export function sandboxHistories(bucket: Readable): Histories {
  return new Map(
    bucket.keys().map((key) => [
      key,
      bucket.entries(key).map(({ versionId, deleteMarker, etag, lastModified }) => ({
        versionId,
        deleteMarker,
        etag,
        lastModified,
      })),
    ]),
  );
}
