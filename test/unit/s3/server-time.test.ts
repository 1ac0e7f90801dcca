import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { CancelledError, RollbackError } from '../../../src/core/errors.ts';
import { S3Failure } from '../../../src/core/ports.ts';
import { serverTime } from '../../../src/s3/server-time.ts';
import { requesterFor } from './pager.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

type Answer = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string } | Error;

const VERSIONING = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';

/** Asks a server that gives these answers in turn. */
function ask(answers: readonly Answer[], more: { expectedOwner?: string } = {}) {
  const sent: Sent[] = [];
  const handle = async (request: Sent) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)] ?? {};
    sent.push(request);
    if (answer instanceof Error) throw answer;
    const { status = 200, headers = {}, body = VERSIONING } = answer;
    return { response: { statusCode: status, headers, body: Buffer.from(body) } };
  };
  const client = new S3Client({
    region: 'us-east-1',
    maxAttempts: 1,
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: { handle },
  });
  const requester = requesterFor();
  return { sent, requester, answer: serverTime(requester, { client, name: 'b', ...more }) };
}

const DATE = 'Wed, 04 Mar 2026 12:00:07 GMT';

describe("what the server's clock says", () => {
  test.each([['date'], ['Date'], ['DATE']])('is its header %s, in ms', async (name) => {
    const { answer } = ask([{ headers: { [name]: DATE } }]);
    expect(await answer).toBe(Date.parse('2026-03-04T12:00:07Z'));
  });

  test('is asked with a request that reads, and that preflight has made too', async () => {
    const { sent, requester, answer } = ask([{ headers: { date: DATE } }], { expectedOwner: '111122223333' });
    await answer;
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      method: 'GET',
      path: '/b/',
      query: { versioning: '' },
      headers: { 'x-amz-expected-bucket-owner': '111122223333' },
    });
    expect(requester.counts).toMatchObject({ get: 1, retries: 0 });
  });

  test('is that of the answer that counts, not of a try that failed', async () => {
    const early = 'Wed, 04 Mar 2026 11:00:00 GMT';
    const { answer, requester } = ask([
      { status: 500, headers: { date: early }, body: '' },
      { headers: { date: DATE } },
    ]);
    expect(await answer).toBe(Date.parse('2026-03-04T12:00:07Z'));
    expect(requester.counts.retries).toBe(1);
  });

  test('is not taken from a failed try where the answer that counts has none', async () => {
    const { answer } = ask([{ status: 500, headers: { date: DATE }, body: '' }, {}]);
    await expect(answer).rejects.toMatchObject({ code: 'no-server-clock' });
  });
});

describe('no clock', () => {
  test.each<[string, Record<string, string>, string]>([
    ['no header', {}, 'missing'],
    ['an empty one', { date: '' }, 'not a date'],
    ['one that is no date', { date: '<b>noon</b>' }, 'not a date'],
  ])('%s', async (_, headers, what) => {
    const error: unknown = await ask([{ headers }]).answer.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RollbackError);
    expect(error).toMatchObject({ code: 'no-server-clock', hint: expect.stringContaining('proxy') });
    expect(String(error)).toContain(`header Date: ${what}`);
    expect(String(error), 'nothing of what the server said').not.toContain('<b>');
  });

  test('a request that is refused, with what the role needs', async () => {
    const body = '<Error><Code>AccessDenied</Code><Message>no</Message></Error>';
    const error: unknown = await ask([{ status: 403, headers: { date: DATE }, body }]).answer.catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(S3Failure);
    const hint = expect.stringContaining('s3:GetBucketVersioning');
    expect(error).toMatchObject({ failure: { code: 'AccessDenied', message: 'no', hint } });
  });

  test('told to stop', async () => {
    const stop = new AbortController();
    stop.abort();
    const client = new S3Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    const asked = serverTime(requesterFor({ stop: stop.signal }), { client, name: 'b' });
    await expect(asked).rejects.toBeInstanceOf(CancelledError);
  });
});
