import { effect, signal, type Signal } from '@preact/signals';

const PREFIX = 'catraca.';
const known = new Map<string, Signal<unknown>>();

const read = <T>(key: string, initial: T): T => {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? initial : (JSON.parse(text) as T);
  } catch {
    return initial;
  }
};

const write = (key: string, value: unknown): void => {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing still works until the page is closed.
  }
};

/** A value that outlives the page and is the same in every tab. Null is forgotten. */
export const stored = <T>(key: string, initial: T): Signal<T> => {
  const before = known.get(key) as Signal<T> | undefined;
  if (before !== undefined) return before;
  const value = signal(read(key, initial));
  known.set(key, value);
  let first = true;
  effect(() => {
    const now = value.value;
    if (!first && JSON.stringify(now) !== JSON.stringify(read(key, initial))) write(key, now);
    first = false;
  });
  return value;
};

/** Another tab changed something: this one follows. */
window.addEventListener('storage', ({ key, newValue }) => {
  const value = key?.startsWith(PREFIX) === true ? known.get(key.slice(PREFIX.length)) : undefined;
  if (value !== undefined) value.value = newValue === null ? null : (JSON.parse(newValue) as unknown);
});

/** Whether this browser keeps anything at all: without it a place is lost with the page. */
export const canStore = (): boolean => {
  try {
    localStorage.setItem(`${PREFIX}probe`, '1');
    localStorage.removeItem(`${PREFIX}probe`);
    return true;
  } catch {
    return false;
  }
};
