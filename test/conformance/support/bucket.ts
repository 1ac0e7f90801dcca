import { randomBytes } from 'node:crypto';
import type {
  CopyObjectCommandInput,
  CopyObjectCommandOutput,
  DeleteObjectCommandOutput,
  DeleteObjectsCommandOutput,
  GetObjectCommandOutput,
  HeadObjectCommandOutput,
  ListObjectVersionsCommandInput,
  ObjectIdentifier,
  PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { type Entry, type Listing, readListing } from './listing.ts';
import { type Reply, reply } from './reply.ts';
import { s3 } from './server.ts';

export interface BucketSetup {
  /** Default `Enabled`. `never`: versioning was never switched on. */
  readonly versioning?: 'Enabled' | 'Suspended' | 'never';
  readonly objectLock?: boolean;
}

/** A bucket with a random name, and the requests that the behaviours speak about. */
export class Bucket {
  readonly name = `conformance-${randomBytes(10).toString('hex')}`;
  readonly #others: Bucket[] = [];

  static async create(setup: BucketSetup = {}): Promise<Bucket> {
    const bucket = new Bucket();
    const lock = setup.objectLock === true;
    await s3.createBucket({ Bucket: bucket.name, ...(lock ? { ObjectLockEnabledForBucket: true } : {}) });
    const versioning = setup.versioning ?? 'Enabled';
    if (versioning !== 'never' && !lock) await bucket.versioning(versioning);
    return bucket;
  }

  /** A second bucket, destroyed together with this one. */
  async another(setup: BucketSetup = {}): Promise<Bucket> {
    const bucket = await Bucket.create(setup);
    this.#others.push(bucket);
    return bucket;
  }

  async versioning(status: 'Enabled' | 'Suspended'): Promise<void> {
    await s3.putBucketVersioning({ Bucket: this.name, VersioningConfiguration: { Status: status } });
  }

  /** Puts an object and gives its version id: `null` where versioning gives none. */
  async put(key: string, body = 'body', more: Partial<PutObjectCommandInput> = {}): Promise<string> {
    const output = await s3.putObject({ Bucket: this.name, Key: key, Body: body, ...more });
    return output.VersionId ?? 'null';
  }

  /** Puts a delete marker and gives its version id. */
  async mark(key: string): Promise<string> {
    const output = await s3.deleteObject({ Bucket: this.name, Key: key });
    if (output.VersionId === undefined) throw new Error(`DELETE of ${JSON.stringify(key)} answered no version id`);
    return output.VersionId;
  }

  delete(
    key: string,
    versionId?: string,
    more: { IfMatch?: string; BypassGovernanceRetention?: boolean } = {},
  ): Promise<Reply<DeleteObjectCommandOutput>> {
    return reply(() => s3.deleteObject({ ...this.#object(key, versionId), ...more }));
  }

  deleteMany(
    objects: ObjectIdentifier[],
    more: { quiet?: boolean; bypass?: boolean } = {},
  ): Promise<Reply<DeleteObjectsCommandOutput>> {
    return reply(() =>
      s3.deleteObjects({
        Bucket: this.name,
        Delete: { Objects: objects, ...(more.quiet === true ? { Quiet: true } : {}) },
        ...(more.bypass === true ? { BypassGovernanceRetention: true } : {}),
      }),
    );
  }

  get(key: string, versionId?: string): Promise<Reply<GetObjectCommandOutput>> {
    return reply(() => s3.getObject(this.#object(key, versionId)));
  }

  head(key: string, versionId?: string): Promise<Reply<HeadObjectCommandOutput>> {
    return reply(() => s3.headObject(this.#object(key, versionId)));
  }

  /** Copies a version of this bucket, by default the current one onto the same key. */
  copy(
    key: string,
    versionId?: string,
    more: Partial<CopyObjectCommandInput> = {},
  ): Promise<Reply<CopyObjectCommandOutput>> {
    const CopySource = this.source(key, versionId);
    return reply(() => s3.copyObject({ Bucket: this.name, Key: key, CopySource, ...more }));
  }

  /** The value of `x-amz-copy-source`: everything encoded but the slashes and `?versionId=`. */
  source(key: string, versionId?: string): string {
    const path = `${this.name}/${key.split('/').map(encodeURIComponent).join('/')}`;
    return versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(versionId)}`;
  }

  /** One page, keys encoded on the wire. */
  async list(input: Partial<ListObjectVersionsCommandInput> = {}): Promise<Listing> {
    return this.listPlain({ EncodingType: 'url', ...input });
  }

  /** One page without EncodingType. */
  async listPlain(input: Partial<ListObjectVersionsCommandInput> = {}): Promise<Listing> {
    return readListing(await reply(() => s3.listObjectVersions({ Bucket: this.name, ...input })));
  }

  /** All pages of at most so many entries, each continued after the last entry of the one before, with both markers. */
  async pages(maxKeys: number, input: Partial<ListObjectVersionsCommandInput> = {}): Promise<Listing[]> {
    const pages: Listing[] = [];
    let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
    for (;;) {
      const page = await this.list({ MaxKeys: maxKeys, ...input, ...markers });
      pages.push(page);
      const last = page.entries.at(-1);
      if (!page.truncated || last === undefined) return pages;
      markers = { KeyMarker: last.key, VersionIdMarker: last.versionId };
    }
  }

  /** The whole bucket in the server's order, as `[key, kind, version id]`. */
  async history(): Promise<string[][]> {
    return (await this.pages(1000)).flatMap((page) => outline(page.entries));
  }

  /** Removes every entry, then the bucket. */
  async destroy(): Promise<void> {
    for (const other of this.#others) await other.destroy();
    // Always the first page, because not every server can continue a listing from which entries have gone.
    for (let left = await this.list(); left.entries.length > 0; left = await this.list()) {
      await Promise.all(left.entries.map((entry) => this.#destroyEntry(entry)));
    }
    await s3.deleteBucket({ Bucket: this.name });
  }

  async #destroyEntry({ key, versionId }: Entry): Promise<void> {
    const remove = () => this.delete(key, versionId);
    if ((await remove()).status === 204) return;
    const held = { ...this.#object(key, versionId), LegalHold: { Status: 'OFF' as const } };
    await reply(() => s3.putObjectLegalHold(held));
    // A lock in compliance mode can only be waited for: the behaviours that use one set it for a few seconds.
    for (let tries = 0; tries < 20; tries++) {
      if ((await this.delete(key, versionId, { BypassGovernanceRetention: true })).status === 204) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(`cannot clean up: ${JSON.stringify(key)} ${versionId} in ${this.name} does not go away`);
  }

  #object(key: string, versionId: string | undefined): { Bucket: string; Key: string; VersionId?: string } {
    return { Bucket: this.name, Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
  }
}

export function outline(entries: readonly Entry[]): string[][] {
  return entries.map((entry) => [entry.key, entry.kind, entry.versionId]);
}
