/** One fan of a sale that took place, from Postgres; null: it did not come to that. */
export interface RecordedFan {
  readonly joinedAtMs: number;
  readonly admittedAtMs: number | null;
  readonly heldAtMs: number | null;
  readonly seats: number;
  readonly orderedAtMs: number | null;
  readonly paidAtMs: number | null;
}

export interface RecordedSale {
  readonly openedAtMs: number;
  readonly seats: number;
  readonly ratePerMinute: number;
  readonly insideMax: number;
  readonly fans: readonly RecordedFan[];
}
