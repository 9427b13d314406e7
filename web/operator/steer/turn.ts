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
  /** The plan that a number set by hand took out of force; undoing puts it back. */
  readonly plan: object | null;
  readonly text: string;
  readonly tone: 'good' | 'bad';
}

export const launchPath = (eventId: string): string => `/v1/operator/events/${eventId}/launch`;

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
export const turn = async (
  { eventId, admission, launch }: Pick<LiveNumbers, 'eventId' | 'admission' | 'launch'>,
  change: Knobs,
): Promise<void> => {
  turning.value = true;
  const reply = await call<Admission>('PATCH', `/v1/operator/events/${eventId}/admission`, change);
  turning.value = false;
  const plan = change.ratePerMinute !== undefined && launch?.active === true ? launch.curve : null;
  lastTurn.value = reply.ok
    ? {
        eventId,
        before: same(admission, change),
        plan,
        text: t('turned', { what: describe(change) }),
        tone: 'good',
      }
    : { eventId, before: null, plan: null, text: problemText(reply.problem), tone: 'bad' };
};

/** Takes the last turn back; there is no second undo. */
export const undo = async (): Promise<void> => {
  const last = lastTurn.value;
  if (last === null || last.before === null) return;
  turning.value = true;
  let reply = await call('PATCH', `/v1/operator/events/${last.eventId}/admission`, last.before);
  // Last, because each number set by hand takes the plan out of force again.
  if (reply.ok && last.plan !== null)
    reply = await call('POST', launchPath(last.eventId), { curve: last.plan });
  turning.value = false;
  lastTurn.value = reply.ok
    ? { ...last, before: null, text: t('undone', { what: describe(last.before) }), tone: 'good' }
    : { ...last, text: problemText(reply.problem), tone: 'bad' };
};
