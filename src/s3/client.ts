import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface ClientOptions {
  readonly region: string;
  /** The input, or what AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL say. Absent: AWS itself. */
  readonly endpointUrl?: string;
  /** The bucket goes into the path, not the host name. */
  readonly forcePathStyle: boolean;
  /** Most requests in flight; there are at least as many sockets. */
  readonly concurrency: number;
}

/** How long a connection may take to stand, in milliseconds. The rest of a request has its deadline in request.ts. */
const CONNECT_MS = 5_000;

/**
 * The client for S3. Credentials come from the SDK's default chain and from nowhere else.
 * It never retries: request.ts does, which also knows the rate and what a lost answer may mean.
 */
export function createClient(options: ClientOptions): S3Client {
  const sockets = { keepAlive: true, maxSockets: Math.max(options.concurrency, 1) + 4 };
  const config: S3ClientConfig = {
    region: options.region,
    ...(options.endpointUrl !== undefined && { endpoint: options.endpointUrl }),
    forcePathStyle: options.forcePathStyle,
    maxAttempts: 1,
    // Servers that are not Amazon's often do not know the checksum trailers that the SDK would add to every body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    // Who reads an object checks it: see read-object.ts.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent(sockets),
      httpsAgent: new HttpsAgent(sockets),
      connectionTimeout: CONNECT_MS,
    }),
  };
  return new S3Client(config);
}
