/** Time, chance and names, injected so that a test or a simulation can supply its own. */
export interface Clock {
  /** Milliseconds since the epoch, by this process' clock. Never used to decide about a seat: Postgres' clock does. */
  nowMs(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

export interface Ids {
  /** A new UUIDv7. */
  next(): string;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}
