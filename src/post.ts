import { createLog } from './action/log.ts';
import { runPost } from './action/post.ts';
import { readState } from './action/state.ts';
import { goBack, tellUnguarded } from './guarded.ts';

/** The post step, when the job failed or was cancelled: takes a guarded deployment back, or speaks for a main step that was killed. */
const { env } = process;
const log = createLog(Date.now);
const state = readState(env);
if (state?.checkpoint) process.exitCode = (await goBack(env, state, log)) ? 1 : 0;
else if (state?.operation === 'guard' && !state.finished) tellUnguarded(state, log);
else await runPost(env, log);
// What was printed must reach the runner; and a request that hangs must not keep the process.
setTimeout(() => process.exit(), 500).unref();
