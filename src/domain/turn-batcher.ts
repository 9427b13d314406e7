/**
 * Gathers what comes up within one turn of the event loop, or until a batch is full, and hands it on together: many holds share one Redis call and
 * one Postgres statement (group commit). Bounded: at most `maxInFlight` batches of `maxItems` are under way; beyond
 * `maxWaiting` an item is refused.
 */
export interface TurnBatcherOptions<Item, Result> {
  /** One result per item, in order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly maxItems: number;
  readonly maxInFlight: number;
  readonly maxWaiting: number;
  /**
   * `turn` (unset): what comes up until the event loop has served this turn's messages. `tick`: only what follows from the
   * same callback, for a second stage whose items come out of one answer together; waiting for the turn would then put
   * the parsing of everybody else's requests between the two stages, some 4 ms at 128 callers.
   */
  readonly gather?: 'turn' | 'tick';
  /** Items that share one of these must not share a batch; the later waits for the next. */
  readonly keysOf?: (item: Item) => readonly string[];
}

export interface TurnBatcher<Item, Result> {
  /** Null: too many are waiting, nothing was done. Rejects with what `run` rejected with: the outcome is not known. */
  add(item: Item): Promise<Result> | null;
  readonly waiting: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export const createTurnBatcher = <Item, Result>(
  options: TurnBatcherOptions<Item, Result>,
): TurnBatcher<Item, Result> => {
  let waiting: Waiting<Item, Result>[] = [];
  let inFlight = 0;
  let scheduled = false;
  const defer = (task: () => void): void => {
    if (options.gather === 'tick') process.nextTick(task);
    // After this turn's I/O and messages, so that all of them are in the batch.
    else setImmediate(task);
  };

  const schedule = (): void => {
    if (scheduled || waiting.length === 0 || inFlight >= options.maxInFlight) return;
    scheduled = true;
    defer(() => {
      scheduled = false;
      start();
    });
  };

  const takeBatch = (): Waiting<Item, Result>[] => {
    const { keysOf, maxItems } = options;
    if (keysOf === undefined) return waiting.splice(0, maxItems);
    const batch: Waiting<Item, Result>[] = [];
    const later: Waiting<Item, Result>[] = [];
    const keys = new Set<string>();
    for (const one of waiting) {
      const own = batch.length < maxItems ? keysOf(one.item) : [];
      if (batch.length >= maxItems || own.some((key) => keys.has(key))) {
        later.push(one);
      } else {
        for (const key of own) keys.add(key);
        batch.push(one);
      }
    }
    waiting = later;
    return batch;
  };

  const finish = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await options.run(batch.map((one) => one.item));
      if (results.length !== batch.length) throw new Error('a batch was not answered one for one');
      for (const [index, one] of batch.entries()) one.resolve(results[index] as Result);
    } catch (error) {
      for (const one of batch) one.reject(error);
    }
    inFlight -= 1;
    schedule();
  };

  const start = (): void => {
    while (waiting.length > 0 && inFlight < options.maxInFlight) {
      inFlight += 1;
      void finish(takeBatch());
    }
  };

  return {
    add(item) {
      if (waiting.length >= options.maxWaiting) return null;
      return new Promise<Result>((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        // A full batch gains nothing by waiting: what it asks is under way while the rest of the turn is served.
        if (waiting.length >= options.maxItems && inFlight < options.maxInFlight) start();
        else schedule();
      });
    },
    get waiting() {
      return waiting.length;
    },
  };
};
