import { describe, expect, test } from 'vitest';
import type { ArchiveRequest } from '../../../src/core/request.ts';
import { requestRestore } from '../../../src/s3/restore-object.ts';
import { type Answer, fail, fakeServer, reset } from './fake-server.ts';
import { requesterFor } from './pager.ts';

const how: ArchiveRequest = { days: 3, tier: 'Bulk' };

function ask(answer: Answer | readonly Answer[], storageClass = 'GLACIER', expectedOwner?: string) {
  const server = fakeServer({ RestoreObject: answer }, expectedOwner === undefined ? {} : { expectedOwner });
  const requester = requesterFor();
  return { server, requester, answer: requestRestore(requester, server.bucket, 'k', 'v', storageClass, how) };
}

describe('asking for an archived version', () => {
  test('for some days', async () => {
    const { server, requester, answer } = ask({ status: 202 }, 'DEEP_ARCHIVE', '111122223333');
    expect(await answer).toEqual({ ok: true, state: 'requested' });
    expect(requester.counts.put).toBe(1);
    const [sent] = server.sent;
    expect(sent).toMatchObject({ path: '/b/k', query: { versionId: 'v' } });
    expect(sent?.headers['x-amz-expected-bucket-owner']).toBe('111122223333');
    expect(sent?.body).toMatch(/<Days>3<\/Days>.*<Tier>Bulk<\/Tier>/);
  });

  test('of Intelligent-Tiering: for good', async () => {
    const { server, answer } = ask({ status: 202 }, 'INTELLIGENT_TIERING');
    await answer;
    expect(server.sent[0]?.body).toContain('<Tier>Bulk</Tier>');
    expect(server.sent[0]?.body).not.toContain('Days');
  });

  test.each<[string, Answer | readonly Answer[], unknown]>([
    ['it was restored already', { status: 200 }, { ok: true, state: 'available' }],
    ['it is under way', fail(409, 'RestoreAlreadyInProgress'), { ok: true, state: 'in-progress' }],
    ['our own request is under way', [reset, fail(409, 'RestoreAlreadyInProgress')], { ok: true, state: 'requested' }],
    ['it is in no archive', fail(403, 'InvalidObjectState'), { ok: true, state: 'available' }],
    [
      'there is no room for expedited requests',
      fail(503, 'GlacierExpeditedRetrievalNotAvailable'),
      { ok: false, failure: expect.objectContaining({ hint: expect.stringContaining('`restore-tier`') }) },
    ],
    [
      'the archive has no expedited retrieval',
      fail(400, 'InvalidArgument', 'Retrieval option is not supported by this storage class'),
      { ok: false, failure: expect.objectContaining({ hint: expect.stringContaining('`restore-tier`') }) },
    ],
    [
      'it is refused',
      fail(403, 'AccessDenied'),
      { ok: false, failure: expect.objectContaining({ hint: expect.stringContaining('s3:RestoreObject') }) },
    ],
    [
      'it is gone',
      fail(404, 'NoSuchVersion'),
      { ok: false, failure: expect.objectContaining({ code: 'NoSuchVersion' }) },
    ],
  ])('%s', async (_, answer, expected) => {
    expect(await ask(answer).answer).toEqual(expected);
  });

  test('what will not change in a moment is asked once', async () => {
    const { server, answer } = ask(fail(503, 'GlacierExpeditedRetrievalNotAvailable'));
    await answer;
    expect(server.sent).toHaveLength(1);
  });
});
