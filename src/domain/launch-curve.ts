/** A rate from a moment on; in between it changes evenly from one point to the next, and after the last it stays. */
export interface CurvePoint {
  /** Since the start of the curve. */
  readonly afterSeconds: number;
  /** People a minute. */
  readonly ratePerMinute: number;
}

/**
 * The rates that are planned for a sale: a first batch, a ramp, a plateau, a taper as the stock runs out. Always below the
 * operator's number, which stays the ceiling.
 */
export interface LaunchCurve {
  /** When it starts; absent: at the opening. Before it the first rate holds. */
  readonly startsAtMs?: number | undefined;
  /** So many people come in at the ceiling before the first point counts. */
  readonly firstBatch?: number | undefined;
  /** At least one, by rising time. */
  readonly points: readonly CurvePoint[];
  /** With less than `belowShare` of the seats left the rate falls evenly, to `toShare` of itself when the last one goes. */
  readonly taper?: { readonly belowShare: number; readonly toShare: number } | undefined;
}

/** A curve and whether it is in force: a number that the operator sets by hand takes it out of force. */
export interface Launch {
  readonly curve: LaunchCurve;
  readonly active: boolean;
}

export interface CurveMoment {
  readonly sinceStartMs: number;
  /** The operator's number. */
  readonly ceilingPerMinute: number;
  /** What is left of all seats, 0 to 1; null: not known, so nothing tapers. */
  readonly stockShare: number | null;
}

const batchMs = ({ firstBatch = 0 }: LaunchCurve, ceilingPerMinute: number): number =>
  ceilingPerMinute > 0 ? (firstBatch * 60_000) / ceilingPerMinute : 0;

const onPoints = (points: readonly CurvePoint[], seconds: number): number => {
  const next = points.findIndex(({ afterSeconds }) => afterSeconds > seconds);
  const [after, before] = [points[next], points[next === -1 ? points.length - 1 : next - 1]];
  if (before === undefined) return after?.ratePerMinute ?? 0;
  if (after === undefined) return before.ratePerMinute;
  const share = (seconds - before.afterSeconds) / (after.afterSeconds - before.afterSeconds);
  return before.ratePerMinute + (after.ratePerMinute - before.ratePerMinute) * share;
};

const tapered = ({ taper }: LaunchCurve, stockShare: number | null): number => {
  if (taper === undefined || stockShare === null || stockShare >= taper.belowShare) return 1;
  return taper.toShare + (1 - taper.toShare) * (Math.max(0, stockShare) / taper.belowShare);
};

/** People a minute that the curve has for this moment: whole, and never above the ceiling. */
export const rateOnCurve = (curve: LaunchCurve, moment: CurveMoment): number => {
  const { ceilingPerMinute, stockShare } = moment;
  const sinceBatchMs = moment.sinceStartMs - batchMs(curve, ceilingPerMinute);
  const inBatch = moment.sinceStartMs >= 0 && sinceBatchMs < 0;
  const planned = inBatch ? ceilingPerMinute : onPoints(curve.points, Math.max(0, sinceBatchMs) / 1_000);
  // Rounded up: a curve that is above zero lets somebody in. What is whole but for the arithmetic stays so.
  const rounded = Math.max(0, Math.ceil(planned * tapered(curve, stockShare) - 1e-6));
  return Math.min(ceilingPerMinute, rounded);
};

const STEP_MS = 1_000;
/** Whoever waits longer is told nothing. */
const LONGEST_MS = 24 * 3_600_000;

/** How long the curve takes to let so many people in, in seconds, with the stock as it is. Null: more than a day, or never. */
export const secondsOnCurve = (curve: LaunchCurve, from: CurveMoment, people: number): number | null => {
  let letIn = 0;
  for (let ms = 0; ms < LONGEST_MS; ms += STEP_MS) {
    const perStep = rateOnCurve(curve, { ...from, sinceStartMs: from.sinceStartMs + ms }) / 60;
    if (letIn + perStep >= people) return (ms + ((people - letIn) / perStep) * STEP_MS) / 1_000;
    letIn += perStep;
  }
  return null;
};

/** The moment of this curve at `nowMs`. */
export const momentOf = (
  curve: LaunchCurve,
  event: { readonly opensAtMs: number; readonly admission: { readonly ratePerMinute: number } },
  stock: { readonly left: number; readonly seats: number } | null,
  nowMs: number,
): CurveMoment => ({
  sinceStartMs: nowMs - (curve.startsAtMs ?? event.opensAtMs),
  ceilingPerMinute: event.admission.ratePerMinute,
  stockShare: stock === null || stock.seats === 0 ? null : stock.left / stock.seats,
});
