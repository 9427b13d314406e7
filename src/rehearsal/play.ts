import {
  firstLoop,
  LOOK_MS,
  lookAtSale,
  slowdownOfLoop,
  slowdownOfStock,
  type LoopState,
} from '../domain/closed-loop.ts';
import type { AdmissionKnobs } from '../domain/event.ts';
import { restoreLine, type Line } from '../domain/line-state.ts';
import { leaveLine, redeemPlace, stepLine } from '../domain/line.ts';
import type { Slowdown } from '../domain/ports/line.ts';
import { RecentTimes } from '../domain/recent-times.ts';
import { Agenda } from './agenda.ts';
import type { Visitor } from './crowd.ts';
import { HoldDesk } from './hold-desk.ts';
import { quantile } from './quantile.ts';

export interface House {
  readonly seats: number;
  readonly insideMax: number;
  readonly callTtlMs: number;
  readonly passTtlMs: number;
  readonly holdTtlMs: number;
  /** Holds a second that the nodes can decide together; beyond it people wait inside. */
  readonly holdsPerSecond: number;
  readonly closedLoop: boolean;
}

/** How the sale stood at the end of a stretch of time. */
export interface Moment {
  readonly atMs: number;
  /** Came, waits and has not given up. */
  readonly waiting: number;
  readonly inside: number;
  /** Held or being paid for. */
  readonly held: number;
  readonly sold: number;
  readonly ratePerMinute: number;
  readonly holdWaitMs: number;
}

export interface Played {
  readonly ratePerMinute: number;
  /** Null: seats were left at the end. */
  readonly soldOutAtMs: number | null;
  readonly sold: number;
  readonly admitted: number;
  readonly buyers: number;
  /** Came in and went without seats because there were none, or only after asking again and again. */
  readonly inVain: number;
  readonly gaveUp: number;
  readonly conflicts: number;
  readonly heldInVain: number;
  readonly seatsToBots: number;
  readonly mostInside: number;
  /** Of those who got seats, from arrival to the pass. */
  readonly waitsMs: readonly number[];
  readonly holdWaitP99Ms: number;
  readonly moments: readonly Moment[];
}

const TICK_MS = 250;
const MOMENT_MS = 5_000;
/** A sale that is not over by then is not going to be. */
const LONGEST_MS = 12 * 3_600_000;
const ASK_AGAIN_MS = 5_000;
const MOST_ATTEMPTS = 6;

interface Act {
  readonly type: 'arrive' | 'knock' | 'ask' | 'paid' | 'lapse';
  readonly fan: Guest;
}

interface Guest extends Visitor {
  number: number;
  admittedAtMs: number | null;
  attempts: number;
  /** Of the request for seats that is under way. */
  holdWaitMs: number;
  held: number;
}

/**
 * Plays one sale at one rate, in fast time, with the very rules of the line (`domain/line.ts`) and of the closed loop. What is
 * modelled and not the product's own: people, the time a hold takes when many ask at once, and that people who look at
 * the same map want the same seats.
 */
export const playSale = (house: House, visitors: readonly Visitor[], ratePerMinute: number): Played =>
  new Sale(house, visitors, ratePerMinute).play();

class Sale {
  readonly #house: House;
  readonly #knobs: AdmissionKnobs;
  readonly #guests: readonly Guest[];
  readonly #line: Line;
  readonly #desk: HoldDesk;
  readonly #agenda = new Agenda<Act>(TICK_MS);
  /** By number in the line. */
  readonly #places: Guest[] = [];
  readonly #moments: Moment[] = [];
  readonly #waitsMs: number[] = [];
  readonly #holdWaitsMs: number[] = [];
  /** As a node measures them for its closed loop. */
  readonly #holdTimes = new RecentTimes(() => this.#nowMs);
  #loop: LoopState;
  #nowMs = 0;
  #free: number;
  #held = 0;
  #sold = 0;
  #seen = 0;
  #choosing = 0;
  #waiting = 0;
  #admitted = 0;
  #buyers = 0;
  #inVain = 0;
  #gaveUp = 0;
  #conflicts = 0;
  #heldInVain = 0;
  #seatsToBots = 0;
  #mostInside = 0;
  #soldOutAtMs: number | null = null;
  #rate = 0;

  constructor(house: House, visitors: readonly Visitor[], ratePerMinute: number) {
    this.#house = house;
    this.#knobs = { ratePerMinute, insideMax: house.insideMax, paused: false, version: 1 };
    this.#free = house.seats;
    this.#desk = new HoldDesk(house.holdsPerSecond);
    this.#loop = { ...firstLoop(ratePerMinute), calling: false };
    const nothing = { epoch: 1, joined: 0, serving: 0, admitted: 0, passes: [], firstUse: true };
    this.#line = restoreLine(nothing, 0);
    this.#guests = visitors.map((visitor) => ({
      ...visitor,
      number: 0,
      admittedAtMs: null,
      attempts: 0,
      holdWaitMs: 0,
      held: 0,
    }));
    for (const fan of this.#guests) this.#agenda.note(-TICK_MS, fan.arrivesAtMs, { type: 'arrive', fan });
  }

  play(): Played {
    while (this.#nowMs < LONGEST_MS && !this.#isOver()) {
      for (const act of this.#agenda.take(this.#nowMs)) this.#do(act);
      this.#step();
      if (this.#nowMs % MOMENT_MS === 0) this.#note();
      this.#nowMs += TICK_MS;
    }
    this.#note();
    return this.#result();
  }

  #isOver(): boolean {
    if (this.#sold === this.#house.seats) return true;
    // Nobody is to come, nobody is inside, and nobody waits who would still answer.
    return this.#agenda.left === 0 && this.#line.serving === this.#line.joined;
  }

  #do(act: Act): void {
    const { fan } = act;
    switch (act.type) {
      case 'arrive':
        this.#line.joined += 1;
        fan.number = this.#line.joined;
        this.#places[fan.number] = fan;
        this.#waiting += 1;
        break;
      case 'knock':
        this.#comeIn(fan);
        break;
      case 'ask':
        this.#askForSeats(fan);
        break;
      case 'paid':
        this.#buy(fan);
        break;
      case 'lapse':
        this.#letLapse(fan);
        break;
    }
  }

  #step(): void {
    const { seats, callTtlMs } = this.#house;
    const slowdown = this.#house.closedLoop ? this.#slowdown() : null;
    const stepped = stepLine(
      this.#line,
      { knobs: this.#knobs, open: true, roomLeft: seats - this.#sold, slowdown, node: 'rehearsal' },
      callTtlMs,
      this.#nowMs,
    );
    this.#rate = stepped.effectiveRatePerMinute;
    this.#mostInside = Math.max(this.#mostInside, this.#line.inside);
    while (this.#seen < stepped.serving) {
      this.#seen += 1;
      const fan = this.#places[this.#seen];
      if (fan !== undefined) this.#call(fan);
    }
  }

  #slowdown(): Slowdown | null {
    const ceilingPerMinute = this.#knobs.ratePerMinute;
    if (this.#nowMs % LOOK_MS === 0) {
      const vitals = {
        holdMs: this.#holdTimes.p90(),
        checkoutMs: null,
        poolWaitMs: null,
        messageLagMs: null,
        loopLagMs: null,
        brokerUp: true,
        databaseUp: true,
      };
      this.#loop = lookAtSale(this.#loop, {
        ceilingPerMinute,
        vitals,
        calling: true,
        nowMs: this.#nowMs,
      });
    }
    const found = [
      slowdownOfLoop(this.#loop, ceilingPerMinute),
      slowdownOfStock({ ceilingPerMinute, inside: this.#line.inside, seatsLeft: this.#free + this.#held }),
    ].filter((one) => one !== null);
    return found.sort((one, other) => one.ratePerMinute - other.ratePerMinute)[0] ?? null;
  }

  #call(fan: Guest): void {
    this.#waiting -= 1;
    if (this.#nowMs - fan.arrivesAtMs > fan.patienceMs) {
      this.#gaveUp += 1;
      return;
    }
    const { reactionMs, backAfterMs } = fan;
    const comesAfterMs = reactionMs ?? backAfterMs;
    if (comesAfterMs === null) this.#gaveUp += 1;
    else this.#agenda.note(this.#nowMs, this.#nowMs + comesAfterMs, { type: 'knock', fan });
  }

  #comeIn(fan: Guest): void {
    const answer = redeemPlace(this.#line, fan.number, this.#house.passTtlMs, this.#knobs, this.#nowMs);
    if (answer.kind !== 'admitted') {
      this.#agenda.note(this.#nowMs, this.#nowMs + ASK_AGAIN_MS, { type: 'knock', fan });
      return;
    }
    fan.admittedAtMs = this.#nowMs;
    this.#admitted += 1;
    this.#choose(fan, fan.choosingMs);
  }

  #choose(fan: Guest, choosingMs: number): void {
    this.#choosing += 1;
    const asksAtMs = this.#nowMs + choosingMs;
    const answeredAtMs = this.#desk.ask(asksAtMs);
    fan.holdWaitMs = answeredAtMs - asksAtMs;
    this.#agenda.note(this.#nowMs, answeredAtMs, { type: 'ask', fan });
  }

  #askForSeats(fan: Guest): void {
    this.#choosing -= 1;
    fan.attempts += 1;
    this.#holdTimes.record(fan.holdWaitMs);
    this.#holdWaitsMs.push(fan.holdWaitMs);
    const seats = Math.min(fan.seatsWanted, this.#free);
    const isExpired = this.#nowMs - (fan.admittedAtMs ?? 0) > this.#house.passTtlMs;
    if (isExpired || (seats === 0 && this.#held === 0)) {
      this.#goInVain(fan);
      return;
    }
    if (seats === 0 || this.#meetsRival(fan)) {
      this.#conflicts += 1;
      if (fan.attempts >= MOST_ATTEMPTS) this.#goInVain(fan);
      else this.#choose(fan, Math.max(2_000, fan.choosingMs / 3));
      return;
    }
    fan.held = seats;
    this.#free -= seats;
    this.#held += seats;
    const type = fan.payingMs === null ? 'lapse' : 'paid';
    this.#agenda.note(this.#nowMs, this.#nowMs + (fan.payingMs ?? this.#house.holdTtlMs), { type, fan });
  }

  /** Everybody wants the best of what is left: with as many choosing as there are seats, every second meets somebody. */
  #meetsRival(fan: Guest): boolean {
    const rivals = this.#choosing / Math.max(1, this.#free);
    const chance = rivals / (1 + rivals);
    // Of its own number and attempt: the same people are unlucky at the same pressure, whatever the rate.
    const drawn = ((fan.number * 2_654_435_761 + fan.attempts * 40_503) % 4_294_967_296) / 4_294_967_296;
    return drawn < chance;
  }

  #buy(fan: Guest): void {
    this.#held -= fan.held;
    this.#sold += fan.held;
    this.#buyers += 1;
    if (fan.isBot) this.#seatsToBots += fan.held;
    this.#waitsMs.push((fan.admittedAtMs ?? 0) - fan.arrivesAtMs);
    if (this.#sold === this.#house.seats) this.#soldOutAtMs = this.#nowMs;
    leaveLine(this.#line, fan.number, this.#nowMs);
  }

  #letLapse(fan: Guest): void {
    this.#held -= fan.held;
    this.#free += fan.held;
    this.#heldInVain += fan.held;
    leaveLine(this.#line, fan.number, this.#nowMs);
  }

  #goInVain(fan: Guest): void {
    this.#inVain += 1;
    leaveLine(this.#line, fan.number, this.#nowMs);
  }

  #note(): void {
    this.#moments.push({
      atMs: this.#nowMs,
      waiting: this.#waiting,
      inside: this.#line.inside,
      held: this.#held,
      sold: this.#sold,
      ratePerMinute: this.#rate,
      holdWaitMs: this.#holdTimes.p90() ?? 0,
    });
  }

  #result(): Played {
    return {
      ratePerMinute: this.#knobs.ratePerMinute,
      soldOutAtMs: this.#soldOutAtMs,
      sold: this.#sold,
      admitted: this.#admitted,
      buyers: this.#buyers,
      inVain: this.#inVain,
      gaveUp: this.#gaveUp,
      conflicts: this.#conflicts,
      heldInVain: this.#heldInVain,
      seatsToBots: this.#seatsToBots,
      mostInside: this.#mostInside,
      waitsMs: this.#waitsMs.sort((one, other) => one - other),
      holdWaitP99Ms: quantile(
        this.#holdWaitsMs.sort((one, other) => one - other),
        0.99,
      ),
      moments: this.#moments,
    };
  }
}
