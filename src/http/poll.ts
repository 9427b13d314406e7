import type { Clock } from '../domain/ports/environment.ts';

interface Watched<T> {
  readonly watchers: Set<(value: T) => void>;
  cancel: () => void;
}

/** One repeated look at something, shared by all who watch it: ten consoles cost what one costs. */
export interface SharedPoll<T> {
  /** Calls back with each value until the returned function is called. */
  watch(key: string, onValue: (value: T) => void): () => void;
}

/** Looks with `load` every `everyMs`, counted from the end of the last look, while anybody watches. */
export const createSharedPoll = <T>(
  load: (key: string) => Promise<T | null>,
  everyMs: number,
  clock: Clock,
  onFault: (error: unknown) => void,
): SharedPoll<T> => {
  const watched = new Map<string, Watched<T>>();

  const look = async (key: string, entry: Watched<T>): Promise<void> => {
    try {
      const value = await load(key);
      if (value !== null) for (const watcher of entry.watchers) watcher(value);
    } catch (error) {
      onFault(error);
    }
    if (watched.get(key) === entry) entry.cancel = clock.after(everyMs, () => void look(key, entry));
  };

  return {
    watch(key, onValue) {
      let entry = watched.get(key);
      if (entry === undefined) {
        entry = { watchers: new Set(), cancel: () => undefined };
        watched.set(key, entry);
        entry.cancel = clock.after(everyMs, () => void look(key, entry as Watched<T>));
      }
      const mine = entry;
      mine.watchers.add(onValue);
      return () => {
        mine.watchers.delete(onValue);
        if (mine.watchers.size > 0 || watched.get(key) !== mine) return;
        watched.delete(key);
        mine.cancel();
      };
    },
  };
};
