import { dispatch, spawn, start, stop } from 'nact';

/** nact's reference: a path from the root of its tree. Its own type is an empty class, to which everything is assignable. */
export interface NactRef {
  readonly path: { readonly parts: readonly string[] };
}

/** What nact calls. */
export interface NactActor {
  /** A new incarnation. Must not throw: nact would not wait before it tries again. */
  begin(self: NactRef): void;
  /** One turn of the event loop. Throwing is a crash. */
  turn(): void;
  /** After a crash, once it is time: true, begin again; false, it is over. Must not reject: nact would be stuck for ever. */
  recover(): Promise<boolean>;
}

/**
 * nact, as far as we trust it: the tree, the turn of the event loop, and crash → reset. Not used, for the reasons in
 * docs/decisions/0001-a-kit-around-nact.md: query, escalation, the policies for peers and children, its mailbox, its recursive stop.
 */
export class NactTree {
  readonly #root = start() as NactRef;
  readonly #alive = new Set<NactActor>();
  #onEmpty: () => void = () => undefined;

  /** Calls `begin` before it returns. */
  spawn(parent: NactRef | null, name: string, actor: NactActor): void {
    spawn(
      parent ?? this.#root,
      (state: null, _wake: 'wake'): null => {
        actor.turn();
        return state;
      },
      name,
      {
        initialStateFunc: (context) => {
          this.#alive.add(actor);
          actor.begin(context.self as NactRef);
          return null;
        },
        // `resume` of an actor that was stopped while it waited does nothing; a second `stop` would run afterStop twice.
        onCrash: async (_message, _error, context) =>
          (await actor.recover()) ? context.reset : context.resume,
        afterStop: () => {
          this.#alive.delete(actor);
          if (this.#alive.size === 0) this.#onEmpty();
        },
      },
    );
  }

  wake(ref: NactRef): void {
    dispatch(ref, 'wake');
  }

  /** This actor alone. Its children must have been stopped before: nact does not find them any more and leaves them running. */
  stop(ref: NactRef): void {
    stop(ref);
  }

  /** Ends the nact system, once every actor was stopped; resolves when nact has nothing left to do. */
  async close(): Promise<void> {
    stop(this.#root);
    if (this.#alive.size === 0) return;
    await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }
}
