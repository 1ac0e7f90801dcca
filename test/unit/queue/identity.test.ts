import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callerId } from '../../../src/queue/index.ts';
import { FakeClock, settle, signalOf } from './fake-sqs.ts';

const sts = mockClient(STSClient);
beforeEach(() => sts.reset());
afterEach(() => sts.reset());

test('the id of the role and its session, as events name it', async () => {
  sts.on(GetCallerIdentityCommand).resolves({ UserId: 'AROAEXAMPLE:deploy', Account: '123456789012' });
  expect(await callerId({ region: 'eu-west-1' })).toBe('AROAEXAMPLE:deploy');
  expect(sts.calls()).toHaveLength(1);
});

test.each([
  ['an error', new Error('ExpiredToken')],
  ['no credentials', Object.assign(new Error('none'), { name: 'CredentialsProviderError' })],
])('%s: nobody', async (_, error) => {
  sts.on(GetCallerIdentityCommand).rejects(error);
  expect(await callerId({ region: 'eu-west-1' })).toBeUndefined();
});

test('an answer without it: nobody', async () => {
  sts.on(GetCallerIdentityCommand).resolves({});
  expect(await callerId({ region: 'eu-west-1' })).toBeUndefined();
});

test('an endpoint that is none: nobody', async () => {
  expect(await callerId({ region: 'eu-west-1', endpointUrl: 'not a URL' })).toBeUndefined();
});

test.each([
  [undefined, 3000],
  [500, 500],
])('no answer within %s ms: nobody, and it is not waited for any longer', async (timeoutMs, ms) => {
  sts.on(GetCallerIdentityCommand).callsFake(() => new Promise(() => {}));
  const clock = new FakeClock();
  let id: string | undefined = 'not yet';
  const asked = callerId({ region: 'eu-west-1', timer: clock.timer, ...(timeoutMs !== undefined && { timeoutMs }) });
  asked.then((found) => {
    id = found;
  });
  await settle();
  await clock.advance(ms - 1);
  expect(id).toBe('not yet');
  await clock.advance(1);
  expect(id).toBeUndefined();
  expect(signalOf(sts.calls()[0]?.args ?? []).aborted).toBe(true);
});

test('an answer leaves no timer behind', async () => {
  sts.on(GetCallerIdentityCommand).resolves({ UserId: 'A' });
  const clock = new FakeClock();
  await callerId({ region: 'eu-west-1', timer: clock.timer });
  expect(clock.waiting).toBe(0);
});
