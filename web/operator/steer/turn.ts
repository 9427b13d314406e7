import { signal } from '@preact/signals';
import type { LiveNumbers } from '../../shared/documents.ts';
import { problemText } from '../problem-text.ts';
import { call } from '../session.ts';
import { t } from '../texts.ts';

type Admission = LiveNumbers['admission'];
export type Knobs = Partial<Omit<Admission, 'version'>>;

export interface Turned {
  readonly eventId: string;
  /** What the knobs were, as far as they were turned: sent again, it undoes. */
  readonly before: Knobs | null;
  readonly text: string;
  readonly tone: 'good' | 'bad';
}

/** The last turn of this operator in this tab: what he may undo. */
export const lastTurn = signal<Turned | null>(null);
export const turning = signal(false);

const describe = (knobs: Knobs): string =>
  [
    knobs.ratePerMinute === undefined ? null : t('turnedRate', { rate: knobs.ratePerMinute }),
    knobs.insideMax === undefined ? null : t('turnedInside', { max: knobs.insideMax }),
    knobs.paused === undefined ? null : t(knobs.paused ? 'turnedPaused' : 'turnedResumed'),
    knobs.closedLoop === undefined ? null : t(knobs.closedLoop ? 'turnedLoopOn' : 'turnedLoopOff'),
  ]
    .filter((part) => part !== null)
    .join(' · ');

/** Only what is turned, as it is now. */
const same = (now: Admission, change: Knobs): Knobs =>
  Object.fromEntries(Object.keys(change).map((name) => [name, now[name as keyof Knobs]]));

/** Turns knobs, and keeps what they were. */
export const turn = async (eventId: string, now: Admission, change: Knobs): Promise<boolean> => {
  turning.value = true;
  const reply = await call<Admission>('PATCH', `/v1/operator/events/${eventId}/admission`, change);
  turning.value = false;
  lastTurn.value = reply.ok
    ? { eventId, before: same(now, change), text: t('turned', { what: describe(change) }), tone: 'good' }
    : { eventId, before: null, text: problemText(reply.problem), tone: 'bad' };
  return reply.ok;
};

/** Takes the last turn back; there is no second undo. */
export const undo = async (): Promise<void> => {
  const last = lastTurn.value;
  if (last === null || last.before === null) return;
  turning.value = true;
  const reply = await call<Admission>('PATCH', `/v1/operator/events/${last.eventId}/admission`, last.before);
  turning.value = false;
  lastTurn.value = reply.ok
    ? { ...last, before: null, text: t('undone', { what: describe(last.before) }), tone: 'good' }
    : { ...last, text: problemText(reply.problem), tone: 'bad' };
};
