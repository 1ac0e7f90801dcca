/** Manifests: csv, jsonl, inventory and completion reports → rows, streamed. */
export { openLocal } from './local.ts';
export { openManifest } from './open.ts';
export { remoteError } from './remote.ts';
export type { OpenFile } from './source.ts';
