/**
 * Stands for a part that the roles of this process do not have. No route of theirs touches it; who does so all the same has
 * found a bug, and is told. `never`, so that it fits where the part would stand.
 */
export const elsewhere = (part: string): never =>
  new Proxy({} as never, {
    get(_target, property) {
      throw new Error(`the ${part} is not part of this process (${String(property)} was wanted)`);
    },
  });
