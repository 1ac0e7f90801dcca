import type { Published } from './site.ts';
import { SITE } from './site.ts';
import { bad, columns, cut, dim, good } from './terminal.ts';

/** Pages that somebody might open. */
const VISITS = [
  'index.html',
  'shop/kenya-117/index.html',
  'img/shop/kenya-117-960.webp',
  'blog/2025/12/post-726/index.html',
  'press/カフェ.pdf',
  'campaigns/spring/offer-7/index.html',
  '.cache/chunk-3.tmp',
];

/** What is opened, and what is said of a page that should not be there. */
export interface Visits {
  readonly paths: readonly string[];
  readonly unexpected: string;
}

const DEFAULT: Visits = { paths: VISITS, unexpected: 'never a page of the good site' };

/** Opens some pages of the site over HTTP, as a visitor would, and says what came. */
export async function visit(
  site: string,
  expected: ReadonlyMap<string, Published>,
  { paths, unexpected }: Visits = DEFAULT,
): Promise<string[]> {
  const rows = await Promise.all(
    paths.map(async (path) => {
      const response = await fetch(`${site}/${SITE}${path.split('/').map(encodeURIComponent).join('/')}`);
      const body = Buffer.from(await response.arrayBuffer());
      const wanted = expected.get(SITE + path);
      const ok = wanted === undefined ? response.status === 404 : response.ok && wanted.body.equals(body);
      const shown = response.ok ? titleOf(body) : response.status === 404 ? 'not found' : response.statusText;
      return [
        ok ? good('✓') : bad('✗'),
        cut(`/${path.replace(/index\.html$/, '')}`, 40),
        String(response.status),
        wanted === undefined ? `${shown} ${dim(`(${unexpected})`)}` : shown,
      ];
    }),
  );
  return columns(rows);
}

function titleOf(body: Buffer): string {
  const [, title] = /<title>(.*?)<\/title>/.exec(body.toString()) ?? [];
  return title ?? `${body.length} bytes`;
}
