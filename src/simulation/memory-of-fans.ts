import type {
  ClientHistory,
  FrameTold,
  HoldTold,
  OrderAnswer,
  Repeat,
  SaleTold,
  SeatRequest,
} from '../audit/history.ts';
import type { Frame } from '../domain/frame.ts';
import type { Hold } from '../domain/hold.ts';
import type { EventId, FanId, HoldId } from '../domain/ids.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What fans were told, written down as it is told: the half of the audit that no database knows. */
export class MemoryOfFans {
  readonly #eventId: EventId;
  readonly #places: { fanId: FanId; number: number }[] = [];
  readonly #lanesOpened: { fanId: FanId; laneId: string | null }[] = [];
  readonly #broughtCode = new Set<FanId>();
  readonly #admitted: FanId[] = [];
  readonly #holds = new Map<HoldId, Mutable<HoldTold>>();
  readonly #orders: OrderAnswer[] = [];
  readonly #sales = new Map<string, SaleTold>();
  readonly #repeats = new Map<string, { fanId: FanId; what: Repeat['what']; ids: string[]; asked: number }>();
  readonly #unknown: { fanId: FanId; what: 'hold' | 'order' }[] = [];
  readonly #requests: SeatRequest[] = [];
  readonly #frames = new Map<string, FrameTold>();
  readonly #untruths: string[] = [];
  readonly refusals = new Map<string, number>();
  #compared = 0;
  #handOvers = 0;
  #wentOver = 0;

  constructor(eventId: EventId) {
    this.#eventId = eventId;
  }

  place(fanId: FanId, number: number): void {
    this.#places.push({ fanId, number });
  }

  /** Whatever comes of it: from here on a code may stand for this fan. */
  bringsCode(fanId: FanId): void {
    this.#broughtCode.add(fanId);
  }

  hasBroughtCode(fanId: FanId): boolean {
    return this.#broughtCode.has(fanId);
  }

  /** A code that was brought has opened this lane, or (null) the way past the line. */
  opened(fanId: FanId, laneId: string | null): void {
    this.#lanesOpened.push({ fanId, laneId });
  }

  admission(fanId: FanId): void {
    this.#admitted.push(fanId);
  }

  /** The same hold told again with a later end has been extended. */
  hold(hold: Hold): void {
    const { fanId, holdId, sectionId, seatIds, expiresAtMs } = hold;
    const known = this.#holds.get(holdId);
    this.compared(
      known === undefined || known.seatIds.join() === seatIds.join(),
      `hold ${holdId} has changed its seats`,
    );
    if (known === undefined)
      this.#holds.set(holdId, { fanId, holdId, sectionId, seatIds, expiresAtMs, releasedAtMs: null });
    else known.expiresAtMs = Math.max(known.expiresAtMs, expiresAtMs);
  }

  release(holdId: HoldId, atMs: number): void {
    const hold = this.#holds.get(holdId);
    if (hold !== undefined) hold.releasedAtMs ??= atMs;
  }

  order(answer: OrderAnswer): void {
    this.#orders.push(answer);
  }

  sale(sale: SaleTold, seatIds: readonly string[]): void {
    this.#sales.set(sale.orderId, sale);
    const sold = sale.tickets.map((ticket) => ticket.seatId).sort();
    this.compared(
      sold.join() === [...seatIds].sort().join(),
      `order ${sale.orderId} was told with other seats`,
    );
  }

  asked(fanId: FanId, what: Repeat['what'], key: string): void {
    const name = `${fanId} ${what} ${key}`;
    const known = this.#repeats.get(name);
    if (known === undefined) this.#repeats.set(name, { fanId, what, ids: [], asked: 1 });
    else known.asked += 1;
  }

  got(fanId: FanId, what: Repeat['what'], key: string, id: string): void {
    this.#repeats.get(`${fanId} ${what} ${key}`)?.ids.push(id);
  }

  unknown(fanId: FanId, what: 'hold' | 'order'): void {
    this.#unknown.push({ fanId, what });
  }

  /** Something asked of seats, once it is over. */
  request(request: SeatRequest): void {
    this.#requests.push(request);
  }

  refused(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  /** Fans read frames of many nodes, again and again. */
  frame({ epoch, asOf, serving }: Frame): void {
    if (asOf === null) return;
    this.#frames.set(`${epoch} ${asOf} ${serving}`, { epoch, asOfMs: Date.parse(asOf), serving });
  }

  /** One answer held against what was known before. */
  compared(fits: boolean, otherwise: string): void {
    this.#compared += 1;
    if (!fits) this.#untruths.push(otherwise);
  }

  handedOver(sameFan: boolean): void {
    this.#handOvers += 1;
    this.compared(sameFan, 'a recovery code brought the place of another fan');
  }

  wentOver(): void {
    this.#wentOver += 1;
  }

  /** Places that were given up for one in another lane. */
  get movesBetweenLanes(): number {
    return this.#wentOver;
  }

  /** Places that went to another device. */
  get handOvers(): number {
    return this.#handOvers;
  }

  history(): ClientHistory {
    return {
      eventId: this.#eventId,
      placesTold: this.#places,
      lanesOpened: this.#lanesOpened,
      admitted: this.#admitted,
      holdsTold: [...this.#holds.values()],
      orderAnswers: this.#orders,
      salesTold: [...this.#sales.values()],
      repeats: [...this.#repeats]
        .filter(([, repeat]) => repeat.asked > 1)
        .map(([key, { fanId, what, ids }]) => ({ fanId, what, key, ids })),
      unknown: this.#unknown,
      requests: this.#requests,
      frames: [...this.#frames.values()],
      untruths: this.#untruths,
      answersCompared: this.#compared,
    };
  }
}
