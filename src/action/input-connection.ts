import { type Env, type InputReader, quoted } from './input-reader.ts';

/** How to reach the buckets. Credentials are not in it: they come from the SDK's own chain, never from an input. */
export interface Connection {
  /** The bucket that the inputs name beside the region: if it is elsewhere, one of the two is not what was meant. */
  readonly strictRegionFor?: string;
  readonly region: string;
  /** Where not AWS itself. */
  readonly endpointUrl?: string;
  /** It is AWS itself, not a server that speaks like it. */
  readonly isAws: boolean;
  readonly forcePathStyle: boolean;
  readonly expectedBucketOwner?: string;
  /** Most requests in flight. */
  readonly concurrency: number;
  /** Most keys in one DeleteObjects. */
  readonly batchSize: number;
  readonly bypassGovernanceRetention: boolean;
  /** For the queue, where it is not the host of its own URL. Not checked yet. */
  readonly queueEndpointUrl?: string;
  /** For asking who we are; absent: AWS itself. */
  readonly identityEndpointUrl?: string;
  readonly asksIdentity: boolean;
}

/** With a problem the connection returned means nothing. */
export function parseConnection(read: InputReader, env: Env, bucket: string | undefined): Connection {
  const endpoint = parseEndpoint(read, env);
  const owner = read.text('expected-bucket-owner');
  if (owner !== '' && !/^\d{12}$/.test(owner)) {
    read.problem(
      'expected-bucket-owner',
      `${quoted(owner)} is not an AWS account id`,
      'Give the 12 digits. In YAML, put them in quotes, so that leading zeros stay.',
    );
  }
  const style = read.text('force-path-style') === '' ? undefined : read.flag('force-path-style');
  return {
    ...(bucket !== undefined && { strictRegionFor: bucket }),
    region: parseRegion(read, env, endpoint !== undefined),
    ...(endpoint !== undefined && { endpointUrl: endpoint.href }),
    isAws: endpoint === undefined || isAws(endpoint),
    forcePathStyle: style ?? (endpoint !== undefined && !isAws(endpoint)),
    ...(owner !== '' && { expectedBucketOwner: owner }),
    concurrency: read.integer('concurrency', { min: 1, max: 256 }) ?? 32,
    batchSize: read.integer('batch-size', { min: 1, max: 1000 }) ?? 1000,
    bypassGovernanceRetention: read.flag('bypass-governance-retention') ?? false,
    ...serviceEndpoints(env, endpoint),
  };
}

function parseRegion(read: InputReader, env: Env, customEndpoint: boolean): string {
  const sources = [
    ['input', read.text('region')],
    ['AWS_REGION', env.AWS_REGION?.trim() ?? ''],
    ['AWS_DEFAULT_REGION', env.AWS_DEFAULT_REGION?.trim() ?? ''],
  ] as const;
  const given = sources.find(([, value]) => value !== '');
  if (given !== undefined) {
    const [source, region] = given;
    // It becomes a part of a host name.
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(region)) {
      const where = source === 'input' ? '' : ` (from ${source})`;
      read.problem(
        'region',
        `${quoted(region)}${where} is not a region`,
        'Write the region of the bucket, such as eu-central-1.',
      );
    }
    return region;
  }
  if (customEndpoint) return 'us-east-1';
  read.problem(
    'region',
    'is missing, and neither AWS_REGION nor AWS_DEFAULT_REGION is set',
    'Give the region of the bucket, such as eu-central-1.',
  );
  return '';
}

/** The input, else what the SDK would read. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function parseEndpoint(read: InputReader, env: Env): URL | undefined {
  const ignoreEnv = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true';
  const fromEnv = (name: string) => [name, ignoreEnv ? '' : (env[name]?.trim() ?? '')] as const;
  const sources = [
    ['input', read.text('endpoint-url')] as const,
    fromEnv('AWS_ENDPOINT_URL_S3'),
    fromEnv('AWS_ENDPOINT_URL'),
  ];
  const given = sources.find(([, value]) => value !== '');
  if (given === undefined) return undefined;

  const [source, value] = given;
  const where = source === 'input' ? '' : ` (from ${source})`;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    read.problem(
      'endpoint-url',
      `${quoted(value)}${where} is not an http or https URL`,
      'Write it in full, such as https://s3.example.com.',
    );
    return undefined;
  }
  if (url.username !== '' || url.password !== '') {
    // The value is not shown: it holds a password.
    read.problem(
      'endpoint-url',
      `the URL${where} holds a user name or a password`,
      'Leave them out. Credentials come from the environment, as with every AWS tool.',
    );
    return undefined;
  }
  if (url.search !== '' || url.hash !== '') {
    read.problem(
      'endpoint-url',
      `${quoted(value)}${where} has a query or a fragment`,
      'Leave out what follows "?" or "#".',
    );
    return undefined;
  }
  return url;
}

/** What the SDK would read for SQS and STS: the input is for S3 only. */
function serviceEndpoints(
  env: Env,
  s3: URL | undefined,
): Pick<Connection, 'queueEndpointUrl' | 'identityEndpointUrl' | 'asksIdentity'> {
  const of = (service: string) => environmentEndpoint(env, `AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL');
  const [queue, identity] = [of('SQS'), of('STS')];
  return {
    ...(queue !== undefined && { queueEndpointUrl: queue }),
    ...(identity !== undefined && { identityEndpointUrl: identity }),
    // Beside a server that is not Amazon's, there is nobody to ask.
    asksIdentity: identity !== undefined || s3 === undefined || isAws(s3),
  };
}

function environmentEndpoint(env: Env, ...names: readonly string[]): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') return undefined;
  return names.map((name) => env[name]?.trim() ?? '').find((value) => value !== '');
}

/** AWS's own endpoints take the bucket in the host name; most other servers want it in the path. */
function isAws(endpoint: URL): boolean {
  return /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/i.test(endpoint.hostname);
}
