/**
 * Build dist/ from src/: tsc compiles, ncc bundles each entry into one readable file. Not minified, so that a reviewer
 * can read what runs; the same source gives the same bytes, which .ci/run checks.
 *
 *   node scripts/build.ts [--out FOLDER]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } });
const out = resolve(root, values.out);

// [compiled entry, folder under dist]
const ENTRIES = [
  ['build/main.js', '.'],
  ['build/post.js', 'post'],
] as const;

function run(tool: string, args: readonly string[]): void {
  execFileSync(process.execPath, [join(root, 'node_modules', tool), ...args], {
    cwd: root,
    // tsc prints its errors to stdout; ncc prints sizes there.
    stdio: ['ignore', tool.startsWith('typescript') ? 'inherit' : 'ignore', 'inherit'],
  });
}

rmSync(join(root, 'build'), { recursive: true, force: true });
// ncc's own TypeScript loader does not work with this TypeScript: compile first, bundle the JavaScript.
run('typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
rmSync(out, { recursive: true, force: true });
for (const [entry, folder] of ENTRIES) {
  run('@vercel/ncc/dist/ncc/cli.js', [
    'build',
    entry,
    '-o',
    join(out, folder),
    '--license',
    'licenses.txt',
    '--target',
    'es2022',
  ]);
}
for (const [, folder] of ENTRIES) {
  const extra = readdirSync(join(out, folder)).filter(
    (f) => !['index.js', 'licenses.txt', 'package.json', 'post'].includes(f),
  );
  // A second chunk would mean a dynamic import crept in: its licences are left out, and it loads late.
  if (extra.length > 0) throw new Error(`unexpected files in ${folder}: ${extra.join(', ')}`);
  if (!existsSync(join(out, folder, 'index.js'))) throw new Error(`${folder}/index.js was not built`);
}
