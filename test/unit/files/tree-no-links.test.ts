import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { openTree } from '../../../src/files/tree.ts';
import { useTemp } from '../operations/download-support.ts';

/** File systems that know no hard links, each in its own words. */
const system = vi.hoisted(() => ({ says: '' }));
vi.mock('node:fs/promises', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:fs/promises')>()),
  link: async () => {
    throw Object.assign(new Error(system.says), { code: system.says, syscall: 'link' });
  },
}));

const temp = useTemp();

async function put(content: string, meanwhile: () => void = () => {}): Promise<void> {
  const file = await (await (await openTree(temp.in('out'))).file('a')).begin();
  try {
    await file.write(Buffer.from(content));
    meanwhile();
    await file.finish(0);
  } finally {
    await file.discard();
  }
}

describe.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'UNKNOWN'])(
  'where linking fails with %s',
  (code) => {
    it('a file comes into its place all the same', async () => {
      system.says = code;
      await put('whole');
      expect(readFileSync(temp.in('out', 'a'), 'utf8')).toBe('whole');
      expect(readdirSync(temp.in('out'))).toEqual(['a']);
    });

    it.each<[what: string, make: () => void]>([
      ['file', () => writeFileSync(temp.in('out', 'a'), 'theirs')],
      ['link', () => symlinkSync('nowhere', temp.in('out', 'a'))],
    ])('a %s that appeared meanwhile is not replaced', async (_, make) => {
      system.says = code;
      await expect(put('ours', make)).rejects.toMatchObject({ failure: { code: 'file-exists' } });
      expect(readdirSync(temp.in('out'))).toEqual(['a']);
    });
  },
);

it('a full disk is told as such', async () => {
  system.says = 'ENOSPC';
  await expect(put('whole')).rejects.toMatchObject({ code: 'disk-full' });
  expect(readdirSync(temp.in('out'))).toEqual([]);
});
