import { phaseAt, type EventLimits, type SaleEvent } from './event.ts';
import type { SectionId } from './ids.ts';
import { refuse, type Refusal } from './refusal.ts';
import { changedShow, showFault, type Show } from './show.ts';

/**
 * What of an event may still be changed. Its sections, rows and seats may not: people hold them, and tickets name them. A
 * price holds for holds taken from then on; those that stand keep theirs.
 */
export interface EventChange {
  readonly name?: string | undefined;
  readonly venue?: string | undefined;
  readonly opensAtMs?: number | undefined;
  readonly limits?: EventLimits | undefined;
  readonly lateMoney?: { readonly reseat: boolean } | undefined;
  /** Its members one by one: absent stays, null is taken away. */
  readonly show?: Show | undefined;
  readonly sections?: readonly SectionChange[] | undefined;
}

export interface SectionChange {
  readonly id: SectionId;
  readonly name?: string | undefined;
  readonly priceMinor?: number | undefined;
}

/** The event with the change in it. Refused: a section that it does not have, or another opening after it has opened. */
export const changedEvent = (event: SaleEvent, change: EventChange, nowMs: number): SaleEvent | Refusal => {
  const wanted = new Map(change.sections?.map((one) => [one.id, one]));
  const unknown = [...wanted.keys()].find((id) => !event.sections.some((section) => section.id === id));
  if (unknown !== undefined)
    return refuse('invalid_request', { detail: `There is no section ${unknown} in this event.` });
  const moves = change.opensAtMs !== undefined && change.opensAtMs !== event.opensAtMs;
  // People were told when it opens and came; the line has begun to call.
  if (moves && phaseAt(event, nowMs) !== 'pending') return refuse('event_opened');
  const show = change.show === undefined ? event.show : changedShow(event.show ?? {}, change.show);
  const fault = showFault(show ?? {});
  if (fault !== null) return refuse('invalid_request', { detail: `Impossible times: ${fault}.` });
  return {
    ...event,
    name: change.name ?? event.name,
    venue: change.venue ?? event.venue,
    opensAtMs: change.opensAtMs ?? event.opensAtMs,
    limits: change.limits ?? event.limits,
    lateMoney: change.lateMoney ?? event.lateMoney,
    ...(show === undefined ? {} : { show }),
    sections: event.sections.map((section) => ({
      ...section,
      name: wanted.get(section.id)?.name ?? section.name,
      priceMinor: wanted.get(section.id)?.priceMinor ?? section.priceMinor,
    })),
  };
};
