import { burstOf } from '../domain/line.ts';
import type { SaleRecords } from '../domain/sale-records.ts';
import type { ClientHistory, FrameTold } from './history.ts';
import { groupBy, judge, notChecked, type Verdict } from './verdict.ts';

export const WINDOWS_MS = [1_000, 5_000, 60_000] as const;
/** A line may be counted by Redis and then by Postgres, whose clocks may differ by this much. */
const CLOCKS_APART_MS = 500;
const TURNED = 'a knob was turned during the run';

/** The most events within any window of `windowMs`, closed at its start and open at its end. `sorted` ascending. */
export const mostWithin = (sorted: readonly number[], windowMs: number): number => {
  let most = 0;
  let from = 0;
  for (const [index, at] of sorted.entries()) {
    while ((sorted[from] ?? at) <= at - windowMs) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
};

/**
 * P6 by the journal. A called fan keeps the slot for `callTtlMs`, so people called in turn may come in together: a window
 * allows the rate for its own length and that time, plus the burst. From the opening on nothing precedes, so there the bound
 * is exact: at any time t at most ceiling · t + burst have been let in.
 */
export const rateObeyed = ({ event, admissions }: SaleRecords, callTtlMs: number): Verdict => {
  const what = 'admissions never exceed ceiling · time + burst (1 s, 5 s, 60 s, since the opening)';
  if (event.knobsVersion > 1) return notChecked('P6', what, TURNED);
  const perMs = event.ratePerMinute / 60_000;
  const burst = burstOf(event.ratePerMinute);
  const times = admissions.map((admission) => admission.admittedAtMs).sort((a, b) => a - b);
  const openedAtMs = Math.max(event.createdAtMs, event.opensAtMs);
  const windows = WINDOWS_MS.flatMap((windowMs) => {
    const most = mostWithin(times, windowMs);
    const allowed = Math.ceil(perMs * (windowMs + callTtlMs)) + burst;
    return most > allowed ? [`${most} within ${windowMs / 1_000} s, allowed are ${allowed}`] : [];
  });
  const early = times.findIndex((at, index) => index + 1 > Math.floor(perMs * (at - openedAtMs)) + burst);
  const since =
    early < 0
      ? []
      : [`${early + 1} within ${((times[early] ?? 0) - openedAtMs).toFixed(0)} ms of the opening`];
  return judge('P6', what, times.length, [...windows, ...since]);
};

/** In the order that frames themselves name. Nodes answer from frames of their own, so the order of arrival says nothing. */
const inOrder = (frames: readonly FrameTold[]): readonly FrameTold[] =>
  frames.toSorted((a, b) => a.epoch - b.epoch || a.asOfMs - b.asOfMs || a.serving - b.serving);

/** P6: whoever was told "you are called" stays called, whatever was lost meanwhile. */
export const servingNeverFalls = (history: ClientHistory | null): Verdict => {
  const what = 'serving never falls from one frame to a newer one, on whichever nodes';
  if (history === null) return notChecked('P6', what, 'no history of frames');
  const frames = inOrder(history.frames);
  const breaches = frames.flatMap((frame, index) => {
    const before = frames[index - 1];
    return before === undefined || before.serving <= frame.serving
      ? []
      : [`serving fell from ${before.serving} to ${frame.serving} in epoch ${frame.epoch}`];
  });
  return judge('P6', what, Math.max(0, frames.length - 1), breaches, 'fewer than two frames were seen');
};

/** P6 by the frames: between any two, no more were called than ceiling · time + burst. */
export const callsObeyRate = ({ event }: SaleRecords, history: ClientHistory | null): Verdict => {
  const what = 'between any two frames no more are called than ceiling · time + burst';
  if (history === null) return notChecked('P6', what, 'no history of frames');
  if (event.knobsVersion > 1) return notChecked('P6', what, TURNED);
  const perMs = event.ratePerMinute / 60_000;
  const burst = burstOf(event.ratePerMinute);
  const frames = inOrder(history.frames).filter(
    (frame, index, all) => frame.serving !== all[index - 1]?.serving,
  );
  const breaches: string[] = [];
  let checked = 0;
  for (const [index, from] of frames.entries()) {
    for (const to of frames.slice(index + 1)) {
      checked += 1;
      const elapsedMs = to.asOfMs - from.asOfMs;
      const allowed = Math.ceil(perMs * (Math.max(0, elapsedMs) + CLOCKS_APART_MS)) + burst;
      const called = to.serving - from.serving;
      if (called > allowed) breaches.push(`${called} called within ${elapsedMs} ms, allowed are ${allowed}`);
    }
  }
  return judge('P6', what, checked, breaches, 'fewer than two frames moved');
};

/** A row may outlive its slot by this much: the slot was taken first and ends in a bucket of its own. */
const SLOT_MARGIN_MS = 1_000;

/** P6: never more inside at once than the operator allows. */
export const insideObeyed = ({ event, admissions }: SaleRecords): Verdict => {
  const what = 'never more inside at once than allowed';
  if (event.knobsVersion > 1) return notChecked('P6', what, TURNED);
  const changes = admissions
    .flatMap((one) => [
      { at: one.admittedAtMs, by: 1 },
      { at: Math.min(one.leftAtMs ?? Number.POSITIVE_INFINITY, one.expiresAtMs - SLOT_MARGIN_MS), by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let inside = 0;
  let most = 0;
  for (const { by } of changes) {
    inside += by;
    most = Math.max(most, inside);
  }
  const breaches =
    most > event.insideMax ? [`${most} were inside at once, allowed are ${event.insideMax}`] : [];
  return judge('P6', what, admissions.length, breaches);
};

/** P6: no place is admitted twice, and no fan is inside twice at once. */
export const admittedOnce = ({ admissions, places }: SaleRecords): Verdict => {
  const owner = new Map(places.map((place) => [place.number, place.fanId]));
  const breaches = [
    ...[...groupBy(admissions, (one) => String(one.number))]
      .filter(([, same]) => same.length > 1)
      .map(([number, same]) => `place ${number} was admitted ${same.length} times`),
    ...admissions
      .filter((one) => owner.get(one.number) !== one.fanId)
      .map((one) => `place ${one.number} was admitted for a fan who does not have it`),
    ...[...groupBy(admissions, (one) => one.fanId)].flatMap(([fanId, ofFan]) => {
      ofFan.sort((a, b) => a.admittedAtMs - b.admittedAtMs);
      return ofFan.some((one, index) => {
        const next = ofFan[index + 1];
        return next !== undefined && next.admittedAtMs < Math.min(one.leftAtMs ?? Infinity, one.expiresAtMs);
      })
        ? [`fan ${fanId} was inside twice at once`]
        : [];
    }),
  ];
  return judge(
    'P6',
    'nobody is admitted twice for one place, or inside twice at once',
    admissions.length,
    breaches,
  );
};

/** P7, as far as a run without crashes shows it: one place a fan, and each place that was told is there. */
export const placesKept = ({ places }: SaleRecords, history: ClientHistory | null): Verdict => {
  const owner = new Map(places.map((place) => [place.number, place.fanId]));
  const doubles = [
    ...groupBy(
      places.filter((place) => !place.spent),
      (place) => place.fanId,
    ),
  ]
    .filter(([, ofFan]) => ofFan.length > 1)
    .map(([fanId, ofFan]) => `fan ${fanId} has ${ofFan.length} places`);
  const lost = (history?.placesTold ?? [])
    .filter((told) => owner.get(told.number) !== told.fanId)
    .map((told) => `fan ${told.fanId} was told place ${told.number}, which is not theirs`);
  return judge('P7', 'one place a fan, and every place that was told is kept', places.length, [
    ...doubles,
    ...lost,
  ]);
};
