import type { S3Client } from '@aws-sdk/client-s3';
import type { Answer, Request, Requester } from './request.ts';
import { RequestError, type Trouble } from './trouble.ts';

/** A bucket, and how to reach it. */
export interface Bucket {
  /** Of the region in which the bucket was found last: to be asked for each time a request is sent. */
  readonly client: S3Client;
  readonly name: string;
  readonly expectedOwner?: string;
  /** It is the one that the input `bucket` names, with the input `region`. */
  readonly isInput?: boolean;
  /** Go on in another region; false where that is not to be done. Absent: never. */
  readonly moveTo?: (region: string) => boolean;
  /** Its server refuses to be asked for the state of restores. */
  refusesRestoreStatus?: boolean;
}

/** Does this answer say that the bucket is in another region? */
export function isElsewhere({ code, status, region }: Trouble): boolean {
  return (
    code === 'PermanentRedirect' ||
    code === 'AuthorizationHeaderMalformed' ||
    code === 'IllegalLocationConstraintException' ||
    (status === 301 && region !== undefined)
  );
}

/**
 * Send a request to the bucket wherever it is: an answer that names its region is followed, once. Its `send` must take
 * the client from the bucket each time. https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
 * @throws CancelledError, RequestError
 */
export async function sendAnywhere<T>(requester: Requester, bucket: Bucket, request: Request<T>): Promise<Answer<T>> {
  try {
    return await requester.send(request);
  } catch (error) {
    if (!(error instanceof RequestError) || !isElsewhere(error.trouble)) throw error;
    const { region } = error.trouble;
    if (region === undefined || bucket.moveTo?.(region) !== true) throw error;
    return requester.send(request);
  }
}
