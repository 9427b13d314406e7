import type { Deadlines } from './deadlines.ts';
import type { AskPort, FaultCode, PortOwner } from './reply-port.ts';
import { Ring } from './ring.ts';
import { messageTypeOf, type DeadLetterReason, type EventFeed } from './supervision-events.ts';

export interface Envelope<Message> {
  readonly message: Message;
  /** Null: told, not asked. */
  readonly port: AskPort | null;
}

export interface MailboxOptions {
  readonly path: string;
  readonly kind: string;
  readonly limit: number;
  readonly unansweredLimit: number;
  readonly deadlines: Deadlines;
  readonly feed: EventFeed;
  /** An ask has its answer. */
  readonly onSettled: () => void;
}

/**
 * What waits for one actor, and every ask it has not answered yet, waiting or accepted. It outlives the actor's crashes: a
 * message nobody has touched is delivered to the next incarnation.
 */
export class Mailbox<Message> implements PortOwner {
  readonly #options: MailboxOptions;
  readonly #waiting = new Ring<Envelope<Message>>();
  readonly #ports = new Set<AskPort>();

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  get path(): string {
    return this.#options.path;
  }

  get length(): number {
    return this.#waiting.length;
  }

  get unanswered(): number {
    return this.#ports.size;
  }

  get hasRoomToTell(): boolean {
    return this.#waiting.length < this.#options.limit;
  }

  get hasRoomToAsk(): boolean {
    return this.hasRoomToTell && this.#ports.size < this.#options.unansweredLimit;
  }

  putTold(message: Message): void {
    this.#waiting.push({ message, port: null });
  }

  putAsked(message: Message, port: AskPort, deadlineMs: number): void {
    this.#ports.add(port);
    port.deadlineSlot = this.#options.deadlines.add(port, deadlineMs);
    this.#waiting.push({ message, port });
  }

  /**
   * The next message; its port is accepted from now on. One whose asker has had his deadline is passed over: under overload, work
   * that nobody waits for any more would be all the work there is.
   */
  next(): Envelope<Message> | null {
    for (;;) {
      const envelope = this.#waiting.shift();
      if (envelope === undefined) return null;
      if (envelope.port === null) return envelope;
      if (!envelope.port.settled) {
        envelope.port.accepted = true;
        return envelope;
      }
      this.deadLetter('expired', envelope.message);
    }
  }

  /** The incarnation that had accepted them is gone, and with it what it knew of them. */
  failAccepted(code: FaultCode): void {
    for (const port of this.#ports) if (port.accepted) port.fail(code);
  }

  /** Answers everybody and empties itself. */
  shut(kind: 'closed' | 'stopped'): void {
    for (const port of this.#ports) port.fail(`actor_${kind}`);
    for (const envelope of this.#waiting.takeAll()) this.deadLetter(kind, envelope.message);
  }

  deadLetter(reason: DeadLetterReason, message: Message): void {
    const { path, kind, feed } = this.#options;
    feed.publish({ type: 'deadLetter', path, kind, reason, messageType: messageTypeOf(message) });
  }

  portSettled(port: AskPort): void {
    if (!this.#ports.delete(port)) return;
    this.#options.deadlines.remove(port, port.deadlineSlot);
    this.#options.onSettled();
  }

  replyCameLate(): void {
    const { path, kind, feed } = this.#options;
    feed.publish({ type: 'lateReply', path, kind });
  }
}
