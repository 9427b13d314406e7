import type { Clock } from '../domain/ports/environment.ts';

export interface ShortCache<Value> {
  /** At most `freshMs` old. Many who ask at once share one load; a failed load is not kept. */
  get(): Promise<Value>;
  forget(): void;
}

/** One value, loaded when somebody asks and the last one is too old. */
export const shortCache = <Value>(
  load: () => Promise<Value>,
  freshMs: number,
  clock: Pick<Clock, 'nowMs'>,
): ShortCache<Value> => {
  let current: { readonly value: Promise<Value>; readonly untilMs: number } | null = null;
  return {
    get() {
      if (current !== null && clock.nowMs() < current.untilMs) return current.value;
      const value = load();
      const loading = { value, untilMs: clock.nowMs() + freshMs };
      current = loading;
      value.catch(() => {
        if (current === loading) current = null;
      });
      return value;
    },
    forget() {
      current = null;
    },
  };
};
