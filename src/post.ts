import { createLog } from './action/log.ts';
import { runPost } from './action/post.ts';

/** The post step: speaks only for a main step that was killed before it could. */
await runPost(process.env, createLog(Date.now));
