/** What the engine asks of a queue of events. src/queue answers it with SQS. */

export interface QueueMessage {
  /** The same for every delivery of one message. */
  readonly id: string;
  readonly body: string;
  /** How often it was received, this time included. */
  readonly receives: number;
}

/** When to stop receiving: whichever comes first. */
export interface DrainLimits {
  readonly maxMessages: number;
  /** From the first receive on. */
  readonly seconds: number;
  /** So many empty long polls, one after the other. */
  readonly idlePolls: number;
}

/** How to answer for messages that were received. Ids of messages that are not held are an error of the caller. */
export interface Queue {
  readonly url: string;

  /**
   * Receive, several polls side by side, until a limit is met or the run is told to stop. `take` gets each message once,
   * also when it is delivered twice. What is received is held: its visibility is extended until it is answered for, or
   * the queue is closed.
   * @throws RollbackError `queue-…` naming the mend, where nothing can be received; CancelledError
   */
  drain(limits: DrainLimits, take: (messages: readonly QueueMessage[]) => Promise<void>): Promise<void>;

  /** Delete them from the queue. Gives the ids of those that were; the others come again. Throws only what ends the run. */
  acknowledge(ids: readonly string[]): Promise<ReadonlySet<string>>;

  /** Let them come again after so many seconds (0: at once). Best effort: without it they come when their visibility ends. */
  release(ids: readonly string[], seconds: number): Promise<void>;

  /**
   * Let them come again, each later than the time before, so that the queue's redrive policy moves what fails for good to
   * the dead-letter queue.
   */
  backOff(ids: readonly string[]): Promise<void>;

  /** What is wrong with the permissions or the queue although the run goes on, each once. Grows. */
  readonly problems: readonly { readonly code: string; readonly message: string; readonly hint: string }[];

  /** No more extensions. What was not answered for comes again when its visibility ends. */
  close(): void;
}
