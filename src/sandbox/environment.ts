/** Time, chance and names, injected. The sandbox is a world of its own, so it states what it needs itself. */
export interface SandboxClock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

export interface SandboxIds {
  /** A new UUID whose text order is the order of creation. */
  next(): string;
}

export interface SandboxRandom {
  /** Uniform in [0, 1). */
  next(): number;
}

/** Stripe's shape of an id: a prefix that tells the kind, then letters and digits. */
export const stripeId = (ids: SandboxIds, prefix: string): string =>
  `${prefix}_${ids.next().replaceAll('-', '')}`;
