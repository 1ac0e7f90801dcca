import { describe, expect, test } from 'vitest';
import { CancelledError } from '../../../src/core/errors.ts';
import { BadAnswer, RequestError } from '../../../src/s3/errors.ts';
import { backoff, type Request } from '../../../src/s3/request.ts';
import { noWaiting, requesterFor } from './pager.ts';

const s3Error = (name: string, status: number) =>
  Object.assign(new Error(name), { name, Code: name, $metadata: { httpStatusCode: status } });
const netError = (code: string) => Object.assign(new Error(code), { code });

/** Answers each try with the next of these; functions are called. */
function script(steps: readonly unknown[], kind: Request<string>['kind'] = 'copy'): Request<string> {
  let at = 0;
  return {
    kind,
    send: async () => {
      const step = steps[Math.min(at++, steps.length - 1)];
      if (step instanceof Error) throw step;
      return String(step);
    },
  };
}

describe('tries again', () => {
  test.each([
    ['SlowDown', s3Error('SlowDown', 503), false],
    ['a bare 503', s3Error('ServiceUnavailable', 503), true],
    ['429', s3Error('TooManyRequests', 429), false],
    ['InternalError', s3Error('InternalError', 500), true],
    ['a gateway', s3Error('BadGateway', 502), true],
    ['RequestTimeout', s3Error('RequestTimeout', 400), true],
    ['RequestTimeTooSkewed', s3Error('RequestTimeTooSkewed', 403), false],
    ['a conflict of conditional writes', s3Error('ConditionalRequestConflict', 409), false],
    ['OperationAborted', s3Error('OperationAborted', 409), false],
    ['a reset connection', netError('ECONNRESET'), true],
    ['a broken pipe', netError('EPIPE'), true],
    ['a refused connection', netError('ECONNREFUSED'), false],
    ['no name yet', netError('EAI_AGAIN'), false],
    ['a hang-up', new Error('socket hang up'), true],
    ['a bad body', new BadAnswer('InternalError', 'no ETag'), true],
  ])('%s', async (_, error, unsure) => {
    const requester = requesterFor();
    expect(await requester.send(script([error, 'done']))).toEqual({ value: 'done', unsure });
    expect(requester.counts).toMatchObject({ copy: 2, retries: 1 });
  });

  test.each([
    ['SlowDown', s3Error('SlowDown', 503), 10],
    ['InternalError', s3Error('InternalError', 500), 8],
    ['ECONNREFUSED', netError('ECONNREFUSED'), 4],
    ['ENOTFOUND', netError('ENOTFOUND'), 4],
  ])('%s, but not for ever', async (code, error, tries) => {
    const requester = requesterFor();
    const failed = requester.send(script([error]));
    await expect(failed).rejects.toMatchObject({ name: 'RequestError', tries, trouble: { code } });
    expect(requester.counts.copy).toBe(tries);
  });
});

test('stops asking when nothing of anybody gets through', async () => {
  const requester = requesterFor();
  const slowDown = s3Error('SlowDown', 503);
  await expect(requester.send(script([slowDown]))).rejects.toMatchObject({ trouble: { code: 'SlowDown' } });
  const sent = requester.counts.copy;
  await expect(requester.send(script([slowDown]))).rejects.toMatchObject({ trouble: { code: 'throttled' } });
  expect(requester.counts.copy - sent).toBe(5);
  await expect(requester.send(script([slowDown]))).rejects.toMatchObject({ trouble: { code: 'throttled' }, tries: 1 });
});

test.each([
  ['AccessDenied', 403],
  ['NoSuchKey', 404],
  ['MethodNotAllowed', 405],
  ['PreconditionFailed', 412],
  ['InvalidArgument', 400],
  ['NotImplemented', 501],
])('takes %s for an answer', async (code, status) => {
  const requester = requesterFor();
  await expect(requester.send(script([s3Error(code, status)]))).rejects.toMatchObject({ tries: 1, unsure: false });
});

test('says that an earlier try may have landed, also in the error', async () => {
  const failed = requesterFor().send(script([netError('ECONNRESET'), s3Error('PreconditionFailed', 412)]));
  await expect(failed).rejects.toMatchObject({ unsure: true, trouble: { code: 'PreconditionFailed', status: 412 } });
});

test('the last try is no earlier one', async () => {
  await expect(requesterFor().send(script([s3Error('PreconditionFailed', 412)]))).rejects.toMatchObject({
    unsure: false,
  });
});

test('counts what was throttled, also inside a good answer', async () => {
  const requester = requesterFor();
  await requester.send(script([s3Error('SlowDown', 503), 'done']));
  await requester.send({
    kind: 'delete',
    send: async (_, throttled) => throttled(),
  });
  expect(requester.counts).toMatchObject({ throttled: 2, retries: 1, copy: 2, delete: 1 });
  expect(requester.gate.state.window).toBeLessThan(32);
});

test('holds no slot while it waits to try again', async () => {
  let sent = false;
  const waiting = {
    ...noWaiting,
    sleep: async () => {
      await requester.send({
        kind: 'head',
        send: async () => {
          sent = true;
        },
      });
    },
  };
  const requester = requesterFor({ concurrency: 1, waiting });
  await requester.send(script([netError('ECONNRESET'), 'done']));
  expect(sent).toBe(true);
});

test.each([
  [0, 'throttled', 250],
  [1, 'throttled', 500],
  [9, 'throttled', 10_000],
  [0, 'transient', 50],
  [9, 'transient', 2_500],
] as const)('the wait before retry %i when %s: %i ms at even chance', (retry, sort, ms) => {
  expect(backoff(retry, sort, () => 0.5)).toBe(ms);
});

test('a try that has no answer by its deadline is dropped and made again', async () => {
  const deadlines: number[] = [];
  const waiting = {
    ...noWaiting,
    timer: (ms: number, fire: () => void) => {
      deadlines.push(ms);
      if (deadlines.length === 1) queueMicrotask(fire);
      return () => {};
    },
  };
  const aborted: boolean[] = [];
  const send = (signal: AbortSignal) =>
    new Promise<string>((resolve) => {
      if (deadlines.length > 1) resolve('done');
      else signal.addEventListener('abort', () => aborted.push(true));
    });
  expect(await requesterFor({ waiting }).send({ kind: 'copy', send })).toEqual({ value: 'done', unsure: true });
  expect(await requesterFor({ waiting }).send({ kind: 'head', send })).toEqual({ value: 'done', unsure: false });
  expect(await requesterFor({ waiting }).send({ kind: 'put', slow: true, send })).toMatchObject({ value: 'done' });
  expect(aborted).toEqual([true]);
  expect(deadlines).toEqual([900_000, 900_000, 60_000, 900_000]);
});

describe('when the run stops', () => {
  const hanging = (signal: AbortSignal) =>
    new Promise<string>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });

  test('nothing is sent any more', async () => {
    const requester = requesterFor({ stop: AbortSignal.abort() });
    await expect(requester.send(script(['done']))).rejects.toMatchObject({ code: 'cancelled', maybeSent: false });
    expect(requester.counts.copy).toBe(0);
  });

  test('a write in flight goes on', async () => {
    const stop = new AbortController();
    let finish = (_: string) => {};
    const send = () =>
      new Promise<string>((resolve) => {
        finish = resolve;
        stop.abort();
      });
    const answer = requesterFor({ stop: stop.signal }).send({ kind: 'copy', send });
    await Promise.resolve();
    await Promise.resolve();
    finish('done');
    expect(await answer).toEqual({ value: 'done', unsure: false });
  });

  test('a read in flight is dropped', async () => {
    const stop = new AbortController();
    const answer = requesterFor({ stop: stop.signal }).send({ kind: 'list', readOnly: true, send: hanging });
    setImmediate(() => stop.abort());
    await expect(answer).rejects.toMatchObject({ code: 'cancelled', maybeSent: false });
  });

  test('a write in flight is dropped when aborted, and may have landed', async () => {
    const abort = new AbortController();
    const answer = requesterFor({ abort: abort.signal }).send({ kind: 'copy', send: hanging });
    setImmediate(() => abort.abort());
    await expect(answer).rejects.toMatchObject({ code: 'cancelled', maybeSent: true });
  });

  test.each([
    ['SlowDown', s3Error('SlowDown', 503), false],
    ['ECONNRESET', netError('ECONNRESET'), true],
  ])('the wait after %s is cut', async (_, error, maybeSent) => {
    const stop = new AbortController();
    const requester = requesterFor({ stop: stop.signal });
    const send = async () => {
      stop.abort();
      throw error;
    };
    const cut = requester.send({ kind: 'copy', send });
    await expect(cut).rejects.toBeInstanceOf(CancelledError);
    await expect(cut).rejects.toMatchObject({ maybeSent });
    expect(requester.counts).toMatchObject({ copy: 1, retries: 0 });
  });

  test('a signal of its own cuts one request only', async () => {
    const own = new AbortController();
    const requester = requesterFor();
    const cut = requester.send({ kind: 'list', readOnly: true, signal: own.signal, send: hanging });
    setImmediate(() => own.abort());
    await expect(cut).rejects.toBeInstanceOf(CancelledError);
    expect((await requester.send(script(['done']))).value).toBe('done');
  });
});

describe('what tidies up', () => {
  const lost = [netError('ECONNRESET'), 'done'];

  test('is sent also when the run stops, and again', async () => {
    const requester = requesterFor({ stop: AbortSignal.abort() });
    const answer = requester.send({ ...script(lost, 'delete'), cleanup: true });
    expect(await answer).toEqual({ value: 'done', unsure: true });
    expect(requester.counts).toMatchObject({ delete: 2, retries: 1 });
  });

  test('is not sent when everything is dropped', async () => {
    const requester = requesterFor({ abort: AbortSignal.abort() });
    const answer = requester.send({ ...script(lost, 'delete'), cleanup: true });
    await expect(answer).rejects.toBeInstanceOf(CancelledError);
    expect(requester.counts.delete).toBe(0);
  });
});

describe('what comes before each try', () => {
  test('knows whether an earlier one may have landed, and may send requests itself', async () => {
    const requester = requesterFor({ concurrency: 1 });
    const unsure: boolean[] = [];
    const before = async (told: boolean) => {
      unsure.push(told);
      await requester.send(script(['looked'], 'list'));
    };
    const steps = [s3Error('SlowDown', 503), netError('ECONNRESET'), 'done'];
    expect(await requester.send({ ...script(steps), before })).toEqual({ value: 'done', unsure: true });
    expect(unsure).toEqual([false, false, true]);
    expect(requester.counts).toMatchObject({ list: 3, copy: 3 });
  });

  test('ends the request by throwing', async () => {
    const requester = requesterFor();
    const before = async () => {
      throw new TypeError('changed');
    };
    await expect(requester.send({ ...script(['done']), before })).rejects.toThrow(TypeError);
    expect(requester.counts.copy).toBe(0);
  });

  test('and when it is cut, the request may have been sent before', async () => {
    const requester = requesterFor();
    const before = async (unsure: boolean) => {
      if (unsure) throw new CancelledError();
    };
    const cut = requester.send({ ...script([netError('ECONNRESET')]), before });
    await expect(cut).rejects.toMatchObject({ code: 'cancelled', maybeSent: true });
  });
});

test('RequestError keeps its cause', async () => {
  const cause = s3Error('AccessDenied', 403);
  const error = await requesterFor()
    .send(script([cause]))
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(RequestError);
  expect(error).toMatchObject({ cause, message: 'AccessDenied: AccessDenied' });
});
