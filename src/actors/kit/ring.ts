const FIRST_CAPACITY = 16;

/** A first-in, first-out queue in O(1), as Array.shift is not. It grows by doubling; its owner keeps the bound. */
export class Ring<Item> {
  #slots: (Item | undefined)[] = Array.from({ length: FIRST_CAPACITY });
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: Item): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length += 1;
  }

  /** The oldest item, or undefined when there is none. */
  shift(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length -= 1;
    return item;
  }

  /** Everything that waits, oldest first; the ring is empty afterwards and gives back the memory of its burst. */
  takeAll(): readonly Item[] {
    const items: Item[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) items.push(item);
    this.#slots = Array.from({ length: FIRST_CAPACITY });
    this.#head = 0;
    return items;
  }

  #grow(): void {
    const { length } = this.#slots;
    const slots: (Item | undefined)[] = Array.from({ length: length * 2 });
    for (let index = 0; index < length; index += 1) {
      slots[index] = this.#slots[(this.#head + index) & (length - 1)];
    }
    this.#slots = slots;
    this.#head = 0;
  }
}
