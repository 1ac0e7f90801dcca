import type { Operation } from './operation.ts';

/** One request that reached the sandbox, and how it was answered. */
export interface RequestRecord {
  readonly operation: Operation;
  readonly method: string;
  /** As sent, still percent-encoded, without the query. */
  readonly path: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly versionId?: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** DeleteObjects only. */
  keys?: readonly { key: string; versionId?: string }[];
  /** 0 while in flight, and for ever if the socket was closed without a reply. */
  status: number;
  errorCode?: string;
  /** The sandbox clock when the request had been read. */
  readonly at: number;
}

export interface RequestLog {
  /** In order of arrival. */
  all(): readonly RequestRecord[];
  count(operation?: Operation): number;
  of(operation: Operation): RequestRecord[];
  /** The most requests that were being worked on at the same moment. */
  readonly maxInFlight: number;
  clear(): void;
}

export function createRequestLog(): RequestLog & { open(record: RequestRecord): void; close(): void } {
  let records: RequestRecord[] = [];
  let inFlight = 0;
  let maxInFlight = 0;
  const of = (operation: Operation) => records.filter((record) => record.operation === operation);
  return {
    all: () => records,
    count: (operation) => (operation === undefined ? records.length : of(operation).length),
    of,
    get maxInFlight() {
      return maxInFlight;
    },
    clear() {
      records = [];
      maxInFlight = inFlight;
    },
    open(record) {
      records.push(record);
      inFlight++;
      maxInFlight = Math.max(maxInFlight, inFlight);
    },
    close() {
      inFlight--;
    },
  };
}
