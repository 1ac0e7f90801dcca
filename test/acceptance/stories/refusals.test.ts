import { annotationsOf } from '../support/commands.ts';
import { shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

/** What the server, or the plan, makes impossible: told once, with the mend, before anything is changed. */
const MALFORMED = ['nonsense', 'a-version-id-that-no-server-would-make', '../../etc/passwd', '%00'];

/** Also for root, who may write nearly everywhere. */
const UNWRITABLE = [
  ['a folder is there', '.'],
  ['a file is where its folder should be', 'GITHUB_OUTPUT/file.jsonl'],
  ['no folder can be made there', '/proc/no/such/folder/file.jsonl'],
] as const;

stories('refusals', (story) => {
  story('a bucket that does not exist', async ({ act, expect }) => {
    const run = await act({ operation: 'undelete', bucket: 'no-such-bucket-anywhere', key: 'a' });
    expect(run.code).toBe(1);
    expect(run.outputs.status).toBe('failed');
    expect(run.report().error?.code).toBe('bucket-not-found');
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(
      /"no-such-bucket-anywhere".*does not exist.*"bucket"/,
    );
  });

  story(
    'a bucket without versioning',
    async ({ bucket, act, expect }) => {
      await bucket.put('a', 'A');
      const run = await act({ operation: 'undelete', key: 'a' });
      expect(run.code).toBe(1);
      expect(run.report()).toMatchObject({ status: 'failed', error: { code: 'versioning-off' } });
      expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(/versioning is off.*put-bucket-versioning/s);
      expect(run.after).toEqual(run.before);
    },
    { versioning: 'never' },
  );

  story('credentials that the server does not know', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A x');
    // The sandbox takes everybody's, so it is told what AWS would say.
    const respond = {
      status: 403,
      code: 'InvalidAccessKeyId',
      message: 'The AWS Access Key Id you provided does not exist',
    };
    bucket.server.sandbox?.faults.add({ bucket: bucket.name, respond });
    const env = { AWS_ACCESS_KEY_ID: 'AKIANOBODY', AWS_SECRET_ACCESS_KEY: 'not-the-secret-of-anybody' };
    const run = await act({ operation: 'undelete', key: 'a' }, { env });
    expect(run.report()).toMatchObject({ status: 'failed', error: { hint: expect.stringMatching(/credentials/i) } });
    expect(run.after).toEqual(run.before);
  });

  for (const versionId of MALFORMED) {
    story(`version-id ${versionId}, which the key does not have`, async ({ bucket, act, expect }) => {
      await write(bucket, 'a', 'A B');
      const run = await act({ operation: 'rollback', key: 'a', 'version-id': versionId });
      expect(run.code).toBe(1);
      expect(run.report()).toMatchObject({ status: 'failed', error: { code: 'version-not-found' } });
      expect(annotationsOf(run.stdout, 'error')[0]?.message).toContain('input "version-id"');
      expect(run.after).toEqual(run.before);
    });
  }

  story('version-id of another key', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A B');
    const [other = ''] = await write(bucket, 'ab', 'A B');
    const run = await act({ operation: 'rollback', key: 'a', 'version-id': other });
    expect(run.report().error?.code).toBe('version-not-found');
    expect(run.after).toEqual(run.before);
  });

  story('version-id of a delete marker', async ({ bucket, act, expect }) => {
    const [, marker = ''] = await write(bucket, 'a', 'A x B');
    const run = await act({ operation: 'rollback', key: 'a', 'version-id': marker });
    expect(run.report().error).toMatchObject({ code: 'version-not-found', hint: expect.stringContaining('undelete') });
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toContain('is a delete marker');
    expect(run.after).toEqual(run.before);
  });

  story('version-id of a key that never was', async ({ act, expect }) => {
    const run = await act({ operation: 'rollback', key: 'a', 'version-id': 'null' });
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ code: 'version-not-found', hint: expect.stringContaining('"key"') });
  });

  story('a plan over max-changes is reported, and nothing is changed', async ({ bucket, act, expect }) => {
    await Promise.all(['a', 'b', 'c'].map((key) => write(bucket, key, 'A x')));
    const undelete = { operation: 'undelete', 'whole-bucket': 'true' };
    const run = await act({ ...undelete, 'max-changes': '2' });
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', planned: '3', restored: '0', skipped: '3' });
    expect(run.report()).toMatchObject({ error: { code: 'max-changes-exceeded' }, skipped: { 'not-attempted': 3 } });
    expect(run.plan().lines.map((line) => line.key)).toEqual(['a', 'b', 'c']);
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(/"max-changes".*3 keys.*2 allowed/);
    expect(run.summary).toContain('max-changes');
    expect(run.after).toEqual(run.before);

    const enough = await act({ ...undelete, 'max-changes': '3' });
    expect(enough.outputs).toMatchObject({ status: 'success', restored: '3' });
  });

  story('max-changes: 0 allows a run that has nothing to change', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A');
    const undelete = { operation: 'undelete', 'whole-bucket': 'true', 'max-changes': '0' };
    expect((await act(undelete)).outputs.status).toBe('no-change');
    await bucket.mark('a');
    expect((await act(undelete)).report().error?.code).toBe('max-changes-exceeded');
  });

  story('method delete with more versions than max-deletes is refused; markers do not count', async (context) => {
    const { bucket, act, expect } = context;
    await write(bucket, 'a', 'A B x');
    await write(bucket, 'b', 'A B x');
    const rollback = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1', method: 'delete' };
    const run = await act({ ...rollback, 'max-deletes': '1' });
    expect(run.code).toBe(1);
    expect(run.report()).toMatchObject({ status: 'failed', error: { code: 'max-deletes-exceeded' } });
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(/"max-deletes".*2 versions.*1 allowed/);
    expect(run.after).toEqual(run.before);

    const enough = await act({ ...rollback, 'max-deletes': '2' });
    expect(enough.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect(shapesOf(enough.after)).toEqual({ a: 'A', b: 'A' });
  });

  for (const file of ['plan-file', 'journal-file']) {
    for (const [what, path] of UNWRITABLE) {
      story(`a ${file} that cannot be written: ${what}`, async ({ bucket, act, expect }) => {
        await write(bucket, 'a', 'A x');
        const run = await act({ operation: 'undelete', key: 'a', [file]: path }, { limitMs: 10_000 });
        expect(run.signal, 'it ends by itself').toBeNull();
        expect(run.code).toBe(1);
        expect(run.report()).toMatchObject({ status: 'failed', error: { code: 'file-not-writable' } });
        expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(
          new RegExp(`input "${file}": .* cannot be written.*Give "${file}" a path`, 's'),
        );
        expect(run.after).toEqual(run.before);
      });
    }
  }
});
