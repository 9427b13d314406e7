export interface Page<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

export interface PageRequest {
  readonly limit: number;
  readonly startingAfter: string | undefined;
  readonly endingBefore: string | undefined;
}

export interface Shelf<T> {
  put(item: T): void;
  get(id: string): T | undefined;
  readonly size: number;
  /** All, oldest first. */
  values(): IterableIterator<T>;
  /** Newest first, as Stripe lists. Null: the cursor names nothing here. */
  page(request: PageRequest, matches: (item: T) => boolean): Page<T> | null;
}

/** Things by id, in the order of their creation; a newer version of a thing takes the place of the older. */
export const createShelf = <T extends { readonly id: string }>(): Shelf<T> => {
  const byId = new Map<string, T>();
  const order: string[] = [];
  const positions = new Map<string, number>();

  const collect = (from: number, step: 1 | -1, limit: number, matches: (item: T) => boolean): Page<T> => {
    const items: T[] = [];
    for (let at = from; at >= 0 && at < order.length; at += step) {
      const item = byId.get(order[at] as string) as T;
      if (!matches(item)) continue;
      if (items.length === limit) return { items, hasMore: true };
      items.push(item);
    }
    return { items, hasMore: false };
  };

  return {
    put(item) {
      if (!byId.has(item.id)) {
        positions.set(item.id, order.length);
        order.push(item.id);
      }
      byId.set(item.id, item);
    },
    get: (id) => byId.get(id),
    get size() {
      return order.length;
    },
    values: () => byId.values(),
    page(request, matches) {
      if (request.endingBefore !== undefined) {
        const cursor = positions.get(request.endingBefore);
        if (cursor === undefined) return null;
        const newer = collect(cursor + 1, 1, request.limit, matches);
        return { items: [...newer.items].reverse(), hasMore: newer.hasMore };
      }
      const cursor =
        request.startingAfter === undefined ? order.length : positions.get(request.startingAfter);
      return cursor === undefined ? null : collect(cursor - 1, -1, request.limit, matches);
    },
  };
};
