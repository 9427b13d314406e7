/** Rates that the slider offers: none, then ten to a hundred thousand, each step a twentieth more. Pure; no page in it. */
const LEAST = 10;
const MOST = 100_000;
export const STEPS = 200;

const twoDigits = (value: number): number => {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.round(value / unit) * unit;
};

/** The rate at a place of the slider, 0 to `STEPS`; rounded to what people say. */
export const rateAt = (step: number): number =>
  step <= 0 ? 0 : twoDigits(LEAST * (MOST / LEAST) ** ((Math.min(step, STEPS) - 1) / (STEPS - 1)));

/** Where the slider stands for a rate; the nearest place there is. */
export const stepOf = (rate: number): number => {
  if (rate <= 0) return 0;
  const share = Math.log(Math.max(LEAST, rate) / LEAST) / Math.log(MOST / LEAST);
  return Math.max(1, Math.min(STEPS, Math.round(1 + share * (STEPS - 1))));
};

/** How long the last in line waits at this rate, in seconds. Null: the line does not move. */
export const waitSeconds = (waiting: number, ratePerMinute: number): number | null =>
  ratePerMinute <= 0 ? null : (waiting / ratePerMinute) * 60;

/** Four times as many at once, or nobody at all, is asked about a second time. */
export const isDangerous = (beforePerMinute: number, afterPerMinute: number): boolean =>
  afterPerMinute === 0 ? beforePerMinute > 0 : afterPerMinute >= beforePerMinute * 4;
