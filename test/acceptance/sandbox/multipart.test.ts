import type { Bucket, PutOptions, RequestRecord } from '../../../sandbox/index.ts';
import { minute, onSandbox, seed } from '../support/sandbox.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const FILM = 6 * GIB;
const WHOLE_CHECKSUM = { algorithm: 'CRC64NVME', type: 'FULL_OBJECT' } as const;

/** Everything that a version can carry. */
const DRESSED: PutOptions = {
  contentType: 'video/mp4; codecs="avc1"',
  metadata: { author: 'someone', 'release-number': '42', empty: '' },
  headers: {
    cacheControl: 'max-age=60, must-revalidate',
    contentDisposition: 'attachment; filename="a b.mp4"',
    contentEncoding: 'identity',
    contentLanguage: 'en, de',
    expires: 'when it is done',
    websiteRedirectLocation: '/elsewhere?a=b',
  },
  tags: { stage: 'live', owner: 'a b+c', 'a/b:c=d@e': '', n\u00fcmber: '\u00fc&=%2F' },
  storageClass: 'STANDARD_IA',
  checksum: WHOLE_CHECKSUM,
};

/** How the old version came to be, and into which parts its copy is cut. */
const SOURCES = [
  { what: 'in one piece', put: { size: FILM }, parts: even(48, 128 * MIB), sameEtag: false },
  { what: 'in 12 equal parts', put: { parts: even(12, 512 * MIB) }, parts: even(12, 512 * MIB), sameEtag: true },
  {
    what: 'in parts, the last one smaller',
    put: { parts: [...even(5, GIB), 7] },
    parts: [...even(5, GIB), 7],
    sameEtag: true,
  },
  {
    what: 'in unequal parts',
    put: { parts: [5 * GIB, 100 * MIB, 924 * MIB] },
    parts: even(48, 128 * MIB),
    sameEtag: false,
  },
  {
    what: 'with a last part that is the largest',
    put: { parts: [2 * GIB, 2 * GIB, 3 * GIB] },
    parts: even(56, 128 * MIB),
    sameEtag: false,
  },
] as const;

function even(count: number, size: number): number[] {
  return Array.from({ length: count }, () => size);
}

/** The old version, oldest first; somebody then wrote `B` over it. */
function seedFilm(bucket: Bucket, options: PutOptions, key = 'film'): string {
  const versionId = bucket.put(key, { lastModified: minute(0), ...options });
  bucket.put(key, { body: 'B', contentType: 'text/plain', lastModified: minute(1) });
  return versionId;
}

/** All that is to be the same afterwards. */
function appearance(bucket: Bucket, key: string, versionId: string) {
  const { size, contentType, metadata, headers, storageClass, tags, sse, lock } = bucket.find(key, versionId) ?? {};
  return { size, contentType, metadata, headers, storageClass, tags, sse, lock };
}

function top(bucket: Bucket, key = 'film'): string {
  return bucket.current(key)?.versionId ?? '';
}

/** Bytes of each part, in order of the parts. */
function sizes(parts: readonly RequestRecord[]): number[] {
  const found: number[] = [];
  for (const { query, headers } of parts) {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers['x-amz-copy-source-range'] ?? '') ?? [];
    found[Number(query.partNumber) - 1] = Number(last) - Number(first) + 1;
  }
  return found;
}

const ROLLBACK = { operation: 'rollback', key: 'film', 'versions-back': '1' };

onSandbox('an object over 5 GiB goes back in parts', (test) => {
  for (const { what, put, parts, sameEtag } of SOURCES) {
    test(`uploaded ${what}: everything is as it was, in the parts that its size asks for`, async (context) => {
      const { bucket, act, expect, requests } = context;
      const old = seedFilm(bucket, { ...DRESSED, ...put });
      const run = await act({ operation: 'rollback', key: 'film', 'version-id': old });
      expect(run.code, run.stdout).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(bucket.entries('film')).toHaveLength(3);
      expect(appearance(bucket, 'film', top(bucket))).toEqual(appearance(bucket, 'film', old));
      expect(bucket.current('film')?.etag === bucket.find('film', old)?.etag).toBe(sameEtag);
      expect(sizes(requests('UploadPartCopy'))).toEqual(parts);
      expect(requests('CopyObject')).toEqual([]);
      expect(bucket.uploads.all()).toEqual([]);
      expect(run.journal()).toContainEqual(expect.objectContaining({ status: 'done', versionId: top(bucket) }));
      expect(run.report()).toMatchObject({ steps: { 'copy-version': 1 }, notes: [] });
    });
  }

  test('every part is of that version with that content; the completion is on what the plan saw', async (context) => {
    const { bucket, act, expect, requests } = context;
    const old = seedFilm(bucket, { size: FILM });
    const seen = bucket.current('film')?.etag;
    await act(ROLLBACK);
    const source = { versionId: old, etag: bucket.find('film', old)?.etag };
    for (const { headers } of requests('UploadPartCopy')) {
      expect(headers['x-amz-copy-source']).toBe(`${bucket.name}/film?versionId=${source.versionId}`);
      expect(headers['x-amz-copy-source-if-match']).toBe(`"${source.etag}"`);
    }
    expect(requests('CompleteMultipartUpload').map(({ headers }) => headers['if-match'])).toEqual([`"${seen}"`]);
  });

  test('over a delete marker the completion is for no object', async ({ bucket, act, expect, requests }) => {
    seedFilm(bucket, { size: FILM });
    bucket.delete('film', { lastModified: minute(2) });
    const run = await act(ROLLBACK);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(bucket.current('film')?.size).toBe(FILM);
    expect(requests('CompleteMultipartUpload').map(({ headers }) => headers['if-none-match'])).toEqual(['*']);
  });

  for (const [what, sse] of [
    ['S3 with its own key', { algorithm: 'AES256' }],
    ['KMS with a bucket key', { algorithm: 'aws:kms', kmsKeyId: 'arn:aws:kms:us-east-1:1:key/k', bucketKey: true }],
    ['KMS without one', { algorithm: 'aws:kms', kmsKeyId: 'arn:aws:kms:us-east-1:1:key/k' }],
    ['KMS twice', { algorithm: 'aws:kms:dsse', kmsKeyId: 'arn:aws:kms:us-east-1:1:key/k' }],
  ] as const) {
    test(`encrypted by ${what}: so is the copy`, async ({ bucket, act, expect }) => {
      const old = seedFilm(bucket, { ...DRESSED, parts: even(3, 2 * GIB), sse });
      const run = await act(ROLLBACK);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(appearance(bucket, 'film', top(bucket))).toEqual(appearance(bucket, 'film', old));
    });
  }

  test(
    'a locked version: its lock is kept where that is asked for',
    async ({ bucket, act, expect }) => {
      const lock = { mode: 'GOVERNANCE', retainUntil: '2030-01-01T00:00:00Z', legalHold: true } as const;
      const old = seedFilm(bucket, { size: FILM, lock });
      const run = await act({ ...ROLLBACK, preserve: 'object-lock' });
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(appearance(bucket, 'film', top(bucket))).toEqual(appearance(bucket, 'film', old));
    },
    { objectLock: true },
  );

  for (const { what, put, sameEtag } of SOURCES.slice(0, 3)) {
    test(`run again, uploaded ${what}: nothing is left to do`, async ({ bucket, act, expect, mutations }) => {
      const checksum = sameEtag ? {} : { checksum: WHOLE_CHECKSUM };
      const old = seedFilm(bucket, { ...put, ...checksum });
      const inputs = { operation: 'rollback', key: 'film', 'version-id': old };
      const run = await act(inputs);
      expect(run.outputs).toMatchObject({ status: 'success' });
      const sent = mutations().length;
      const again = await act(inputs);
      expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
      expect(again.after).toEqual(run.after);
      expect(mutations()).toHaveLength(sent);
    });
  }

  test('exactly 5 GiB is one copy, a byte more is none', async ({ bucket, act, expect, requests }) => {
    seedFilm(bucket, { size: 5 * GIB }, 'at');
    seedFilm(bucket, { size: 5 * GIB + 1 }, 'over');
    seed(bucket, 'small', 'A B');
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '3' });
    expect(
      requests('CopyObject')
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['at', 'small']);
    expect(sizes(requests('UploadPartCopy'))).toEqual([...even(40, 128 * MIB), 1]);
  });

  test('a dry run says so, and begins no upload', async ({ bucket, act, expect, mutations }) => {
    seedFilm(bucket, { size: FILM });
    const run = await act({ ...ROLLBACK, 'dry-run': 'true' });
    expect(run.plan().lines[0]?.steps).toMatchObject([{ do: 'copy-version', multipart: FILM }]);
    expect(mutations()).toEqual([]);
  });

  test('every request names the owner that is expected', async ({ bucket, act, expect, requests }) => {
    seedFilm(bucket, { ...DRESSED, parts: even(6, GIB) });
    const run = await act({ ...ROLLBACK, 'expected-bucket-owner': '111122223333' });
    expect(run.outputs).toMatchObject({ status: 'success' });
    for (const { operation, headers } of requests()) {
      expect(headers['x-amz-expected-bucket-owner'], operation).toBe('111122223333');
    }
    for (const { headers } of requests('UploadPartCopy')) {
      expect(headers['x-amz-source-expected-bucket-owner']).toBe('111122223333');
    }
  });

  test('a name that has to be encoded', async ({ bucket, act, expect }) => {
    const key = "a b+c%2F?versionId=x&'()*!/\u00fc\u{1f600}";
    const old = seedFilm(bucket, { ...DRESSED, parts: even(6, GIB) }, key);
    const run = await act({ ...ROLLBACK, key });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(appearance(bucket, key, top(bucket, key))).toEqual(appearance(bucket, key, old));
  });
});

onSandbox('an object over 5 GiB goes elsewhere in parts', (test) => {
  for (const [what, inputs, there] of [
    ['another bucket', {}, 'film'],
    ['another bucket, below a prefix', { 'destination-prefix': 'back/' }, 'back/film'],
  ] as const) {
    for (const over of ['nothing', 'a version', 'a delete marker'] as const) {
      test(`to ${what}, where ${over} was`, async ({ bucket, another, act, expect, requests }) => {
        const destination = another();
        const old = seedFilm(bucket, { ...DRESSED, parts: even(6, GIB) });
        if (over !== 'nothing') destination.put(there, { body: 'T' });
        if (over === 'a delete marker') destination.delete(there);
        const run = await act({ ...ROLLBACK, 'destination-bucket': destination.name, ...inputs });
        expect(run.code, run.stdout).toBe(0);
        expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
        const copy = destination.current(there);
        expect(appearance(destination, there, copy?.versionId ?? '')).toEqual(appearance(bucket, 'film', old));
        expect(copy?.etag).toBe(bucket.find('film', old)?.etag);
        const [completion] = requests('CompleteMultipartUpload');
        const guard = over === 'a version' ? 'if-match' : 'if-none-match';
        expect(completion?.headers[guard]).toBeDefined();
        expect(run.all.get(bucket.name)?.after).toEqual(run.all.get(bucket.name)?.before);
        const again = await act({ ...ROLLBACK, 'destination-bucket': destination.name, ...inputs });
        expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
      });
    }
  }

  test('to a prefix of the same bucket', async ({ bucket, act, expect }) => {
    const old = seedFilm(bucket, { ...DRESSED, size: FILM });
    const run = await act({ ...ROLLBACK, 'destination-prefix': 'back/' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(appearance(bucket, 'back/film', top(bucket, 'back/film'))).toEqual(appearance(bucket, 'film', old));
  });

  test('several versions of it, oldest first', async ({ bucket, another, act, expect }) => {
    const destination = another();
    const ids = [6, 7, 8].map((n) => bucket.put('film', { parts: even(n, GIB), lastModified: minute(n) }));
    const rows = ids.map((versionId) => ({ bucket: bucket.name, key: 'film', versionId }));
    const files = {
      'rows.jsonl': rows
        .toReversed()
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    };
    const inputs = { operation: 'rollback', manifest: 'rows.jsonl', 'destination-bucket': destination.name };
    const run = await act(inputs, { files, rows });
    expect(run.code, run.stdout).toBe(0);
    expect(destination.entries('film').map(({ size }) => size / GIB)).toEqual([8, 7, 6]);
    const again = await act(inputs, { files, rows });
    expect(again.outputs).toMatchObject({ status: 'no-change' });
  });
});
