/** What the URL of a queue tells: `https://sqs.eu-west-1.amazonaws.com/123456789012/name`, and the older forms of it. */
export interface Place {
  readonly url: string;
  /** The last part of the path; the whole URL where there is none. */
  readonly name: string;
  readonly account?: string;
  readonly region?: string;
}

const REGION = '([a-z]{2,}(?:-[a-z]+)+-\\d+)';
/** Also of endpoints of a VPC, and the names from before `sqs.` came first. */
const HOSTS = [new RegExp(`(?:^|\\.)sqs(?:-fips)?\\.${REGION}\\.`), new RegExp(`^${REGION}\\.queue\\.`)];

/** Nothing about it is an error: what the URL does not say is left out. */
export function placeOf(url: string): Place {
  const parsed = URL.parse(url);
  const [account, name] =
    parsed?.pathname
      .split('/')
      .filter((part) => part !== '')
      .slice(-2) ?? [];
  const region = HOSTS.map((host) => host.exec(parsed?.hostname ?? '')?.[1]).find((found) => found !== undefined);
  return {
    url,
    name: name ?? account ?? url,
    ...(name !== undefined && account !== undefined && /^\d{12}$/.test(account) && { account }),
    ...(region !== undefined && { region }),
  };
}

/** For a message: `queue "deletions" (account 123456789012, region eu-west-1)`. */
export function describePlace({ name, account, region }: Place): string {
  const facts = [
    ...(account === undefined ? [] : [`account ${account}`]),
    ...(region === undefined ? [] : [`region ${region}`]),
  ];
  return `queue "${name}"${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
}
