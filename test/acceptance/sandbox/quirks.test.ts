import type { Bucket, BucketOptions, PutOptions } from '../../../sandbox/index.ts';
import type { Report } from '../../../src/core/report.ts';
import type { Act } from '../support/act.ts';
import { minute, onSandbox, type SandboxContext } from '../support/sandbox.ts';

type Quirks = NonNullable<BucketOptions['quirks']>;

const OTHERS = { others: true };
const ROLLBACK = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' };
const TO_NOTHING = { operation: 'rollback', 'whole-bucket': 'true', 'to-time': '2020-01-01T00:00:00Z' };

/** What a note says, by the quirk that it is about. */
const NOTES = {
  refusesSelfCopy: /refuses to copy a version onto its own key/,
  refusesConditions: /refuses conditional writes/,
  refusesAnnotations: /does not know annotations/,
} as const;

/** Each alone, and all that can come together. */
const SERVERS: readonly (readonly [string, Quirks])[] = [
  ['self-copies are refused', { refusesSelfCopy: true }],
  ['conditions are refused', { refusesConditions: true }],
  ['conditions are ignored', { ignoresConditions: true }],
  ['annotations are refused', { refusesAnnotations: true }],
  ['ids are not told', { hidesVersionIds: true }],
  ['self-copies and conditions are refused', { refusesSelfCopy: true, refusesConditions: true }],
  ['self-copies and annotations are refused', { refusesSelfCopy: true, refusesAnnotations: true }],
  ['conditions and annotations are refused', { refusesConditions: true, refusesAnnotations: true }],
  ['self-copies are refused, ids are not told', { refusesSelfCopy: true, hidesVersionIds: true }],
  ['conditions are refused, ids are not told', { refusesConditions: true, hidesVersionIds: true }],
  ['conditions are ignored, ids are not told', { ignoresConditions: true, hidesVersionIds: true }],
  [
    'all is refused, and ids are not told',
    { refusesSelfCopy: true, refusesConditions: true, refusesAnnotations: true, hidesVersionIds: true },
  ],
];

const DRESSED: PutOptions = {
  contentType: 'text/css; charset=utf-8',
  metadata: { author: 'someone' },
  headers: { cacheControl: 'max-age=60', expires: 'never', websiteRedirectLocation: '/elsewhere' },
  tags: { stage: 'live', owner: 'a b+c' },
  storageClass: 'STANDARD_IA',
  sse: { algorithm: 'aws:kms', kmsKeyId: 'arn:aws:kms:us-east-1:1:key/k', bucketKey: true },
};

/** Twenty keys of 2 KB and less, one without a byte, one deleted since; somebody wrote over all of them. */
function seedKeys(bucket: Bucket): Map<string, string> {
  const old = new Map<string, string>();
  for (let i = 0; i < 20; i++) {
    const key = `k${String(i).padStart(2, '0')}`;
    const body = i === 0 ? '' : 'x'.repeat(i === 1 ? 2048 : i);
    old.set(key, bucket.put(key, { body, lastModified: minute(0), ...(i % 2 === 1 && DRESSED) }));
    bucket.put(key, { body: `wrong ${i}`, lastModified: minute(1) });
    if (i === 7) bucket.delete(key, { lastModified: minute(2) });
  }
  return old;
}

function appearance(bucket: Bucket, key: string, versionId = bucket.current(key)?.versionId ?? '') {
  const { body, contentType, metadata, headers, storageClass, tags, sse } = bucket.find(key, versionId) ?? {};
  return { body: Buffer.from(body ?? []).toString(), contentType, metadata, headers, storageClass, tags, sse };
}

/** Contents, oldest first; `x` for a marker. */
function contents(bucket: Bucket, key = 'k'): string {
  return bucket
    .entries(key)
    .toReversed()
    .map(({ deleteMarker, body }) => (deleteMarker ? 'x' : Buffer.from(body ?? []).toString()))
    .join(' ');
}

function seedAB(bucket: Bucket, key = 'k'): void {
  bucket.put(key, { body: 'A', lastModified: minute(0) });
  bucket.put(key, { body: 'B', lastModified: minute(1) });
}

function notesAbout({ notes }: Report, about: keyof typeof NOTES): string[] {
  return notes.filter((note) => NOTES[about].test(note));
}

/** Each quirk that makes a difference is said once, in the report and in the summary; nothing else is said. */
function expectNotes({ expect }: SandboxContext, run: Act, wanted: readonly (keyof typeof NOTES)[]): void {
  for (const about of Object.keys(NOTES) as (keyof typeof NOTES)[]) {
    const count = wanted.includes(about) ? 1 : 0;
    expect(notesAbout(run.report(), about), about).toHaveLength(count);
    expect(run.summary.match(new RegExp(NOTES[about], 'g')) ?? [], `${about} in the summary`).toHaveLength(count);
  }
}

onSandbox('servers that do less than S3', (test) => {
  for (const [what, quirks] of SERVERS) {
    test(
      `${what}: 20 keys go back, each as it was`,
      async (context) => {
        const { bucket, act, expect, requests } = context;
        const old = seedKeys(bucket);
        const run = await act(ROLLBACK);
        expect(run.code, run.stdout).toBe(0);
        expect(run.outputs).toMatchObject({ status: 'success', restored: '20', conflicts: '0', failed: '0' });
        for (const [key, versionId] of old) {
          expect(appearance(bucket, key), key).toEqual(appearance(bucket, key, versionId));
          expect(bucket.entries(key)).toHaveLength(key === 'k07' ? 4 : 3);
        }
        expect(bucket.uploads.all()).toEqual([]);
        expectNotes(context, run, [
          ...(quirks.refusesSelfCopy ? (['refusesSelfCopy'] as const) : []),
          ...(quirks.refusesConditions ? (['refusesConditions'] as const) : []),
        ]);
        expect(requests('CompleteMultipartUpload').length).toBeGreaterThanOrEqual(quirks.refusesSelfCopy ? 20 : 0);
        if (!quirks.refusesSelfCopy) expect(requests('CreateMultipartUpload')).toEqual([]);
        // What was learnt is remembered: of 32 that are in flight at once each may find it out for itself, no more.
        const refused = requests().filter(({ status }) => status === 501 || status === 400);
        expect(refused.length).toBeLessThanOrEqual(20 * 3);
      },
      { quirks },
    );

    test(
      `${what}: one key after the other, each refusal is met once`,
      async ({ bucket, act, expect, requests }) => {
        seedKeys(bucket);
        const run = await act({ ...ROLLBACK, concurrency: '1' });
        expect(run.outputs).toMatchObject({ status: 'success', restored: '20' });
        const refused = requests().filter(({ status }) => status === 501 || status === 400);
        const { refusesSelfCopy, refusesConditions, refusesAnnotations } = quirks;
        expect(refused).toHaveLength([refusesSelfCopy, refusesConditions, refusesAnnotations].filter(Boolean).length);
      },
      { quirks },
    );

    test(
      `${what}: keys that should not exist get a marker`,
      async (context) => {
        const { bucket, act, expect } = context;
        for (const key of ['a', 'b', 'c']) bucket.put(key, { body: 'A', lastModified: minute(0) });
        const run = await act(TO_NOTHING);
        expect(run.outputs).toMatchObject({ status: 'success', restored: '3', conflicts: '0' });
        for (const key of ['a', 'b', 'c']) expect(contents(bucket, key)).toBe('A x');
        expectNotes(context, run, quirks.refusesConditions ? ['refusesConditions'] : []);
        const again = await act(TO_NOTHING);
        expect(again.outputs).toMatchObject({ status: 'no-change' });
      },
      { quirks },
    );

    test(
      `${what}: markers go, which none of it is about`,
      async (context) => {
        const { bucket, act, expect } = context;
        seedAB(bucket);
        bucket.delete('k', { lastModified: minute(2) });
        const run = await act({ operation: 'undelete', key: 'k' });
        expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
        expect(contents(bucket)).toBe('A B');
        expectNotes(context, run, []);
      },
      { quirks },
    );

    test(
      `${what}: several versions of a key, in their old order`,
      async ({ bucket, act, expect }) => {
        const ids = ['A', 'B', 'C', 'D'].map((body, i) => bucket.put('k', { body, lastModified: minute(i) }));
        const rows = [2, 0, 1].map((i) => ({ bucket: bucket.name, key: 'k', versionId: ids[i] ?? '' }));
        const files = { 'rows.jsonl': rows.map((row) => `${JSON.stringify(row)}\n`).join('') };
        const run = await act({ operation: 'rollback', manifest: 'rows.jsonl' }, { files, rows });
        expect(run.code, run.stdout).toBe(0);
        expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
        expect(contents(bucket)).toBe('A B C D A B C');
      },
      { quirks },
    );

    test(
      `${what}: into another bucket`,
      async ({ bucket, another, act, expect }) => {
        const destination = another({ quirks });
        const old = seedKeys(bucket);
        destination.put('k03', { body: 'T' });
        destination.put('k04', { body: 'T' });
        destination.delete('k04');
        const inputs = { ...ROLLBACK, 'destination-bucket': destination.name };
        const run = await act(inputs);
        expect(run.outputs).toMatchObject({ status: 'success', restored: '20' });
        for (const [key, versionId] of old) {
          expect(appearance(destination, key), key).toEqual(appearance(bucket, key, versionId));
        }
        expect(destination.uploads.all()).toEqual([]);
      },
      { quirks },
    );

    test(
      `${what}: run again, nothing is left to do`,
      async ({ bucket, act, expect, mutations }) => {
        for (const key of ['a', 'b']) {
          bucket.put(key, { body: 'A', lastModified: minute(0), checksum: { algorithm: 'CRC64NVME' } });
          bucket.put(key, { body: 'B', lastModified: minute(1) });
        }
        const inputs = { operation: 'rollback', 'whole-bucket': 'true', 'to-time': new Date(minute(0)).toISOString() };
        const run = await act(inputs);
        expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
        const sent = mutations().length;
        const again = await act(inputs);
        expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '2' });
        expect(mutations()).toHaveLength(sent);
      },
      { quirks },
    );
  }
});

onSandbox('annotations', (test) => {
  test(
    'are said to be lost where they were to be kept and the server does not know them',
    async (context) => {
      const { bucket, act, expect } = context;
      seedAB(bucket);
      const run = await act({ ...ROLLBACK, preserve: 'annotations' });
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expectNotes(context, run, ['refusesAnnotations']);
    },
    { quirks: { refusesAnnotations: true } },
  );

  test('are kept without a word where the server knows them', async (context) => {
    const { bucket, act, expect, requests } = context;
    seedAB(bucket);
    const run = await act({ ...ROLLBACK, preserve: 'annotations' });
    expect(requests('CopyObject').map(({ headers }) => headers['x-amz-object-annotation-directive'] ?? 'none')).toEqual(
      ['COPY'],
    );
    expectNotes(context, run, []);
  });

  test(
    'are said to be lost by copies in parts',
    async ({ bucket, act, expect }) => {
      seedAB(bucket);
      const run = await act({ ...ROLLBACK, preserve: 'annotations' });
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(
        run.report().notes.filter((note) => /Annotations are not kept by copies in parts/.test(note)),
      ).toHaveLength(1);
    },
    { quirks: { refusesSelfCopy: true } },
  );
});

/** Two ways to write to a key: the request that does it, what it starts from, what it would end in. */
const WRITES = [
  { what: 'a copy', inputs: ROLLBACK, quirks: {}, from: 'A B', by: 'CopyObject', adds: 'A' },
  {
    what: 'a copy in parts',
    inputs: ROLLBACK,
    quirks: { refusesSelfCopy: true },
    from: 'A B',
    by: 'CompleteMultipartUpload',
    adds: 'A',
  },
  { what: 'a new marker', inputs: TO_NOTHING, quirks: {}, from: 'A', by: 'DeleteObject', adds: 'x' },
] as const;

const SOMEBODY = [
  ['a new version', (bucket: Bucket) => void bucket.put('k', { body: 'Z' }), 'Z'],
  ['a deletion', (bucket: Bucket) => void bucket.delete('k'), 'x'],
] as const;

/** Two deletions on top of each other: the key is deleted, as it should be, whoever did it. */
const SAME = { status: 'success', restored: '2', conflicts: '0', failed: '0' };

for (const { what, inputs, quirks, from, by, adds } of WRITES) {
  onSandbox(`conditions are refused, and somebody else writes: ${what}`, (test) => {
    for (const [theirs, write, token] of SOMEBODY) {
      const seedFrom = (bucket: Bucket) => {
        from.split(' ').forEach((body, i) => {
          bucket.put('k', { body, lastModified: minute(i) });
        });
        // The first refusal is met on another key; it comes before in the order of keys.
        bucket.put('a', { body: 'A', lastModified: minute(0) });
        if (inputs === ROLLBACK) bucket.put('a', { body: 'B', lastModified: minute(1) });
      };
      const options = { quirks: { ...quirks, refusesConditions: true } };
      const one = { ...inputs, concurrency: '1' };
      const same = adds === 'x' && token === 'x';

      test(
        `${theirs} just before: a conflict, and theirs stays on top`,
        async (context) => {
          const { bucket, act, expect, fault } = context;
          seedFrom(bucket);
          fault({ operation: by, key: 'a', times: 1, when: 'after', hook: () => write(bucket) });
          const run = await act(one, OTHERS);
          expect(run.code).toBe(0);
          expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', conflicts: '1', failed: '0' });
          expect(contents(bucket)).toBe(`${from} ${token}`);
          expect(run.report().conflicts).toMatchObject([{ key: 'k' }]);
          expectNotes(context, run, [
            'refusesConditions',
            ...('refusesSelfCopy' in quirks ? (['refusesSelfCopy'] as const) : []),
          ]);
          expect(bucket.uploads.all()).toEqual([]);
        },
        options,
      );

      for (const verify of ['true', 'false']) {
        const unread = verify === 'true' ? '' : ', also where nothing is verified';
        test(
          `${theirs} between look and write: found out afterwards${unread}`,
          async (context) => {
            const { bucket, act, expect, fault } = context;
            seedFrom(bucket);
            fault({ operation: by, key: 'k', times: 1, hook: () => write(bucket) });
            const run = await act({ ...one, verify }, OTHERS);
            expect(run.outputs).toMatchObject(same ? SAME : { restored: '1', conflicts: '1', failed: '0' });
            expect(run.report().conflicts).toMatchObject(same ? [] : [{ key: 'k' }]);
            // Nothing is lost: theirs is there, below or on top.
            const now = contents(bucket).split(' ');
            expect(now.slice(0, from.split(' ').length).join(' ')).toBe(from);
            expect(now.slice(from.split(' ').length).sort()).toEqual([token, adds].sort());
          },
          options,
        );
      }

      test(
        `${theirs} just after: a conflict`,
        async ({ bucket, act, expect, fault }) => {
          seedFrom(bucket);
          fault({ operation: by, key: 'k', when: 'after', hook: () => write(bucket) });
          const run = await act(one, OTHERS);
          expect(run.outputs).toMatchObject(same ? SAME : { restored: '1', conflicts: '1' });
          expect(contents(bucket)).toBe(`${from} ${adds} ${token}`);
        },
        options,
      );
    }
  });

  onSandbox(`conditions are ignored, and somebody else writes: ${what}`, (test) => {
    for (const [theirs, write, token] of SOMEBODY) {
      test(
        `${theirs} just before: found out by verification`,
        async ({ bucket, act, expect, fault }) => {
          from.split(' ').forEach((body, i) => {
            bucket.put('k', { body, lastModified: minute(i) });
          });
          fault({ operation: by, key: 'k', times: 1, hook: () => write(bucket) });
          const run = await act(inputs, OTHERS);
          const same = adds === 'x' && token === 'x';
          expect(run.outputs).toMatchObject(
            same ? { restored: '1', conflicts: '0' } : { restored: '0', conflicts: '1' },
          );
        },
        { quirks: { ...quirks, ignoresConditions: true } },
      );
    }
  });
}

onSandbox('ids are not told', (test) => {
  test(
    'the journal has those that were found out, and none that are wrong',
    async ({ bucket, act, expect }) => {
      seedAB(bucket);
      const run = await act(ROLLBACK);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      const done = run.journal().flatMap((line) => ('result' in line ? [line] : []));
      expect(done.map(({ status }) => status)).toEqual(['done']);
      for (const { versionId } of done) expect([undefined, bucket.current('k')?.versionId]).toContain(versionId);
    },
    { quirks: { hidesVersionIds: true } },
  );

  test(
    'somebody else writes after the copy: a conflict',
    async ({ bucket, act, expect, fault }) => {
      seedAB(bucket);
      fault({ operation: 'CopyObject', when: 'after', hook: () => void bucket.put('k', { body: 'Z' }) });
      const run = await act(ROLLBACK, OTHERS);
      expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
    },
    { quirks: { hidesVersionIds: true } },
  );

  for (const [what, quirks] of [
    ['', { hidesVersionIds: true }],
    [', in parts', { hidesVersionIds: true, refusesSelfCopy: true }],
  ] as const) {
    test(
      `somebody writes between two versions of a key${what}: a conflict, theirs stays`,
      async (context) => {
        const { bucket, act, expect, fault } = context;
        const ids = ['A', 'B', 'C'].map((body, i) => bucket.put('k', { body, lastModified: minute(i) }));
        const rows = [0, 1].map((i) => ({ bucket: bucket.name, key: 'k', versionId: ids[i] ?? '' }));
        const files = { 'rows.jsonl': rows.map((row) => `${JSON.stringify(row)}\n`).join('') };
        const by = what === '' ? 'CopyObject' : 'CompleteMultipartUpload';
        fault({ operation: by, times: 1, when: 'after', hook: () => void bucket.put('k', { body: 'Z' }) });
        const run = await act({ operation: 'rollback', manifest: 'rows.jsonl' }, { files, rows, ...OTHERS });
        expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
        expect(contents(bucket)).toBe('A B C A Z');
      },
      { quirks },
    );
  }
});
