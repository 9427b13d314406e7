/** What is sent on to another process of ours. */
export interface Sent {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Uint8Array | null;
  /** The answer goes on until somebody leaves. */
  readonly stream: boolean;
}

/** Its answer, whatever the status. The body comes as it is sent. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A service that another process serves. */
export interface Upstream {
  readonly name: string;
  /** Whether it can be reached, as its watcher knows. */
  up(): boolean;
  /**
   * Sends once. Rejects with the refusal `unavailable` when it is certain that nothing arrived, and with `PartAway` when no
   * answer came within the deadline and nobody knows.
   */
  send(request: Sent): Promise<Answered>;
}
