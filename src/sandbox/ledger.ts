import type { IntentRecord } from './intent.ts';
import { memoryJournal, openJournal, type Journal } from './journal.ts';
import type { EventRecord, JsonObject, RefundRecord } from './objects.ts';
import { createShelf, type Shelf } from './shelf.ts';

/** What an idempotency key stands for: the answer of its first request. */
export interface Remembered {
  readonly key: string;
  readonly fingerprint: string;
  readonly atMs: number;
  readonly status: number;
  /** `null`: the answer is the change's own intent or refund, so it need not be written twice. */
  readonly body: JsonObject | null;
  readonly expandCharge: boolean;
}

export interface RememberedAnswer extends Remembered {
  readonly intent: IntentRecord | null;
  readonly refund: RefundRecord | null;
}

/** Everything one operation does. It becomes one line of the journal, so it stands or falls as a whole. */
export interface Change {
  readonly intent: IntentRecord | null;
  readonly refund: RefundRecord | null;
  readonly events: readonly EventRecord[];
  readonly remembered: Remembered | null;
}

/** `lost`: a fault ate it. `abandoned`: tried for a day in vain. */
export type Delivery = 'pending' | 'delivered' | 'lost' | 'abandoned';

/** An event of the change's own intent does not repeat it. */
type WrittenEvent = Omit<EventRecord, 'intent'> & { readonly intent?: IntentRecord };

type Line =
  | { readonly change: Omit<Change, 'events'> & { readonly events: readonly WrittenEvent[] } }
  | { readonly delivery: { readonly eventId: string; readonly state: Delivery } };

/** Stripe keeps idempotency keys for at least a day. */
const REMEMBER_MS = 86_400_000;

export interface Ledger {
  readonly intents: Shelf<IntentRecord>;
  readonly refunds: Shelf<RefundRecord>;
  readonly events: Shelf<EventRecord>;
  remembered(key: string, nowMs: number): RememberedAnswer | null;
  /** In force at once, for whoever asks next; resolves when it is durable, and only then may an answer leave. */
  commit(change: Change): Promise<void>;
  delivery(eventId: string): Delivery;
  /** Not awaited by anybody: a mark lost in a crash means one delivery more, which receivers must stand anyway. */
  settleDelivery(eventId: string, state: Delivery): Promise<void>;
  /** Ids of events that were never settled, oldest first. */
  unsettled(): readonly string[];
  close(): Promise<void>;
}

/** The gateway's books. With a folder they outlive the process. Rejects if the journal cannot be opened or is damaged. */
export const openLedger = async (dataDir: string | null): Promise<Ledger> => {
  const intents = createShelf<IntentRecord>();
  const refunds = createShelf<RefundRecord>();
  const events = createShelf<EventRecord>();
  const pending = new Set<string>();
  const settled = new Map<string, Delivery>();
  const answers = new Map<string, RememberedAnswer>();

  const forgetOld = (nowMs: number): void => {
    for (const [key, answer] of answers) {
      if (answer.atMs > nowMs - REMEMBER_MS) return;
      answers.delete(key);
    }
  };

  const apply = ({ intent, refund, events: happened, remembered }: Change): void => {
    if (intent !== null) intents.put(intent);
    if (refund !== null) refunds.put(refund);
    for (const event of happened) {
      events.put(event);
      pending.add(event.id);
    }
    if (remembered === null) return;
    forgetOld(remembered.atMs);
    // Deleted first, so that a key used again after its day stands at the end, where its age says it belongs.
    answers.delete(remembered.key);
    answers.set(remembered.key, { ...remembered, intent, refund });
  };

  const settle = (eventId: string, state: Delivery): void => {
    if (state === 'pending') pending.add(eventId);
    else pending.delete(eventId);
    settled.set(eventId, state);
  };

  const replay = (text: string): void => {
    const line = JSON.parse(text) as Line;
    if ('delivery' in line) return settle(line.delivery.eventId, line.delivery.state);
    const { intent, events: happened, ...rest } = line.change;
    const whole = happened.map((event) => ({ ...event, intent: event.intent ?? (intent as IntentRecord) }));
    return apply({ ...rest, intent, events: whole });
  };

  const journal: Journal = dataDir === null ? memoryJournal : await openJournal(dataDir, replay);

  return {
    intents,
    refunds,
    events,
    remembered(key, nowMs) {
      const answer = answers.get(key);
      return answer === undefined || answer.atMs <= nowMs - REMEMBER_MS ? null : answer;
    },
    commit(change) {
      apply(change);
      const written = change.events.map(({ intent, ...event }) =>
        intent === change.intent ? event : { ...event, intent },
      );
      return journal.append(JSON.stringify({ change: { ...change, events: written } } satisfies Line));
    },
    delivery: (eventId) => settled.get(eventId) ?? 'pending',
    settleDelivery(eventId, state) {
      settle(eventId, state);
      return journal.append(JSON.stringify({ delivery: { eventId, state } } satisfies Line));
    },
    unsettled: () => [...pending],
    close: () => journal.close(),
  };
};
