/** Everything that adds an entry to a key. */
export { addDeleteMarker } from './add-marker.ts';
export { copyVersion } from './copy-object.ts';
export { copySource } from './copy-source.ts';
export { requestRestore } from './restore-object.ts';
