import {
  firstLoop,
  lookAtSale,
  slowdownOfCrowd,
  slowdownOfLoop,
  slowdownOfStock,
} from '../domain/closed-loop.ts';
import type { AdmissionKnobs } from '../domain/event.ts';
import { restoreLine, type Line } from '../domain/line-state.ts';
import { leaveLine, redeemPlace, stepLine } from '../domain/line.ts';
import { outlookOf, selloutOf, type Outlook } from '../domain/outlook.ts';
import type { Eta } from '../domain/ports/waiting-room.ts';
import { slower } from '../domain/slowdown.ts';
import { etaOf } from '../waiting-room/eta.ts';
import { createPace } from '../waiting-room/pace.ts';
import { chanceOf, type Chance } from './chance.ts';

/**
 * One line in fast time: the real rules (steps, closed loop, ETA, outlook) over people who come late or not at all, think for
 * a while, buy or do not, and a sale that gets slower the more are inside. Half an hour takes some milliseconds.
 */

const TICK_MS = 250;
const CALL_TTL_MS = 30_000;
const PASS_TTL_MS = 600_000;
const LOOK_EVERY_MS = 5_000;
const LOOKS_AT_ONCE = 4;

export interface LineSettings {
  readonly fans: number;
  readonly ratePerMinute: number;
  readonly insideMax: number;
  readonly seats: number;
  readonly seatsPerFan: number;
  /** How long people stay inside, on average. */
  readonly stayMs: number;
  /** Share of people who never come when called, and who come late. */
  readonly absent: number;
  readonly late: number;
  /** Share of those inside who buy. */
  readonly buying: number;
  /** People inside at whom a hold takes twice as long as for one. */
  readonly capacity: number;
  /** Share of the time in which something else slows the sale down. */
  readonly disturbed: number;
  readonly hoursMax: number;
}

/** What somebody who waited was told, and what became of it. */
export interface Told {
  readonly number: number;
  readonly atMs: number;
  readonly eta: Eta | null;
  readonly outlook: Outlook;
  /** When the place was called; null: never. */
  readonly calledAtMs: number | null;
  /** Whether seats were left then. */
  readonly seatsThen: boolean;
}

export interface LineRun {
  readonly settings: LineSettings;
  readonly told: readonly Told[];
  readonly sold: number;
  /** Every seat is sold, or everybody was called; false: the time was over first. */
  readonly ended: boolean;
}

/** Very different sales, one for each seed. */
export const lineSettingsOf = (seed: number): LineSettings => {
  const chance = chanceOf(seed, 'line settings');
  const fans = chance.pick([400, 1_500, 4_000]);
  return {
    fans,
    ratePerMinute: chance.pick([60, 300, 1_200, 6_000]),
    insideMax: chance.pick([20, 100, 400, 5_000]),
    seats: Math.round(fans * chance.pick([0.3, 0.6, 1, 3])),
    seatsPerFan: chance.whole(2, 6),
    stayMs: chance.between(30_000, 240_000),
    absent: chance.between(0, 0.3),
    late: chance.between(0, 0.1),
    buying: chance.between(0.3, 0.9),
    capacity: chance.pick([30, 150, 1_000]),
    disturbed: chance.pick([0, 0, 0.1]),
    hoursMax: 3,
  };
};

interface Person {
  readonly arrivesAfterMs: number | null;
  readonly staysMs: number;
  readonly wants: number;
}

const personOf = (settings: LineSettings, chance: Chance): Person => {
  const late = chance.happens(settings.late);
  return {
    arrivesAfterMs: chance.happens(settings.absent)
      ? null
      : late
        ? chance.between(CALL_TTL_MS, 4 * CALL_TTL_MS)
        : chance.between(500, 12_000),
    // Many are quick, and some take very long.
    staysMs: Math.min(PASS_TTL_MS, 5_000 - Math.log(1 - chance.random.next()) * settings.stayMs),
    wants: chance.happens(settings.buying) ? chance.whole(1, settings.seatsPerFan) : 0,
  };
};

interface Look {
  readonly number: number;
  readonly atMs: number;
  readonly eta: Eta | null;
  readonly outlook: Outlook;
}

/** Runs one sale; the same seed is the same sale. */
export const runLine = (seed: number, settings: LineSettings = lineSettingsOf(seed)): LineRun => {
  const chance = chanceOf(seed, 'line');
  const line: Line = restoreLine(
    { epoch: 1, joined: settings.fans, serving: 0, admitted: 0, firstUse: true, passes: [] },
    0,
  );
  const knobs: AdmissionKnobs = {
    ratePerMinute: settings.ratePerMinute,
    insideMax: settings.insideMax,
    paused: false,
    version: 1,
  };
  const [pace, gone] = [createPace(), createPace()];
  const people = Array.from({ length: settings.fans }, () => personOf(settings, chance));
  const due = new Map<number, (() => void)[]>();
  const called = new Map<number, { readonly atMs: number; readonly seats: boolean }>();
  const looks: Look[] = [];
  let loop = firstLoop(settings.ratePerMinute);
  let sold = 0;
  let nowMs = 0;
  let disturbedUntilMs = 0;

  const after = (ms: number, task: () => void): void => {
    const tick = Math.ceil((nowMs + Math.max(TICK_MS, ms)) / TICK_MS) * TICK_MS;
    due.set(tick, [...(due.get(tick) ?? []), task]);
  };

  const come = (number: number, person: Person): void => {
    const answer = redeemPlace(line, number, PASS_TTL_MS, knobs, nowMs);
    if (answer.kind !== 'admitted') return after(1_000, () => come(number, person));
    after(person.staysMs / 2, () => {
      const got = Math.min(person.wants, settings.seats - sold);
      sold += got;
    });
    after(person.staysMs, () => void leaveLine(line, number, nowMs));
  };

  const feel = (): number => {
    if (nowMs % 60_000 === 0 && chance.happens(settings.disturbed)) disturbedUntilMs = nowMs + 30_000;
    const load = line.inside / settings.capacity;
    return 100 * (1 + load + load ** 3) * (nowMs < disturbedUntilMs ? 8 : 1) * chance.between(0.9, 1.1);
  };

  const look = (reading: ReturnType<typeof stepLine>): void => {
    const frame = { reason: reading.binding, ratePerMinute: reading.effectiveRatePerMinute };
    const sellout = selloutOf({
      seats: settings.seats,
      seatsLeft: settings.seats - sold,
      serving: line.serving,
      admitted: line.admitted,
      inside: line.inside + line.called,
      seatsPerFan: settings.seatsPerFan,
    });
    for (let index = 0; index < LOOKS_AT_ONCE; index += 1) {
      const number = chance.whole(line.serving + 1, line.joined);
      const ahead = number - line.serving - 1;
      const { ratePerMinute: ceilingPerMinute } = settings;
      const eta = etaOf({ ahead, frame, ceilingPerMinute, opensInMs: 0, recent: pace.read() });
      looks.push({ number, atMs: nowMs, eta, outlook: outlookOf(number, sellout) });
    }
  };

  const tick = (): void => {
    const ceilingPerMinute = settings.ratePerMinute;
    const inside = line.inside + line.called;
    const vitals = {
      holdMs: line.inside === 0 ? null : feel(),
      checkoutMs: null,
      poolWaitMs: null,
      messageLagMs: null,
      loopLagMs: null,
      brokerUp: true,
      databaseUp: true,
    };
    loop = lookAtSale(loop, { ceilingPerMinute, calling: true, vitals, nowMs });
    const seatsLeft = settings.seats - sold;
    const slowdown = slower(
      slowdownOfLoop(loop, ceilingPerMinute),
      slower(
        slowdownOfStock({ ceilingPerMinute, inside, seatsLeft }),
        slowdownOfCrowd({
          ceilingPerMinute,
          inside,
          insideMax: settings.insideMax,
          leavingPerMinute: gone.perMinute(),
        }),
      ),
    );
    const before = line.serving;
    const input = { knobs, open: true, roomLeft: seatsLeft, slowdown, node: 'n' };
    const reading = stepLine(line, input, CALL_TTL_MS, nowMs);
    pace.note(nowMs, line.serving, line.serving < line.joined && seatsLeft > 0);
    gone.note(nowMs, line.admitted - line.inside - line.called);
    for (let number = before + 1; number <= line.serving; number += 1) {
      called.set(number, { atMs: nowMs, seats: seatsLeft > 0 });
      const person = people[number - 1] as Person;
      if (person.arrivesAfterMs !== null) after(person.arrivesAfterMs, () => come(number, person));
    }
    if (nowMs % LOOK_EVERY_MS === 0 && line.serving < line.joined) look(reading);
  };

  const endMs = settings.hoursMax * 3_600_000;
  for (; nowMs < endMs && line.serving < line.joined && sold < settings.seats; nowMs += TICK_MS) {
    for (const task of due.get(nowMs) ?? []) task();
    due.delete(nowMs);
    tick();
  }
  const told = looks.map((one): Told => {
    const call = called.get(one.number);
    return { ...one, calledAtMs: call?.atMs ?? null, seatsThen: call?.seats ?? false };
  });
  const ended = sold >= settings.seats || line.serving >= line.joined;
  return { settings, told, sold, ended };
};

export interface Calibration {
  readonly looks: number;
  /** Of those who were told a time: nothing could honestly be said to the others. */
  readonly withEta: number;
  /** Shares of them: called within the band, before it, after it, and not after the median. */
  readonly within: number;
  readonly early: number;
  readonly late: number;
  readonly byMedian: number;
}

/** How the times that were told compare with what happened. Who was not called before the end is left out. */
export const calibrationOf = (told: readonly Told[]): Calibration => {
  const judged = told.flatMap(({ eta, calledAtMs, atMs }) =>
    eta === null || calledAtMs === null ? [] : [{ eta, seconds: (calledAtMs - atMs) / 1_000 }],
  );
  const share = (is: (one: (typeof judged)[number]) => boolean): number =>
    judged.filter((one) => is(one)).length / Math.max(1, judged.length);
  return {
    looks: told.length,
    withEta: judged.length,
    within: share(({ eta, seconds }) => seconds >= eta.p10Seconds && seconds <= eta.p90Seconds),
    early: share(({ eta, seconds }) => seconds < eta.p10Seconds),
    late: share(({ eta, seconds }) => seconds > eta.p90Seconds),
    byMedian: share(({ eta, seconds }) => seconds <= eta.p50Seconds),
  };
};

export interface OutlookRecord {
  /** How many looks said so, and of whom then really came in while there were seats. */
  readonly told: number;
  readonly foundSeats: number;
}

/** How true the outlooks of these runs were. */
export const outlooksOf = (runs: readonly LineRun[]): Readonly<Record<Outlook, OutlookRecord>> => {
  const told = runs.filter(({ ended }) => ended).flatMap((run) => run.told);
  const record = (outlook: Outlook): OutlookRecord => {
    const those = told.filter((one) => one.outlook === outlook);
    return { told: those.length, foundSeats: those.filter((one) => one.seatsThen).length };
  };
  return { likely: record('likely'), uncertain: record('uncertain'), standby: record('standby') };
};
