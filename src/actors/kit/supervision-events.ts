/** Why a message reached nobody. `expired`: its asker had its deadline before the actor came to it. */
export type DeadLetterReason = 'mailbox_full' | 'closed' | 'stopped' | 'expired';

/** What happens to actors, for logs and metrics. Messages are named by their `type` only: they may hold personal data. */
export type SupervisionEvent = { readonly path: string; readonly kind: string } & (
  | { readonly type: 'started'; readonly epoch: number }
  | {
      readonly type: 'crashed';
      readonly epoch: number;
      readonly error: unknown;
      /** Of the message it crashed on; null: on none (start, kill, an effect's result). */
      readonly messageType: string | null;
      /** Null: not any more. */
      readonly restartInMs: number | null;
    }
  /** `downMs`: from the crash to the start of the new incarnation. */
  | { readonly type: 'restarted'; readonly epoch: number; readonly downMs: number }
  /** A command has crashed it so often that it is refused from now on. */
  | { readonly type: 'setAside'; readonly commandId: string }
  | { readonly type: 'closed'; readonly error: unknown }
  | { readonly type: 'stopped' }
  /** The `stopped` hook of a spec threw. */
  | { readonly type: 'hookFailed'; readonly error: unknown }
  | {
      readonly type: 'deadLetter';
      readonly reason: DeadLetterReason;
      readonly messageType: string | null;
    }
  /** A port was answered a second time, or after its fault. */
  | { readonly type: 'lateReply' }
  /** The result of an effect came after its incarnation had ended. */
  | { readonly type: 'staleResult' }
);

export type EventCounts = Readonly<Record<SupervisionEvent['type'] | 'listenerFailed', number>>;

/** The discriminant of a message, as far as it has one. */
export const messageTypeOf = (message: unknown): string | null =>
  typeof message === 'object' && message !== null && 'type' in message && typeof message.type === 'string'
    ? message.type
    : null;

/** Hands every event to every listener, at once and in order, and counts them. */
export class EventFeed {
  readonly #listeners = new Set<(event: SupervisionEvent) => void>();
  readonly #counts: Record<keyof EventCounts, number> = {
    started: 0,
    crashed: 0,
    restarted: 0,
    setAside: 0,
    closed: 0,
    stopped: 0,
    hookFailed: 0,
    deadLetter: 0,
    lateReply: 0,
    staleResult: 0,
    listenerFailed: 0,
  };

  subscribe(listener: (event: SupervisionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  counts(): EventCounts {
    return { ...this.#counts };
  }

  publish(event: SupervisionEvent): void {
    this.#counts[event.type] += 1;
    for (const listener of this.#listeners) {
      // A failing logger must not become a failing actor.
      try {
        listener(event);
      } catch {
        this.#counts.listenerFailed += 1;
      }
    }
  }
}
