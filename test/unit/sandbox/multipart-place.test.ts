import { describe, expect, it } from 'vitest';
import { NOON, raw } from './support.ts';
import { setUp, startOne } from './uploads-support.ts';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html, …/UsingMetadata.html
describe('the place of a multipart version', () => {
  it('is where and when its upload was started', async () => {
    const env = await setUp();
    const before = env.bucket.put('k');
    const first = await startOne(env);
    env.sandbox.clock.advance(5000);
    const between = env.bucket.put('k');
    const second = await startOne(env);
    env.sandbox.clock.advance(5000);
    const marker = env.bucket.delete('k');
    env.sandbox.clock.advance(5000);
    const { VersionId: two } = await second.finish();
    const { VersionId: one } = await first.finish();
    const rows = env.bucket.entries('k').map(({ versionId, lastModified }) => [versionId, lastModified]);
    const at = (seconds: number) => Date.parse(NOON) + seconds * 1000;
    expect(rows).toEqual([
      [marker, at(10)],
      [two, at(5)],
      [between, at(5)],
      [one, at(0)],
      [before, at(0)],
    ]);
  });

  it('is kept by listings that continue after it, also when it has gone', async () => {
    const env = await setUp();
    const { finish } = await startOne(env);
    const newer = env.bucket.put('k');
    const { VersionId = '' } = await finish();
    const older = env.bucket.put('l');
    const next = async (marker: string) => {
      const path = `/b?versions&key-marker=k&version-id-marker=${marker}`;
      return [...(await raw(env.sandbox, path)).text.matchAll(/<VersionId>(.*?)</g)].map((match) => match[1]);
    };
    expect(await next(newer)).toEqual([VersionId, older]);
    expect(await next(VersionId)).toEqual([older]);
    env.bucket.remove('k', newer);
    expect(await next(newer)).toEqual([VersionId, older]);
    env.bucket.remove('k', VersionId);
    expect(await next(VersionId)).toEqual([older]);
  });

  it.each(['Suspended', 'Off'] as const)('%s: replaces the null version, and is not named', async (versioning) => {
    const env = await setUp({ versioning });
    env.bucket.put('k', { body: 'old' });
    const { VersionId } = await (await startOne(env)).finish();
    expect(VersionId).toBeUndefined();
    expect(env.bucket.entries('k')).toMatchObject([{ versionId: 'null', size: 3, etag: expect.stringMatching(/-1$/) }]);
  });

  it.each([
    { versioning: 'Suspended', change: 'put', left: ['null'] },
    { versioning: 'Suspended', change: 'delete', left: ['null'] },
    { versioning: 'Off', change: 'put', left: ['null'] },
    { versioning: 'Off', change: 'delete', left: [] },
  ] as const)('$versioning: a $change since the start takes precedence', async ({ versioning, change, left }) => {
    const env = await setUp({ versioning });
    env.bucket.put('k');
    const { finish } = await startOne(env);
    env.bucket[change]('k');
    const before = env.bucket.snapshot();
    expect((await finish()).ETag).toBeDefined();
    expect(env.bucket.snapshot()).toEqual(before);
    expect(env.bucket.entries('k').map(({ versionId }) => versionId)).toEqual(left);
  });

  it('Suspended: versions with ids of their own stay', async () => {
    const env = await setUp();
    const kept = env.bucket.put('k');
    env.bucket.versioning = 'Suspended';
    const { finish } = await startOne(env);
    env.bucket.remove('k', env.bucket.put('k', { versionId: 'null' }));
    await finish();
    expect(env.bucket.entries('k').map(({ versionId }) => versionId)).toEqual(['null', kept]);
  });
});
