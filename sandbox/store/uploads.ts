import type { ChecksumType } from './checksums.ts';
import type { Draft, StoredPart } from './entry.ts';

/** What a version is before its parts make up its content. */
export type Description = Omit<Draft, 'body' | 'size' | 'etag' | 'parts'>;

export interface Part extends StoredPart {
  readonly number: number;
  /** Without quotes. */
  readonly etag: string;
  /** Undefined: copied from a sparse entry. */
  readonly body: Uint8Array | undefined;
  /** Milliseconds since 1970, always whole seconds. */
  readonly lastModified: number;
}

/** The checksum that an upload was started with; without one, parts may carry any. */
export interface ChecksumChoice {
  /** Lower case. */
  readonly algorithm: string;
  readonly type: ChecksumType;
}

/** A multipart upload between its start and its completion. */
export interface Upload {
  readonly id: string;
  readonly key: string;
  /** Where in the key's history the version will stand: among what was stored when the upload was started. */
  readonly sequence: number;
  /** Milliseconds since 1970, always whole seconds: the version's LastModified. */
  readonly started: number;
  readonly described: Description;
  readonly checksum: ChecksumChoice | undefined;
  readonly parts: ReadonlyMap<number, Part>;
  /** When the key was last changed since the start; undefined if it was not. */
  readonly changed: number | undefined;
}

interface OpenUpload extends Upload {
  readonly parts: Map<number, Part>;
  changed: number | undefined;
}

/** The uploads of a bucket that are neither completed nor aborted. */
export class Uploads {
  #open = new Map<string, OpenUpload>();

  start(upload: Omit<Upload, 'parts' | 'changed'>): Upload {
    const open: OpenUpload = { ...upload, parts: new Map(), changed: undefined };
    this.#open.set(upload.id, open);
    return open;
  }

  /** An id belongs to one key. */
  find(id: string, key: string): Upload | undefined {
    const upload = this.#open.get(id);
    return upload?.key === key ? upload : undefined;
  }

  /** A part that is sent again replaces the one before. */
  setPart(upload: Upload, part: Part): void {
    this.#open.get(upload.id)?.parts.set(part.number, part);
  }

  remove(upload: Upload): void {
    this.#open.delete(upload.id);
  }

  /** In the order in which they were started. */
  all(): readonly Upload[] {
    return [...this.#open.values()];
  }

  /** Tells the uploads of a key that something was stored or removed. */
  touch(key: string, nextSequence: () => number): void {
    if (this.#open.size === 0) return;
    const changed = nextSequence();
    for (const upload of this.#open.values()) if (upload.key === key) upload.changed = changed;
  }
}

/** Part numbers in order. */
export function sortedParts(upload: Upload): Part[] {
  return [...upload.parts.values()].toSorted((a, b) => a.number - b.number);
}

/** The bytes of all parts, or none if one of them has only a size: then the whole is sparse. */
export function joined(parts: readonly Part[]): { body: Uint8Array | undefined; size: number } {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (parts.some((part) => part.body === undefined)) return { body: undefined, size };
  const body = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    body.set(part.body ?? [], at);
    at += part.size;
  }
  return { body, size };
}
