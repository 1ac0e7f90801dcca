import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceFiles, withoutComments } from './sources.ts';

/**
 * Imports point one way: main and post → operations → (s3, files, action) → core. Adapters do not know each other, and the
 * core knows no clock, no chance, no environment, no file and no network.
 */

/** What the files of a room may import: rooms, and packages. A room that is not here has no business in src. */
const ROOMS: Readonly<Record<string, { readonly rooms: readonly string[]; readonly packages: RegExp }>> = {
  // Of node:net only its list of addresses.
  core: { rooms: ['core'], packages: /^(zod|picomatch|node:crypto|node:net)$/ },
  action: { rooms: ['action', 'core'], packages: /^(@actions\/core|zod|node:.+)$/ },
  files: { rooms: ['files', 'core'], packages: /^(@aws-sdk\/checksums\/crc|node:.+)$/ },
  s3: { rooms: ['s3', 'core'], packages: /^(@aws-sdk\/.+|@smithy\/.+|node:.+)$/ },
  manifest: { rooms: ['manifest', 'core'], packages: /^(csv-parse|node:.+)$/ },
  events: { rooms: ['events', 'core'], packages: /^zod$/ },
  policy: { rooms: ['policy', 'core'], packages: /^(yaml|zod|node:.+)$/ },
  queue: { rooms: ['queue', 'core'], packages: /^(@aws-sdk\/client-(sqs|sts)|@smithy\/.+|node:.+)$/ },
  page: { rooms: ['page', 'core'], packages: /^node:.+$/ },
  github: { rooms: ['github', 'core'], packages: /^(@actions\/github|node:.+)$/ },
  operations: {
    rooms: ['operations', 'core', 's3', 'files', 'manifest', 'events', 'policy', 'queue'],
    packages: /^node:.+$/,
  },
  // main.ts, post.ts and what only they use.
  '': {
    rooms: ['', 'action', 'operations', 's3', 'files', 'manifest', 'queue', 'github', 'page', 'core'],
    packages: /^node:.+$/,
  },
};

const files = sourceFiles().map(({ path, text }) => ({ path, code: withoutComments(text) }));

function roomOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : '';
}

/** What a file imports, also types, re-exports and `import()`. */
function importsOf(code: string): string[] {
  return [...code.matchAll(/(?:(?<!\.)\bfrom\s+|\bimport\s*\(?\s*)'([^']+)'/g)].map((match) => match[1] ?? '');
}

describe.each(files.map((file) => [file.path, file] as const))('src/%s', (path, { code }) => {
  const room = ROOMS[roomOf(path)];

  it('stands in a room of the house', () => {
    expect(room).toBeDefined();
  });

  it('imports only what its room may', () => {
    const wrong = importsOf(code).filter((name) => {
      if (!name.startsWith('.')) return room?.packages.test(name) !== true;
      const target = posix.join(posix.dirname(path), name);
      return target.startsWith('..') || !name.endsWith('.ts') || room?.rooms.includes(roomOf(target)) !== true;
    });
    expect(wrong).toEqual([]);
  });

  it('has no way round the types', () => {
    expect(code.match(/\bas any\b|:\s*any\b|<any>|\bas unknown as\b|@ts-(ignore|expect-error|nocheck)/g) ?? []).toEqual(
      [],
    );
  });

  it('prints only in src/action/log.ts', () => {
    if (path === 'action/log.ts') return;
    const printing =
      /\bconsole\.\w+|process\.(stdout|stderr)\b|\bcore\.(info|error|warning|notice|debug|startGroup|endGroup|group|setFailed|summary)\b/g;
    expect(code.match(printing) ?? []).toEqual([]);
  });
});

describe('the core is pure: no clock, no chance, no environment, no timers', () => {
  const impure =
    /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\brandom(UUID|Bytes|Int)\b|\bprocess\.|\bperformance\.|\bset(Timeout|Interval|Immediate)\b|\bfetch\(|\b(createConnection|createServer|Socket)\b/g;

  it.each(files.filter(({ path }) => path.startsWith('core/')).map(({ path, code }) => [path, code]))(
    'src/%s',
    (_, code) => {
      expect(code.match(impure) ?? []).toEqual([]);
    },
  );
});

describe('this test', () => {
  it('sees every form of import', () => {
    const code = `import a from 'a';\nimport {\n  b\n} from 'b';\nexport * from 'c';\nimport 'd';\nawait import('e');\nimport type { F } from 'f';\nBuffer.from('g');`;
    expect(importsOf(code)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('does not take a comment for code, nor a string for a comment', () => {
    expect(withoutComments(`const a = 'http://x'; // console.log\n/* any */ const b = \`/*\`;`)).toBe(
      `const a = 'http://x'; \n const b = \`/*\`;`,
    );
  });
});
