/** Things that were started and must end, whatever happens. Ava's `t.teardown` fits as `defer`. */
export interface Scope {
  defer(end: () => void | Promise<void>): void;
}

export interface OwnScope extends Scope {
  /** Ends everything, the newest first; once. An end that fails does not keep the others from ending. */
  close(): Promise<void>;
}

export const createScope = (): OwnScope => {
  const ends: (() => void | Promise<void>)[] = [];
  let closing: Promise<void> | null = null;
  const closeAll = async (): Promise<void> => {
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
      try {
        await end();
      } catch (error) {
        process.stderr.write(`something did not end: ${String(error)}\n`);
      }
    }
  };
  return {
    defer: (end) => void ends.push(end),
    close: () => (closing ??= closeAll()),
  };
};
