import { S3 } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { recordReplies } from './reply.ts';

export const server = inject('server');

/** The plain SDK client, pointed at the server under test. Every answer it gets can be read raw: see reply.ts. */
export const s3 = new S3({
  endpoint: server.endpoint,
  region: server.region,
  forcePathStyle: true,
  maxAttempts: 3,
  ...(server.credentials === undefined ? {} : { credentials: server.credentials }),
});

recordReplies(s3);
