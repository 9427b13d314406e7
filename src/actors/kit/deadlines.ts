import type { Clock } from '../../domain/ports/environment.ts';

/** Asks that end in the same 10 ms share a bucket, and all buckets one timer: 15,000 timers a second would cost more than the asks. */
const SLOT_MS = 10;

/** setTimeout takes no more than this; it turns anything longer into 1 ms. */
const LONGEST_MS = 2_147_483_647;

export interface Expiring {
  expire(): void;
}

/**
 * Deadlines to the next 10 ms, never early. While none is set no timer is, so nothing here keeps a process alive.
 * A wall clock set back does not postpone what is already waiting beyond its distance to the deadline before it.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #buckets = new Map<number, Set<Expiring>>();
  #armedSlot: number | null = null;
  #disarm: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Expires `entry` once after `delayMs`, unless it is removed. Returns the slot that `remove` wants. */
  add(entry: Expiring, delayMs: number): number {
    const nowMs = this.#clock.nowMs();
    const slot = Math.ceil((nowMs + delayMs) / SLOT_MS);
    const bucket = this.#buckets.get(slot);
    if (bucket === undefined) this.#buckets.set(slot, new Set([entry]));
    else bucket.add(entry);
    if (this.#armedSlot === null || slot < this.#armedSlot) this.#arm(slot, slot * SLOT_MS - nowMs);
    return slot;
  }

  remove(entry: Expiring, slot: number): void {
    const bucket = this.#buckets.get(slot);
    if (bucket === undefined) return;
    bucket.delete(entry);
    if (bucket.size > 0) return;
    this.#buckets.delete(slot);
    if (this.#buckets.size === 0) this.#rest();
  }

  /** How many wait. */
  get size(): number {
    let size = 0;
    for (const bucket of this.#buckets.values()) size += bucket.size;
    return size;
  }

  #rest(): void {
    this.#disarm();
    this.#armedSlot = null;
  }

  #arm(slot: number, delayMs: number): void {
    this.#disarm();
    this.#armedSlot = slot;
    this.#disarm = this.#clock.after(Math.min(Math.max(delayMs, 0), LONGEST_MS), () => this.#sweep(slot));
  }

  // What was armed for is due because its timer fired, whatever the wall clock says by now.
  #sweep(due: number): void {
    this.#armedSlot = null;
    const expired: Expiring[] = [];
    for (const [slot, bucket] of this.#buckets) {
      if (slot > due) continue;
      this.#buckets.delete(slot);
      expired.push(...bucket);
    }
    for (const entry of expired) entry.expire();
    this.#armNext(due);
  }

  #armNext(swept: number): void {
    let next: number | null = null;
    for (const slot of this.#buckets.keys()) if (next === null || slot < next) next = slot;
    if (next === null || (this.#armedSlot !== null && this.#armedSlot <= next)) return;
    this.#arm(next, Math.min((next - swept) * SLOT_MS, next * SLOT_MS - this.#clock.nowMs()));
  }
}
