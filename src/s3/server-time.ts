import {
  GetBucketVersioningCommand,
  type GetBucketVersioningCommandInput as Input,
  type GetBucketVersioningCommandOutput as Output,
} from '@aws-sdk/client-s3';
import type { DeserializeMiddleware } from '@smithy/types';
import { RollbackError } from '../core/errors.ts';
import { type Bucket, sendAnywhere } from './bucket.ts';
import { asFailure } from './head.ts';
import type { Requester } from './request.ts';

/**
 * What the server's clock says, in ms since 1970, cut to whole seconds: the header `Date` of an answer. It is this clock that
 * stamps versions, and the runner's may be minutes off. https://www.rfc-editor.org/rfc/rfc9110#field.date
 * @throws RollbackError `no-server-clock`; CancelledError, S3Failure
 */
export async function serverTime(requester: Requester, bucket: Bucket): Promise<number> {
  let date: string | undefined;
  const send = (abortSignal: AbortSignal) => {
    const command = new GetBucketVersioningCommand({
      Bucket: bucket.name,
      ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
    });
    const look: DeserializeMiddleware<Input, Output> = (next) => async (args) => {
      const answer = await next(args);
      date = dateOf(answer.response);
      return answer;
    };
    command.middlewareStack.add(look, { step: 'deserialize', name: 'serverTime', priority: 'low' });
    return bucket.client.send(command, { abortSignal });
  };
  await sendAnywhere(requester, bucket, { kind: 'get', readOnly: true, send }).catch((error: unknown) => {
    throw asFailure('versioning', error);
  });
  const at = Date.parse(date ?? '');
  if (Number.isNaN(at)) {
    throw new RollbackError(
      'no-server-clock',
      `the server does not say what time it is (header Date: ${date === undefined ? 'missing' : 'not a date'})`,
      'Without its clock the moment before the deployment cannot be told. Look for a proxy that takes the header away.',
    );
  }
  return at;
}

function dateOf(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null) return undefined;
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'date') ?? [];
  return typeof value === 'string' ? value : undefined;
}
