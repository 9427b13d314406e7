import { signal } from '@preact/signals';

const spoken = signal('');
let lastAtMs = 0;
let waiting: ReturnType<typeof setTimeout> | null = null;

/** A screen reader that is told each second tells nothing: the newest text, at most once in `everyMs`. */
export const announce = (text: string, everyMs = 1_000): void => {
  const now = Date.now();
  if (waiting !== null) clearTimeout(waiting);
  const speak = (): void => {
    waiting = null;
    lastAtMs = Date.now();
    // The same words again are news again, and would go unheard without a change.
    spoken.value = spoken.value === text ? `${text}\u00A0` : text;
  };
  const dueInMs = lastAtMs + everyMs - now;
  if (dueInMs <= 0) speak();
  else waiting = setTimeout(speak, dueInMs);
};

/** The one live region of the page. */
export const Announcer = () => (
  <p class="unseen" role="status" aria-live="polite" aria-atomic="true">
    {spoken.value}
  </p>
);
