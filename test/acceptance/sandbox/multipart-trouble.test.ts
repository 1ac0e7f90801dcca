import type { Bucket, PutOptions } from '../../../sandbox/index.ts';
import { annotationsOf } from '../support/commands.ts';
import { minute, onSandbox, type SandboxContext } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

const GIB = 1024 ** 3;
const OTHERS = { others: true };

/** Six parts of the film, then `B` over it: `film` goes back to the film. */
function seedFilm(bucket: Bucket, options: PutOptions = {}): { inputs: Record<string, string>; old: string } {
  const parts = Array.from({ length: 6 }, () => GIB);
  const old = bucket.put('film', { parts, lastModified: minute(0), ...options });
  bucket.put('film', { body: 'B', lastModified: minute(1) });
  return { old, inputs: { operation: 'rollback', key: 'film', 'version-id': old } };
}

/** Sizes, newest first; `x` for a marker, letters for one byte. */
function story(bucket: Bucket): string {
  return bucket
    .entries('film')
    .toReversed()
    .map(({ deleteMarker, size, body }) =>
      deleteMarker ? 'x' : size === 1 ? Buffer.from(body ?? []).toString() : `${size / GIB}G`,
    )
    .join(' ');
}

function expectNothingLeft({ bucket, expect }: SandboxContext): void {
  expect(bucket.uploads.all(), 'uploads that were begun and are neither completed nor aborted').toEqual([]);
}

const TRANSIENT = [
  ['503 SlowDown', { respond: { status: 503, code: 'SlowDown' } }],
  ['500 InternalError', { respond: { status: 500, code: 'InternalError' } }],
  ['connections lost before', { drop: 'before' }],
  ['connections lost after', { drop: 'after' }],
  ['answers cut in the middle', { drop: 'mid-body' }],
  ['status 200 with an error in it', { body: '<?xml version="1.0"?><Error><Code>InternalError</Code></Error>' }],
] as const;

onSandbox('copies in parts on a server in trouble: done exactly once, nothing left behind', (test) => {
  for (const [what, effect] of TRANSIENT) {
    for (const operation of ['CreateMultipartUpload', 'UploadPartCopy', 'CompleteMultipartUpload'] as const) {
      test(`${operation}: ${what}`, async (context) => {
        const { bucket, act, expect, fault } = context;
        const { inputs } = seedFilm(bucket);
        fault({ operation, times: 2, ...effect });
        const run = await act(inputs);
        expect(run.code, run.stdout).toBe(0);
        expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
        expect(story(bucket)).toBe('6G B 6G');
        expect(run.report().requests.retries).toBeGreaterThan(0);
        // An upload whose beginning was not answered has no parts, costs nothing, and nobody knows its id.
        const unknown = operation === 'CreateMultipartUpload' && 'drop' in effect && effect.drop !== 'before' ? 2 : 0;
        expect(bucket.uploads.all()).toHaveLength(unknown);
        expect(bucket.uploads.all().flatMap(({ parts }) => [...parts])).toEqual([]);
      });
    }
  }

  for (const [what, put] of [
    ['with the ETag of its parts', {}],
    ['under KMS', { sse: { algorithm: 'aws:kms', kmsKeyId: 'k' } }],
    ['with a checksum of the whole', { checksum: { algorithm: 'CRC64NVME', type: 'FULL_OBJECT' } }],
  ] as const) {
    test(`a completion whose answer is lost, ${what}: seen to have been done`, async (context) => {
      const { bucket, act, expect, fault, requests } = context;
      const { inputs } = seedFilm(bucket, put);
      fault({ operation: 'CompleteMultipartUpload', times: 1, drop: 'after' });
      const run = await act(inputs);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1', conflicts: '0' });
      expect(story(bucket)).toBe('6G B 6G');
      expect(requests('CompleteMultipartUpload').length).toBeGreaterThan(1);
      expect(run.journal()).toContainEqual(
        expect.objectContaining({ status: 'done', versionId: bucket.current('film')?.versionId }),
      );
      expectNothingLeft(context);
    });
  }

  test('a completion whose answers are all lost: seen to have been done', async (context) => {
    const { bucket, act, expect, fault } = context;
    const { inputs } = seedFilm(bucket);
    fault({ operation: 'CompleteMultipartUpload', drop: 'after' });
    const run = await act(inputs);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(story(bucket)).toBe('6G B 6G');
    expectNothingLeft(context);
  });
});

onSandbox('copies in parts that fail', (test) => {
  for (const operation of ['CreateMultipartUpload', 'UploadPartCopy', 'CompleteMultipartUpload'] as const) {
    test(`${operation} is refused: failed with the mend, and nothing left behind`, async (context) => {
      const { bucket, act, expect, fault } = context;
      const { inputs } = seedFilm(bucket);
      fault({
        operation,
        skip: operation === 'UploadPartCopy' ? 3 : 0,
        respond: { status: 403, code: 'AccessDenied' },
      });
      const run = await act(inputs);
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'failed', restored: '0', failed: '1' });
      const [failure] = run.report().failures;
      expect(failure).toMatchObject({ key: 'film', code: 'AccessDenied', hint: expect.stringContaining('s3:') });
      expect(story(bucket)).toBe('6G B');
      expectNothingLeft(context);
    });
  }

  test('the tags may not be read: failed with the mend, before an upload is begun', async (context) => {
    const { bucket, act, expect, fault, mutations } = context;
    const { inputs } = seedFilm(bucket, { tags: { a: 'b' } });
    fault({ operation: 'GetObjectTagging', respond: { status: 403, code: 'AccessDenied' } });
    const run = await act(inputs);
    expect(run.code).toBe(1);
    const [failure] = run.report().failures;
    expect(failure).toMatchObject({
      code: 'AccessDenied',
      hint: expect.stringContaining('s3:GetObjectVersionTagging'),
    });
    expect(mutations()).toEqual([]);
  });

  test('the upload cannot be aborted: said, with its id and what to do', async ({ bucket, act, expect, fault }) => {
    const { inputs } = seedFilm(bucket);
    fault({ operation: 'UploadPartCopy', respond: { status: 403, code: 'AccessDenied' } });
    fault({ operation: 'AbortMultipartUpload', respond: { status: 403, code: 'AccessDenied' } });
    const run = await act(inputs);
    expect(run.code).toBe(1);
    const [left] = bucket.uploads.all();
    expect(run.report().failures[0]?.message).toContain(left?.id);
    expect(run.report().failures[0]?.hint).toContain('abort-multipart-upload');
    expect(run.report().notes.filter((note) => note.includes('could not be aborted'))).toHaveLength(1);
    expect(run.summary).toContain('could not be aborted');
  });

  test('the copy has another checksum than its source: failed, and said', async (context) => {
    const { bucket, act, expect } = context;
    const { inputs } = seedFilm(bucket, { checksumCrc64nvme: 'AAAAAAAAAAA=' });
    const run = await act(inputs);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ restored: '0', failed: '1' });
    const copy = bucket.current('film')?.versionId ?? '';
    expect(run.report().failures).toMatchObject([
      { key: 'film', code: 'checksum-mismatch', message: expect.stringContaining(copy) },
    ]);
    expectNothingLeft(context);
  });

  test('no more requests fly than are allowed', async ({ bucket, act, expect, fault }) => {
    const { inputs } = seedFilm(bucket, { parts: Array.from({ length: 30 }, () => GIB / 4) });
    let flying = 0;
    let most = 0;
    const takeOff = () => {
      most = Math.max(most, ++flying);
    };
    const land = () => {
      flying -= 1;
    };
    fault({ operation: 'UploadPartCopy', hook: takeOff });
    // Long enough that, also on a busy machine, the others take off before the first lands.
    fault({ operation: 'UploadPartCopy', latencyMs: 50 });
    fault({ operation: 'UploadPartCopy', when: 'after', hook: land });
    const run = await act({ ...inputs, concurrency: '3' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(most).toBe(3);
  });

  test('the source is removed in the middle: failed, and nothing left behind', async (context) => {
    const { bucket, act, expect, fault } = context;
    const { inputs, old } = seedFilm(bucket);
    fault({ operation: 'UploadPartCopy', skip: 2, times: 1, hook: () => void bucket.remove('film', old) });
    const run = await act(inputs, OTHERS);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', failed: '1', restored: '0' });
    expect(story(bucket)).toBe('B');
    expectNothingLeft(context);
  });

  test('one of several fails: the others are done', async (context) => {
    const { bucket, act, expect, fault } = context;
    for (const key of ['a', 'film', 'z']) {
      bucket.put(key, { parts: [3 * GIB, 3 * GIB], lastModified: minute(0) });
      bucket.put(key, { body: 'B', lastModified: minute(1) });
    }
    fault({ operation: 'UploadPartCopy', key: 'film', respond: { status: 403, code: 'AccessDenied' } });
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' });
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '2', failed: '1' });
    expect(['a', 'film', 'z'].map((key) => bucket.current(key)?.size)).toEqual([6 * GIB, 1, 6 * GIB]);
    expectNothingLeft(context);
  });
});

onSandbox('somebody else writes while the parts are copied', (test) => {
  for (const [what, write, after] of [
    ['a new version', (bucket: Bucket) => void bucket.put('film', { body: 'Z' }), '6G B Z'],
    ['the same content again', (bucket: Bucket) => void bucket.put('film', { body: 'B' }), '6G B B'],
    ['a deletion', (bucket: Bucket) => void bucket.delete('film'), '6G B x'],
  ] as const) {
    for (const operation of ['CreateMultipartUpload', 'UploadPartCopy', 'CompleteMultipartUpload'] as const) {
      test(`${what}, at ${operation}: a conflict, theirs on top, nothing left behind`, async (context) => {
        const { bucket, act, expect, fault } = context;
        const { inputs } = seedFilm(bucket);
        fault({ operation, skip: operation === 'UploadPartCopy' ? 2 : 0, times: 1, hook: () => write(bucket) });
        const run = await act(inputs, OTHERS);
        expect(run.code).toBe(0);
        expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1', failed: '0' });
        expect(story(bucket)).toBe(after);
        expect(annotationsOf(run.stdout, 'warning').some(({ message }) => message.includes('"film"'))).toBe(true);
        expectNothingLeft(context);
      });
    }

    test(`${what}, just after the completion: reported, and not as restored`, async (context) => {
      const { bucket, act, expect, fault } = context;
      const { inputs } = seedFilm(bucket);
      fault({ operation: 'CompleteMultipartUpload', times: 1, when: 'after', hook: () => write(bucket) });
      const run = await act(inputs, OTHERS);
      expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
      expect(story(bucket)).toBe(after.replace('6G B', '6G B 6G'));
      expectNothingLeft(context);
    });

    for (const verify of ['true', 'false']) {
      const unread = verify === 'true' ? '' : ', and nothing is verified';
      test(
        `${what}, and the server ignores conditions${unread}: the copy lies below, which is no success`,
        async (context) => {
          const { bucket, act, expect, fault } = context;
          const { inputs } = seedFilm(bucket);
          fault({ operation: 'CompleteMultipartUpload', times: 1, hook: () => write(bucket) });
          const run = await act({ ...inputs, verify }, OTHERS);
          expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
          expect(story(bucket)).toBe(after.replace('6G B', '6G B 6G'));
          expectNothingLeft(context);
        },
        { quirks: { ignoresConditions: true } },
      );
    }
  }

  test('a write that changes nothing in the end: the upload is made anew', async (context) => {
    const { bucket, act, expect, fault, requests } = context;
    const { inputs } = seedFilm(bucket);
    const write = () => void bucket.remove('film', bucket.put('film', { body: 'Z' }));
    fault({ operation: 'UploadPartCopy', skip: 2, times: 1, hook: write });
    const run = await act(inputs, OTHERS);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(story(bucket)).toBe('6G B 6G');
    expect(requests('CompleteMultipartUpload').map(({ errorCode }) => errorCode)).toEqual([
      'ConditionalRequestConflict',
      undefined,
    ]);
    expectNothingLeft(context);
  });

  test('409 for ever: a conflict after three uploads', async (context) => {
    const { bucket, act, expect, fault, requests } = context;
    const { inputs } = seedFilm(bucket);
    const respond = { status: 409, code: 'ConditionalRequestConflict' };
    fault({ operation: 'CompleteMultipartUpload', respond });
    const run = await act(inputs);
    expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1', failed: '0' });
    expect(requests('CompleteMultipartUpload')).toHaveLength(3);
    expect(story(bucket)).toBe('6G B');
    expectNothingLeft(context);
  });

  test(
    'a source that is overwritten where null is its name: failed or a conflict, never half of each',
    async (context) => {
      const { bucket, another, act, expect, fault } = context;
      const destination = another();
      bucket.put('film', { parts: [3 * GIB, 3 * GIB] });
      const write = () => void bucket.put('film', { parts: [3 * GIB, 3 * GIB, GIB] });
      fault({ operation: 'UploadPartCopy', bucket: destination.name, skip: 1, times: 1, hook: write });
      const inputs = {
        operation: 'rollback',
        key: 'film',
        'versions-back': '0',
        'destination-bucket': destination.name,
      };
      const run = await act(inputs, OTHERS);
      expect(run.outputs).toMatchObject({ restored: '0' });
      expect(destination.entries('film')).toEqual([]);
      expect(destination.uploads.all()).toEqual([]);
    },
    { versioning: 'Suspended' },
  );
});

onSandbox('cancelled or killed while an object goes back in parts', (test) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} while parts are copied: the upload is aborted, and the run has said all`, async (context) => {
      const { bucket, act, expect, fault } = context;
      const { inputs } = seedFilm(bucket);
      const { onSpawn, cancel } = victim();
      fault({ operation: 'UploadPartCopy', skip: 2, times: 1, hook: () => cancel(signal) });
      const stuck = fault({ operation: 'UploadPartCopy', skip: 2, latencyMs: 600_000 });
      const run = await act(inputs, { onSpawn });
      expect(run.signal, 'it ends before it is killed').toBeNull();
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'failed', restored: '0', skipped: '1' });
      expect(run.report()).toMatchObject({ error: { code: 'cancelled' }, skipped: { 'not-attempted': 1 } });
      expect(story(bucket)).toBe('6G B');
      expectNothingLeft(context);
      stuck.remove();
      const again = await act(inputs);
      expect(again.outputs).toMatchObject({ status: 'success', restored: '1' });
    });
  }

  test('at the completion: what is in flight lands, and is told', async (context) => {
    const { bucket, act, expect, fault } = context;
    const { inputs } = seedFilm(bucket);
    const { onSpawn, cancel, stopping } = victim();
    const hook = () => {
      cancel('SIGTERM');
      return stopping();
    };
    fault({ operation: 'CompleteMultipartUpload', times: 1, hook });
    const run = await act(inputs, { onSpawn });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(story(bucket)).toBe('6G B 6G');
    expect(run.journal()).toContainEqual(
      expect.objectContaining({ status: 'done', versionId: bucket.current('film')?.versionId }),
    );
    expectNothingLeft(context);
    const again = await act(inputs);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
  });

  test('at a completion that never answers: the journal does not say that it was done', async (context) => {
    const { bucket, act, expect, fault } = context;
    const { inputs } = seedFilm(bucket);
    const { onSpawn, cancel } = victim();
    fault({ operation: 'CompleteMultipartUpload', times: 1, hook: () => cancel('SIGTERM') });
    fault({ operation: 'CompleteMultipartUpload', times: 1, latencyMs: 600_000 });
    const run = await act(inputs, { onSpawn });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ restored: '0' });
    expect(run.journal().some((line) => 'status' in line && line.status === 'done')).toBe(false);
  });

  for (const [what, operation, skip, before] of [
    ['while parts are copied', 'UploadPartCopy', 3, '6G B'],
    ['before the completion arrives', 'CompleteMultipartUpload', 0, '6G B'],
  ] as const) {
    test(`SIGKILL ${what}: the next run does it, once`, async ({ bucket, act, expect, fault }) => {
      const { inputs } = seedFilm(bucket);
      const { onSpawn, kill } = victim();
      fault({ operation, skip, times: 1, hook: kill });
      fault({ operation, skip, times: 1, drop: 'before' });
      const killed = await act(inputs, { onSpawn });
      expect(killed.signal).toBe('SIGKILL');
      expect(story(bucket)).toBe(before);
      const again = await act(inputs);
      expect(again.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(story(bucket)).toBe('6G B 6G');
    });
  }

  test('SIGKILL after the completion: the next run has nothing to do', async ({ bucket, act, expect, fault }) => {
    const { inputs } = seedFilm(bucket);
    const { onSpawn, kill } = victim();
    fault({ operation: 'CompleteMultipartUpload', times: 1, when: 'after', hook: kill });
    const killed = await act(inputs, { onSpawn });
    expect(killed.signal).toBe('SIGKILL');
    const again = await act(inputs);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
    expect(story(bucket)).toBe('6G B 6G');
  });
});
