import { signal, type ReadonlySignal } from '@preact/signals';
import type { LiveNumbers } from '../../shared/documents.ts';
import { follow } from '../../shared/event-stream.ts';
import { bearer } from '../session.ts';
import { recall, remember, sampleOf, withSample, type Sample } from './history.ts';

export interface Feed {
  readonly eventId: string;
  readonly numbers: ReadonlySignal<LiveNumbers | null>;
  readonly history: ReadonlySignal<readonly Sample[]>;
  /** When the last numbers came, by this page's own clock; null: none yet. */
  readonly heardAtMs: ReadonlySignal<number | null>;
  readonly open: ReadonlySignal<boolean>;
}

const REMEMBER_EVERY_MS = 15_000;

let current: (Feed & { readonly close: () => void }) | null = null;

const openFeed = (eventId: string): Feed & { readonly close: () => void } => {
  const numbers = signal<LiveNumbers | null>(null);
  const history = signal<readonly Sample[]>(recall(eventId, Date.now()));
  const heardAtMs = signal<number | null>(null);
  const open = signal(false);
  let rememberedAtMs = 0;
  const keep = (): void => remember(eventId, history.value);
  const stop = follow<LiveNumbers>(`/v1/operator/events/${eventId}/stream`, {
    token: bearer(),
    onMessage(next) {
      numbers.value = next;
      heardAtMs.value = performance.now();
      history.value = withSample(history.value, sampleOf(next));
      if (performance.now() - rememberedAtMs < REMEMBER_EVERY_MS) return;
      rememberedAtMs = performance.now();
      keep();
    },
    onState(state) {
      open.value = state;
    },
  });
  window.addEventListener('pagehide', keep);
  return {
    eventId,
    numbers,
    history,
    heardAtMs,
    open,
    close() {
      window.removeEventListener('pagehide', keep);
      keep();
      stop();
    },
  };
};

/** The live numbers of an event. They go on while the operator looks at another screen, until another event is wanted. */
export const feedOf = (eventId: string): Feed => {
  if (current?.eventId === eventId) return current;
  current?.close();
  current = openFeed(eventId);
  return current;
};

export const closeFeed = (): void => {
  current?.close();
  current = null;
};
