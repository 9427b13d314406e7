import { seatCountOf, type AdmissionKnobs, type SaleEvent } from './event.ts';
import type { SectionId } from './ids.ts';
import { rateOnCurve, type CurveMoment, type Launch } from './launch-curve.ts';
import type { Slowdown } from './ports/line.ts';

/**
 * Who is let in while a section is closed finds less to buy, so fewer are: the operator's rate by the share of the seats
 * that can be sold. Null: every section is open.
 */
export const slowdownOf = (
  event: Pick<SaleEvent, 'sections' | 'admission'>,
  closed: ReadonlySet<SectionId>,
): Slowdown | null => {
  if (closed.size === 0) return null;
  const seats = (open: (sectionId: SectionId) => boolean): number =>
    event.sections.reduce((sum, section) => sum + (open(section.id) ? seatCountOf(section) : 0), 0);
  const all = seats(() => true);
  const open = seats((sectionId) => !closed.has(sectionId));
  if (open === all) return null;
  return {
    ratePerMinute: Math.floor((event.admission.ratePerMinute * open) / all),
    reason: 'section_closed',
  };
};

/** The slower of two; null: neither is slowed. */
export const slower = (a: Slowdown | null | undefined, b: Slowdown | null | undefined): Slowdown | null => {
  if (a === null || a === undefined) return b ?? null;
  if (b === null || b === undefined) return a;
  return b.ratePerMinute < a.ratePerMinute ? b : a;
};

/** While Postgres counts, which has every hold to decide as well, a line moves at this share of what the operator allows. */
export const DEGRADED_SHARE = 0.5;

/** The operator's knobs as they hold in a line that is counted without Redis. */
export const degradedKnobs = (knobs: AdmissionKnobs): AdmissionKnobs => ({
  ...knobs,
  ratePerMinute: Math.ceil(knobs.ratePerMinute * DEGRADED_SHARE),
});

/** What an active curve asks of the line now. Null: nothing; the operator's number is lower, or there is no curve. */
export const slowdownOfLaunch = (launch: Launch | null | undefined, moment: CurveMoment): Slowdown | null => {
  if (launch === null || launch === undefined || !launch.active) return null;
  const ratePerMinute = rateOnCurve(launch.curve, moment);
  if (ratePerMinute >= moment.ceilingPerMinute) return null;
  return {
    ratePerMinute,
    reason: 'schedule',
    parameters: { plannedPerMinute: ratePerMinute, ceilingPerMinute: moment.ceilingPerMinute },
  };
};
