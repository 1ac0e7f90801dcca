import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPolicy } from '../../../src/policy/index.ts';
import { ruleWith } from './bad-policies.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-'));
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'good.yml'), ruleWith());
  writeFileSync(join(folder, 'bad.yml'), ruleWith('then: x'));
  writeFileSync(join(folder, 'secret.yml'), ruleWith());
  chmodSync(join(folder, 'secret.yml'), 0);
  // One byte too many, and just not.
  writeFileSync(join(folder, 'large.yml'), `${ruleWith()}#`.padEnd(1024 * 1024 + 1, 'x'));
  writeFileSync(join(folder, 'full.yml'), `${ruleWith()}#`.padEnd(1024 * 1024, 'x'));
  writeFileSync(join(folder, 'latin.yml'), Buffer.from(ruleWith('keys: "\xe9"'), 'latin1'));
  writeFileSync(join(folder, 'utf16.yml'), Buffer.from(`\ufeff${ruleWith()}`, 'utf16le'));
  symlinkSync('loop.yml', join(folder, 'loop.yml'));
  symlinkSync('good.yml', join(folder, 'link.yml'));
  execFileSync('mkfifo', [join(folder, 'pipe.yml')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (name: string) => readPolicy(join(folder, name), `.github/${name}`);

describe('a policy file', () => {
  it.each(['good.yml', 'link.yml', 'full.yml'])('%s is read', async (name) => {
    expect((await read(name))?.rules).toMatchObject([{ name: 'a', bucket: 'b' }]);
  });

  it.each(['none.yml', 'none/none.yml', 'good.yml/none.yml'])('%s is not there', async (name) => {
    expect(await read(name)).toBeUndefined();
  });

  it('is called what the user called it', async () => {
    await expect(read('bad.yml')).rejects.toMatchObject({
      code: 'invalid-policy',
      message: expect.stringMatching(/^policy file \.github\/bad\.yml, line 5, rule "a", then: /),
    });
  });

  it.each([
    ['folder', 'is a folder', 'Give the path of a YAML file.'],
    ['pipe.yml', 'is no regular file', 'Give the path of a YAML file.'],
    ['large.yml', 'is larger than 1 MiB', 'Write fewer and wider globs, or give the path of a policy.'],
    ['latin.yml', 'is not UTF-8', 'Save the file as UTF-8.'],
    ['utf16.yml', 'is not UTF-8', 'Save the file as UTF-8.'],
    ['loop.yml', 'cannot be read (ELOOP)', 'Check the path and the disk that the file is on.'],
    [`${'x'.repeat(300)}`, 'cannot be read (ENAMETOOLONG)', 'Check the path and the disk that the file is on.'],
  ])('%s is refused', async (name, what, hint) => {
    const message = `input "policy-file": .github/${name} ${what}`;
    await expect(read(name)).rejects.toMatchObject({ code: 'invalid-policy', message, hint });
  });

  it('a device that never ends is refused', async () => {
    await expect(readPolicy('/dev/zero', '/dev/zero')).rejects.toMatchObject({
      message: 'input "policy-file": /dev/zero is no regular file',
    });
  });

  // Root may read everything.
  it.runIf(process.getuid?.() !== 0)('that may not be read is refused', async () => {
    await expect(read('secret.yml')).rejects.toMatchObject({
      message: 'input "policy-file": .github/secret.yml cannot be read (EACCES)',
      hint: 'Let the user that runs this job read the file and the folders above it.',
    });
  });
});
