import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import type { ActionRun } from '../../support/runner.ts';

const headerSchema = z.object({ schemaVersion: z.literal(1), kind: z.literal('download'), digest: z.string() });

const lineSchema = z.strictObject({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string(),
  size: z.number(),
  path: z.string(),
});

/** Which version of a key goes into which file. */
export type PlannedFile = z.infer<typeof lineSchema>;

export function plannedFiles(planFile: string): PlannedFile[] {
  const [, ...lines] = planFile.trimEnd().split('\n');
  return lines.map((line) => lineSchema.parse(JSON.parse(line)));
}

/** Of every download: the digest is that of the bytes, each file has a path of its own, and none leads out of the folder. */
export function expectDownloadPlan(text: string, { outputs }: Pick<ActionRun, 'outputs'>, planned: number): void {
  const { digest } = headerSchema.parse(JSON.parse(text.slice(0, text.indexOf('\n'))));
  const zeroed = text.replace(digest, `sha256:${'0'.repeat(64)}`);
  expect(digest).toBe(`sha256:${createHash('sha256').update(zeroed).digest('hex')}`);
  expect(outputs['plan-digest']).toBe(digest);
  const files = plannedFiles(text);
  expect(files).toHaveLength(planned);
  expect(new Set(files.map(({ key }) => key)).size, 'a line for each key').toBe(files.length);
  const names = files.map(({ path }) => path).filter((path) => !path.endsWith('/'));
  expect(new Set(names).size, 'a path for each file').toBe(names.length);
  for (const { path } of files) {
    const segments = path.replace(/\/$/, '').split('/');
    expect(isAbsolute(path), path).toBe(false);
    expect(segments, path).not.toContain('..');
    expect(segments, path).not.toContain('.');
    expect(segments, path).not.toContain('');
  }
}
