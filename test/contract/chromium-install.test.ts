import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

/** CI looks for a browser without which it can go on, on machines that nobody knows. */

const root = resolve(import.meta.dirname, '../..');
const bash = spawnSync('bash', ['-c', 'echo "$BASH"'], { encoding: 'utf8' }).stdout.trim();

describe('test/browser/chromium-install.sh', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** On a machine that has these programs and no other. */
  function runWith(programs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
    const folder = mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
    folders.push(folder);
    const own = { timeout: 'shift\n"$@"', cat: 'while read -r line; do echo "$line"; done', ...programs };
    for (const [name, script] of Object.entries(own)) {
      writeFileSync(join(folder, name), `#!${bash}\n${script}\n`);
      chmodSync(join(folder, name), 0o755);
    }
    const { status, stdout, stderr } = spawnSync(bash, [join(root, 'test/browser/chromium-install.sh')], {
      encoding: 'utf8',
      env: { PATH: folder, ...env },
    });
    return { folder, status, stdout, stderr };
  }

  test('takes the one that is there, and prints its path and nothing else', () => {
    const { folder, status, stdout } = runWith({ 'google-chrome': 'echo Chrome 1' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${folder}/google-chrome\n` });
  });

  test('takes the one that is named before any other', () => {
    const { folder, status, stdout } = runWith(
      { chromium: 'echo Chromium 1', mine: 'echo Chromium 2' },
      { CHROMIUM: 'mine' },
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${folder}/mine\n` });
  });

  test.each([
    ['there is none', {}],
    ['the one that is there is a stub', { 'chromium-browser': 'echo "needs the snap" >&2\nexit 1' }],
  ])('%s, and no apt-get: it says so loudly, with the code for that', (_, programs) => {
    const { status, stdout, stderr } = runWith(programs);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/CANNOT RUN HERE[\s\S]*no apt-get[\s\S]*apt-get install --no-install-recommends chromium/);
  });

  test('.ci/run goes on then, and says at its end what did not run', () => {
    const ci = readFileSync(join(root, '.ci/run'), 'utf8');
    expect(ci).toMatch(/step "Chromium" chromium_is_there\nstep "npm test"/);
    expect(ci).toMatch(/\[ "\$code" -eq 0 \] \|\| \[ "\$code" -eq 3 \]\n\}/);
    expect(ci.indexOf('NO CHROMIUM')).toBeGreaterThan(ci.indexOf('CEPH RGW DID NOT RUN'));
  });
});
