import type { EventId, SectionId } from '../ids.ts';
import type { ProofSetting } from '../join-proof.ts';
import type { LaneDefinition } from '../lanes.ts';
import type { LaunchCurve } from '../launch-curve.ts';
import type { Refusal } from '../refusal.ts';
import type { AdmissionKnobs, EventDefinition, PhaseSetting, SaleEvent } from '../event.ts';

export interface SectionCounts {
  readonly sectionId: SectionId;
  readonly free: number;
  readonly held: number;
  readonly paying: number;
  readonly sold: number;
}

export interface OrderCounts {
  readonly awaitingPayment: number;
  readonly confirmed: number;
  readonly failed: number;
  readonly expired: number;
  readonly rejected: number;
  readonly refunded: number;
}

export type KnobChange = Partial<
  Pick<AdmissionKnobs, 'ratePerMinute' | 'insideMax' | 'paused' | 'closedLoop'>
> & { readonly joinProof?: ProofSetting };

/** Events and their official maps. */
export interface EventStore {
  /** The event, its sections and every seat, in one transaction. A repeat with the same id returns what stands. */
  create(eventId: EventId, definition: EventDefinition): Promise<SaleEvent>;
  list(): Promise<readonly SaleEvent[]>;
  find(eventId: EventId): Promise<SaleEvent | null>;
  /** Returns the old and the new. */
  setPhase(
    eventId: EventId,
    phase: PhaseSetting,
  ): Promise<{ readonly before: SaleEvent; readonly after: SaleEvent } | null>;
  /** Plans the rates and puts them in force; null: none are planned any more. */
  planLaunch(
    eventId: EventId,
    curve: LaunchCurve | null,
  ): Promise<{ readonly before: SaleEvent; readonly after: SaleEvent } | null>;
  /** A rate set by hand takes a planned one out of force. */
  turnKnobs(
    eventId: EventId,
    change: KnobChange,
  ): Promise<{ readonly before: SaleEvent; readonly after: SaleEvent } | null>;
  /** Writes the lanes that `decide` makes of the event, under its lock, as a turn of the knobs; its refusal changes nothing. */
  setLanes(
    eventId: EventId,
    decide: (event: SaleEvent) => readonly LaneDefinition[] | Refusal,
  ): Promise<{ readonly before: SaleEvent; readonly after: SaleEvent } | Refusal | null>;
  /** What everybody who waits is told from now on; null: nothing. */
  setMessage(
    eventId: EventId,
    text: string | null,
  ): Promise<{ readonly before: SaleEvent; readonly after: SaleEvent } | null>;
  /** Writes what `decide` makes of the event, under the event's lock; its refusal changes nothing. Seats stay as they are. */
  edit(
    eventId: EventId,
    decide: (event: SaleEvent) => SaleEvent | Refusal,
  ): Promise<{ readonly before: SaleEvent; readonly after: SaleEvent } | Refusal | null>;
  countSeats(eventId: EventId): Promise<readonly SectionCounts[]>;
  countOrders(eventId: EventId): Promise<OrderCounts>;
}

export interface AuditEntry {
  readonly at: number;
  readonly actor: string;
  readonly role: string;
  readonly action: string;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly requestId: string;
}

/** Who did what, when. Append only. */
export interface AuditLog {
  append(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  newest(limit: number): Promise<readonly AuditEntry[]>;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** First use of a key, a repeat with its stored answer, a repeat while the first still runs, or another request's key. */
export type KeyClaim =
  | { readonly kind: 'first' }
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }
  | { readonly kind: 'running' }
  | { readonly kind: 'mismatch' };

/** Stored answers of creating POSTs, by subject and Idempotency-Key. */
export interface IdempotencyStore {
  /** A claim not answered within `leaseMs` counts as abandoned and is given to the next. */
  claim(subject: string, key: string, fingerprint: string, leaseMs: number): Promise<KeyClaim>;
  answer(subject: string, key: string, answer: StoredAnswer): Promise<void>;
  /** Nothing was created: forget the key, so that a repeat tries again. */
  abandon(subject: string, key: string): Promise<void>;
  /** Nobody knows what was created: end the lease but keep the fingerprint. A repeat runs again at once. */
  release(subject: string, key: string): Promise<void>;
}
