import type { Expiring } from './deadlines.ts';

/**
 * Why an ask has no reply. All but `mailbox_full` and `actor_closed`/`actor_stopped` at the door leave open whether the
 * message had an effect: the asker must treat the outcome as unknown.
 */
export type FaultCode = 'actor_crashed' | 'actor_closed' | 'actor_stopped' | 'mailbox_full' | 'deadline';

export interface Fault {
  readonly kind: 'fault';
  readonly code: FaultCode;
  /** The actor that was asked. */
  readonly path: string;
}

/** Tells a fault from any reply: replies are objects with another `kind`, or no objects at all. */
export const isFault = (reply: unknown): reply is Fault =>
  typeof reply === 'object' && reply !== null && 'kind' in reply && reply.kind === 'fault';

/**
 * Where the answer to one ask goes. It is a closure over the asker's promise, not an address, so it cannot deliver to
 * anybody else. The first answer wins; later ones are counted and dropped. May be answered in any turn, from anywhere.
 */
export interface ReplyPort<in Value> {
  readonly reply: (value: Value) => void;
}

/** What an ask needs from the actor that was asked. */
export interface PortOwner {
  readonly path: string;
  /** The port has its answer: forget it, and its deadline. */
  portSettled(port: AskPort): void;
  replyCameLate(): void;
}

/** One outstanding ask: settles exactly once, by a reply or by a fault. */
export class AskPort implements ReplyPort<unknown>, Expiring {
  readonly #owner: PortOwner;
  readonly #resolve: (answer: unknown) => void;
  /** Taken out of the mailbox by an incarnation, which must answer it or take it down with itself. */
  accepted = false;
  deadlineSlot = 0;
  settled = false;

  constructor(owner: PortOwner, resolve: (answer: unknown) => void) {
    this.#owner = owner;
    this.#resolve = resolve;
  }

  readonly reply = (value: unknown): void => {
    if (this.settled) this.#owner.replyCameLate();
    else this.#settle(value);
  };

  /** Answers with a fault, unless answered already. */
  fail(code: FaultCode): void {
    if (this.settled) return;
    const fault: Fault = { kind: 'fault', code, path: this.#owner.path };
    this.#settle(fault);
  }

  expire(): void {
    this.fail('deadline');
  }

  #settle(answer: unknown): void {
    this.settled = true;
    this.#resolve(answer);
    this.#owner.portSettled(this);
  }
}
