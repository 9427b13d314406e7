import type { Frame } from '../domain/frame.ts';
import { secondsOnCurve, type CurveMoment, type LaunchCurve } from '../domain/launch-curve.ts';
import type { Eta } from '../domain/ports/waiting-room.ts';
import type { Reading } from './pace.ts';

export interface EtaInput {
  /** People in front who have not been called. */
  readonly ahead: number;
  readonly frame: Pick<Frame, 'reason' | 'ratePerMinute'>;
  /** The operator's ceiling: all there is to go by before the opening. */
  readonly ceilingPerMinute: number;
  readonly opensInMs: number;
  /** Measured; null: too early to say. */
  readonly recent: Reading | null;
  /** The launch curve in force and where on it the sale is; null or absent: none. */
  readonly planned?: { readonly curve: LaunchCurve; readonly moment: CurveMoment } | null | undefined;
}

/** Of a normal distribution: one in ten lies beyond, on either side. */
const TENTH = 1.2816;
/**
 * How wrong a rate is as a guess at the rate from now until somebody is called, as a share of it (the deviation of its
 * logarithm). Found in the model of `simulation/line-model.ts`; `test/simulation/line-model.test.ts` holds them to the promise.
 */
const SPREAD = { steady: 0.06, measured: 0.12, unknown: 0.35 } as const;
/** The line is stepped some times a second, and the page looks once a second. */
const GRAIN_SECONDS = 1;
/** A slow start costs about so long, once. */
const WARM_UP_SECONDS = 3;
/** What is so now lasts about so long; further ahead what was so on average is the better guess. */
const MEMORY_SECONDS = 45;

const bandOf = (seconds: number, spread: number, afterSeconds = 0): Eta => {
  const at = (deviations: number): number => afterSeconds + seconds * Math.exp(deviations * spread);
  return {
    p10Seconds: Math.max(0, Math.floor(at(-TENTH) - GRAIN_SECONDS)),
    p50Seconds: Math.ceil(at(0)),
    p90Seconds: Math.ceil(at(TENTH) + GRAIN_SECONDS),
  };
};

/**
 * From the rate of now and what was measured. `steady`: a set rate is what binds, so that only what was uneven of late can
 * make it wrong. Otherwise a guess from a few calls, and a wait for a few, are a matter of chance as well.
 */
const fromPace = (
  people: number,
  nowPerMinute: number,
  recent: Reading | null,
  steady: boolean,
): Eta | null => {
  if (recent === null)
    return nowPerMinute > 0 && steady ? bandOf((people * 60) / nowPerMinute, SPREAD.steady) : null;
  const likely = Math.max(recent.perMinute, steady ? nowPerMinute : 0);
  if (likely <= 0) return null;
  const horizon = (people * 60) / likely;
  const weight = MEMORY_SECONDS / (MEMORY_SECONDS + horizon);
  const perMinute = weight * nowPerMinute + (1 - weight) * recent.perMinute;
  const uneven = recent.unevenness ** 2 * Math.min(1, (2 * MEMORY_SECONDS) / (MEMORY_SECONDS + horizon));
  const chance = steady ? 0 : 1 / Math.max(1, recent.count) + 1 / people;
  const base = steady ? SPREAD.steady : SPREAD.measured;
  return perMinute <= 0 ? null : bandOf((people * 60) / perMinute, Math.sqrt(base ** 2 + uneven + chance));
};

/** What the curve has ahead of it, not only for this moment. Null: there is no curve, or it does not get that far. */
const onPlan = ({ planned, opensInMs, ahead }: EtaInput, spread: number): Eta | null => {
  if (planned === null || planned === undefined) return null;
  const { curve, moment } = planned;
  const opening = { ...moment, sinceStartMs: moment.sinceStartMs + opensInMs };
  const seconds = secondsOnCurve(curve, opening, ahead + 1);
  return seconds === null ? null : bandOf(seconds, spread, opensInMs / 1_000);
};

/**
 * When a waiting place will be called, as a median and a band that holds the real wait in at least four of five cases. Null
 * when nothing can honestly be said: nobody is being called, or too few to tell. Where something else than a set rate is what
 * binds, the operator's number would be a promise the line does not keep, and the measured pace stands in for it.
 */
export const etaOf = (input: EtaInput): Eta | null => {
  const { frame, recent, ceilingPerMinute } = input;
  const people = input.ahead + 1;
  switch (frame.reason) {
    case 'pending':
      if (input.planned) return onPlan(input, SPREAD.measured);
      return ceilingPerMinute <= 0
        ? null
        : bandOf((people * 60) / ceilingPerMinute + WARM_UP_SECONDS, SPREAD.unknown, input.opensInMs / 1_000);
    case 'schedule':
      return onPlan(input, SPREAD.measured);
    case 'rate':
    case 'section_closed':
    case 'nobody_waiting':
      return fromPace(people, frame.ratePerMinute, recent, true);
    case 'warming_up':
      return ceilingPerMinute <= 0
        ? null
        : bandOf((people * 60) / ceilingPerMinute + WARM_UP_SECONDS, SPREAD.unknown);
    case 'paused':
    case 'closed':
    case 'stock':
    case 'degraded':
      return null;
    case 'inside':
      return recent === null ? null : fromPace(people, recent.perMinute, recent, false);
    default:
      return fromPace(people, frame.ratePerMinute, recent, false);
  }
};

/** Before the draw any turn among the entrants is as likely as any other: the band of the turns, with that of each of its ends. */
export const etaUndrawn = (entrants: number, etaBehind: (ahead: number) => Eta | null): Eta | null => {
  const [early, middle, late] = [0.1, 0.5, 0.9].map((share) => etaBehind(Math.floor(entrants * share)));
  if (!early || !middle || !late) return null;
  return {
    p10Seconds: early.p10Seconds,
    p50Seconds: middle.p50Seconds,
    p90Seconds: late.p90Seconds,
  };
};
