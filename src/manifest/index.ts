/** Manifests: csv, jsonl, inventory and completion reports → rows, streamed. */
export { openLocal } from './local.ts';
export { type OpenFile, openManifest } from './open.ts';
export { remoteError } from './remote.ts';
