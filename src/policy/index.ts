export { parsePolicy } from './parse.ts';
export { readPolicy } from './read.ts';
