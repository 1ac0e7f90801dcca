import * as z from 'zod';

/** What a file of ours says of itself in its first line. */
export interface FileKind {
  readonly kind: string;
  readonly schemaVersion: number;
}

const schema = z.object({ kind: z.string(), schemaVersion: z.number() });

/** `undefined`: no file of ours begins like this. */
export function fileKindOf(firstLine: string): FileKind | undefined {
  try {
    return schema.safeParse(JSON.parse(firstLine)).data;
  } catch {
    return undefined;
  }
}
