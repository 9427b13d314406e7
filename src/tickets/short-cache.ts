import type { Clock } from '../domain/ports/environment.ts';

export interface ShortCache<Value> {
  /**
   * At most `freshMs` old when it arrived. Whoever asks while a load is under way shares it, however slow it is: a slow server
   * must not be asked more because it is slow. A failed load is not kept.
   */
  get(): Promise<Value>;
  forget(): void;
}

/** One value, loaded when somebody asks and the last one is too old. */
export const shortCache = <Value>(
  load: () => Promise<Value>,
  freshMs: number,
  clock: Pick<Clock, 'nowMs'>,
): ShortCache<Value> => {
  let current: { readonly value: Promise<Value>; readonly untilMs: number; loaded: boolean } | null = null;
  const settle = async (loading: NonNullable<typeof current>): Promise<void> => {
    try {
      await loading.value;
      loading.loaded = true;
    } catch {
      if (current === loading) current = null;
    }
  };
  return {
    get() {
      if (current !== null && (!current.loaded || clock.nowMs() < current.untilMs)) return current.value;
      const value = load();
      const loading = { value, untilMs: clock.nowMs() + freshMs, loaded: false };
      current = loading;
      void settle(loading);
      return value;
    },
    forget() {
      current = null;
    },
  };
};
