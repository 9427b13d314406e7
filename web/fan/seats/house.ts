import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { ask, insist, jittered, pause } from '../../shared/api.ts';
import type { Arena, ArenaStates } from '../../shared/documents.ts';
import { announce } from '../announcer.tsx';
import { saySeat } from '../say.ts';
import type { Basket } from '../state/basket.ts';
import type { Visit } from '../state/visit.ts';
import { t } from '../texts.ts';
import { indexOfSeat, layoutOf, seatIdAt, type ArenaLayout, type SectionShape } from './arena.ts';
import { CHOSEN, FREE, HELD, MINE, SOLD } from './arena-painter.ts';

const LOOK_EVERY_MS = 2_500;

const LETTERS: Readonly<Record<string, number>> = { f: FREE, h: HELD, s: SOLD };

export type OnChange = (section: SectionShape, indices: readonly number[]) => void;

/** The seats of an event as this fan sees them: what is free, what is theirs, and what they are about to ask for. */
export interface House {
  readonly layout: ReadonlySignal<ArenaLayout | null>;
  readonly names: ReadonlySignal<ReadonlyMap<string, string>>;
  /** Rises with every change of any seat: what reads it is drawn anew. */
  readonly version: ReadonlySignal<number>;
  /** Sections that could not be read. */
  readonly silent: ReadonlySignal<ReadonlySet<string>>;
  readonly chosen: ReadonlySignal<readonly string[]>;
  /** What happened to a chosen seat while it was looked at; null: nothing. */
  readonly told: ReadonlySignal<string | null>;
  looksOf(sectionId: string): Uint8Array | null;
  free(sectionId: string): number;
  /** Chooses a free seat, or lets a chosen one go. */
  toggle(section: SectionShape, index: number): void;
  clear(): void;
  /** Seats that somebody else has, although the last look said otherwise. */
  taken(seatIds: readonly string[]): void;
  look(): Promise<void>;
  onChange(listener: OnChange): () => void;
  close(): void;
}

export const openHouse = (visit: Visit, basket: Basket): House => {
  const path = `/v1/events/${visit.eventId}`;
  const abort = new AbortController();
  const layout = signal<ArenaLayout | null>(null);
  const version = signal(0);
  const silent = signal<ReadonlySet<string>>(new Set());
  const chosen = signal<readonly string[]>([]);
  const told = signal<string | null>(null);
  const letters = new Map<string, string>();
  const looks = new Map<string, Uint8Array>();
  const listeners = new Set<OnChange>();
  const names = computed(
    () => new Map((visit.event.value?.sections ?? []).map(({ sectionId, name }) => [sectionId, name])),
  );

  /** Computes how the seats of a section look now, and tells which differ from before. */
  const refresh = (section: SectionShape): void => {
    const states = letters.get(section.sectionId);
    if (states === undefined) return;
    const before = looks.get(section.sectionId);
    const next = Uint8Array.from(states, (letter) => LETTERS[letter] ?? SOLD);
    const put = (seatId: string, look: number): void => {
      if (!seatId.startsWith(`${section.sectionId}-`)) return;
      const index = indexOfSeat(section, seatId);
      if (index >= 0) next[index] = look;
    };
    for (const seatId of chosen.peek()) put(seatId, CHOSEN);
    for (const hold of basket.holds.peek()) for (const seatId of hold.seats) put(seatId, MINE);
    looks.set(section.sectionId, next);
    const changed: number[] = [];
    for (const [index, look] of next.entries()) if (before?.[index] !== look) changed.push(index);
    if (changed.length === 0) return;
    for (const listener of listeners) listener(section, changed);
  };

  const refreshAll = (): void => {
    for (const section of layout.peek()?.sections ?? []) refresh(section);
    // Not `+= 1`: reading it here would bind whoever calls this to it.
    version.value = version.peek() + 1;
  };

  const say = (text: string): void => {
    told.value = text;
    announce(text, 500);
  };

  /** A seat that was about to be asked for is somebody else's now: it turns, and its fan is told. */
  const letGo = (seatIds: readonly string[]): void => {
    if (seatIds.length === 0) return;
    chosen.value = chosen.value.filter((seatId) => !seatIds.includes(seatId));
    say(seatIds.map((seatId) => t('seatGone', { seat: saySeat(seatId, names.value) })).join(' '));
  };

  const letterAt = (seatId: string): string | undefined => {
    const section = layout.value?.sections.find((one) => seatId.startsWith(`${one.sectionId}-`));
    if (section === undefined) return undefined;
    return letters.get(section.sectionId)?.charAt(indexOfSeat(section, seatId));
  };

  const look = async (): Promise<void> => {
    const reply = await ask<ArenaStates>('GET', `${path}/seats`);
    if (!reply.ok) return;
    const mute = new Set<string>();
    let moved = false;
    for (const { sectionId, states } of reply.body.sections) {
      if (states === null) mute.add(sectionId);
      else if (letters.get(sectionId) !== states) {
        letters.set(sectionId, states);
        moved = true;
      }
    }
    if (mute.size !== silent.value.size || [...mute].some((id) => !silent.value.has(id))) silent.value = mute;
    if (!moved) return;
    const mine = new Set(basket.holds.value.flatMap(({ seats }) => seats));
    letGo(chosen.value.filter((seatId) => !mine.has(seatId) && letterAt(seatId) !== 'f'));
    refreshAll();
  };

  const run = async (): Promise<void> => {
    const reply = await insist<Arena>('GET', `${path}/map`, { signal: abort.signal }, 20);
    if (!reply.ok || abort.signal.aborted) return;
    layout.value = layoutOf(reply.body);
    while (!abort.signal.aborted) {
      if (document.visibilityState === 'visible') await look();
      await pause(jittered(LOOK_EVERY_MS) * 1.33, abort.signal);
    }
  };
  void run();
  const mine = computed(() => basket.holds.value.flatMap(({ seats }) => seats).join(' '));
  let drawnMine = '';
  const stop = effect(() => {
    if (mine.value === drawnMine) return;
    drawnMine = mine.value;
    refreshAll();
  });

  const limitLeft = (): number => {
    const event = visit.event.value;
    const held = basket.holds.value.reduce((sum, { seats }) => sum + seats.length, 0);
    return (event?.limits.seatsPerFan ?? 1) - held - chosen.value.length;
  };

  return {
    layout,
    names,
    version,
    silent,
    chosen,
    told,
    looksOf: (sectionId) => looks.get(sectionId) ?? null,
    free: (sectionId) => looks.get(sectionId)?.reduce((sum, one) => sum + Number(one === FREE), 0) ?? 0,
    toggle(section, index) {
      const seatId = seatIdAt(section, index);
      told.value = null;
      if (chosen.value.includes(seatId)) {
        chosen.value = chosen.value.filter((one) => one !== seatId);
      } else {
        if (letters.get(section.sectionId)?.charAt(index) !== 'f') return;
        if (limitLeft() < 1) {
          say(t('limitReached', { count: visit.event.value?.limits.seatsPerFan ?? 1 }));
          return;
        }
        chosen.value = [...chosen.value, seatId];
        announce(`${saySeat(seatId, names.value)}: ${t('chosen')}`, 200);
      }
      refresh(section);
      version.value += 1;
    },
    clear() {
      chosen.value = [];
      told.value = null;
      refreshAll();
    },
    taken(seatIds) {
      letGo(chosen.value.filter((seatId) => seatIds.includes(seatId)));
      refreshAll();
      void look();
    },
    look,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      abort.abort();
      stop();
    },
  };
};
