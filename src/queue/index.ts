export { createQueueClient, type QueueClientOptions } from './client.ts';
export { type CallerOptions, callerId } from './identity.ts';
export { openQueue, type QueueOptions } from './queue.ts';
export type { Timer } from './timer.ts';
