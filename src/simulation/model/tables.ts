/** Rows by key, as one statement sees them. Rows are never changed in place, so a row in hand stays what it was. */
export class Table<Row> {
  readonly #rows = new Map<string, Row>();
  readonly #undo: (() => void)[];

  constructor(undo: (() => void)[]) {
    this.#undo = undo;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  set(key: string, row: Row): void {
    const before = this.#rows.get(key);
    this.#rows.set(key, row);
    this.#undo.push(() => {
      if (before === undefined) this.#rows.delete(key);
      else this.#rows.set(key, before);
    });
  }

  /** In the order in which the keys were first written. */
  entries(): (readonly [string, Row])[] {
    return [...this.#rows.entries()];
  }

  /** In the same order. */
  values(): Row[] {
    return [...this.#rows.values()];
  }
}

/** Tables and what makes several changes of them one. */
export interface Database {
  table<Row>(): Table<Row>;
  /** Everything that `work` writes, or, if it throws, nothing. */
  atomically<T>(work: () => T): T;
}

/** What Postgres says when a promise that is a key would be broken. */
export class ConstraintError extends Error {}

export const createDatabase = (): Database => {
  const undo: (() => void)[] = [];
  return {
    table: () => new Table(undo),
    atomically(work) {
      undo.length = 0;
      try {
        return work();
      } catch (error) {
        for (const step of undo.splice(0).reverse()) step();
        throw error;
      }
    },
  };
};
