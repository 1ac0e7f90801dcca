import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { realTimer, type Timer } from './timer.ts';

/**
 * Here, and not in a room of its own, because queue and identity are what the bot asks of the account beside the bucket.
 */

export interface CallerOptions {
  readonly region: string;
  /** Absent: AWS itself, or what AWS_ENDPOINT_URL_STS says. */
  readonly endpointUrl?: string;
  /** For everything, the search for credentials too. */
  readonly timeoutMs?: number;
  /** For tests. */
  readonly timer?: Timer;
}

/**
 * Who this run is, as S3's events name it after `AWS:` (`AROA…:session`), so that the bot knows its own writes. Needs no
 * permission. Undefined where it cannot be found out in time; never throws.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function callerId(options: CallerOptions): Promise<string | undefined> {
  const { region, endpointUrl, timeoutMs = 3000, timer = realTimer } = options;
  const cut = new AbortController();
  // The search for credentials knows no signal, so the wait is bounded as well as the request.
  let clear = () => {};
  const late = new Promise<undefined>((resolve) => {
    clear = timer(timeoutMs, () => {
      cut.abort();
      resolve(undefined);
    });
  });
  try {
    return await Promise.race([ask(region, endpointUrl, timeoutMs, cut.signal), late]);
  } catch {
    return undefined;
  } finally {
    clear();
  }
}

async function ask(region: string, endpoint: string | undefined, timeoutMs: number, abortSignal: AbortSignal) {
  const client = new STSClient({
    region,
    ...(endpoint !== undefined && { endpoint }),
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ connectionTimeout: timeoutMs }),
  });
  try {
    const { UserId: id } = await client.send(new GetCallerIdentityCommand({}), { abortSignal });
    return id;
  } finally {
    client.destroy();
  }
}
