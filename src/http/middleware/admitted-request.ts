import type { IncomingMessage } from 'node:http';
import type { ConcurrencyLimit, Priority } from '../../domain/concurrency-limit.ts';

/** A request that was let in and is not answered yet. */
export class AdmittedRequest {
  readonly #limit: ConcurrencyLimit;
  readonly #priority: Priority;
  readonly #request: IncomingMessage;
  readonly #vacated: () => void;
  #startedAt = performance.now();
  #counted = true;
  #late = false;

  /** `vacated` is called whenever its place is free again. */
  constructor(limit: ConcurrencyLimit, priority: Priority, request: IncomingMessage, vacated: () => void) {
    this.#limit = limit;
    this.#priority = priority;
    this.#request = request;
    this.#vacated = vacated;
    limit.enter();
  }

  /**
   * Whoever sends a body slowly does no work here: counted meanwhile, some hundred slow senders would take every place, and
   * their time would look like ours.
   */
  waitForBody(): void {
    if (this.#request.complete || !this.#counted) return;
    this.#counted = false;
    this.#late = true;
    this.#limit.leave(this.#priority, null);
    this.#vacated();
    this.#request.once('end', () => {
      if (!this.#late) return;
      this.#counted = true;
      this.#startedAt = performance.now();
      this.#limit.enter();
    });
  }

  done(): void {
    this.#late = false;
    if (!this.#counted) return;
    this.#counted = false;
    this.#limit.leave(this.#priority, performance.now() - this.#startedAt);
    this.#vacated();
  }
}
