import { signal } from '@preact/signals';

/** What a cached answer may be old, and what the header's full seconds leave open: below this our own clock is right. */
const TOLERANCE_MS = 2_500;

let offsetMs = 0;

/** The server's time, as far as we know it: a phone's clock may be minutes wrong. */
export const serverNowMs = (): number => Date.now() + offsetMs;

/** Follows the server's clock. */
export const learnTime = (at: Date | null): void => {
  if (at === null || Number.isNaN(at.getTime())) return;
  const difference = at.getTime() - Date.now();
  offsetMs = Math.abs(difference) > TOLERANCE_MS ? difference : 0;
};

/** The server's time, told anew each second: what reads it in a component is drawn anew. */
export const now = signal(serverNowMs());

setInterval(() => {
  now.value = serverNowMs();
}, 1_000);
