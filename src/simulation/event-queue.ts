/** Something that will happen. */
export interface Happening {
  /** Moves only while it is not in the queue. */
  atMs: number;
  /** Breaks ties: what was planned first happens first. */
  readonly order: number;
  /** Whose turn it is; what belongs to somebody dead does not happen. */
  readonly owner: string;
  readonly label: string;
  readonly run: () => void;
  cancelled: boolean;
}

const isBefore = (one: Happening, other: Happening): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

/** A binary heap by time: some thousand wait at once, and each step takes one. */
export class EventQueue {
  readonly #heap: Happening[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(item: Happening): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(item, heap[parent] as Happening)) break;
      heap[index] = heap[parent] as Happening;
      index = parent;
    }
    heap[index] = item;
  }

  /** The earliest, or undefined when there is none. */
  pop(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    this.#sink(last);
    return first;
  }

  #sink(item: Happening): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Happening)) child += 1;
      if (!isBefore(heap[child] as Happening, item)) break;
      heap[index] = heap[child] as Happening;
      index = child;
    }
    heap[index] = item;
  }

  clear(): void {
    this.#heap.length = 0;
  }
}
