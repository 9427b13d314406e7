import type { Subscription } from 'rxjs';
import { pressuresOf } from '../domain/closed-loop.ts';
import type { SaleEvent } from '../domain/event.ts';
import type { Frame } from '../domain/frame.ts';
import { isUuid, type EventId, type FanId } from '../domain/ids.ts';
import { because } from '../domain/binding-limit.ts';
import { rateOnCurve } from '../domain/launch-curve.ts';
import { outlookOf } from '../domain/outlook.ts';
import type { PlaceClaim } from '../domain/ports/recovery.ts';
import type { Arrival } from '../domain/ports/join-proofs.ts';
import type { Eta, JoinWish, Standing, WaitingRoomService } from '../domain/ports/waiting-room.ts';
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts';
import {
  aheadInLine,
  BYPASS_LANE,
  calledUpTo,
  laneIdOf,
  laneIndex,
  laneOf,
  toldNumber,
} from '../domain/lanes.ts';
import { createClaims } from './claims.ts';
import { openEventLine, type EventLine } from './event-line.ts';
import { etaOf, etaUndrawn } from './eta.ts';
import { createGate } from './gate.ts';
import { createJoining } from './joining.ts';
import { openLanes, type Choice } from './lane-choice.ts';
import type { WaitingRoomParts } from './parts.ts';
import { readinessOf } from './readiness.ts';
import { createRecovering } from './recovering.ts';
import { createRedeeming } from './redeeming.ts';

/** Half the second within which a knob turned on another node must be in force here. */
const REFRESH_MS = 500;

export interface WaitingRoom extends WaitingRoomService {
  /** Reads the events and opens their lines; from then on every 500 ms. Resolves after the first read, also a failed one. */
  start(): Promise<void>;
  /** Stops all steps and timers, ends all watches, journals the counters once more. */
  stop(): Promise<void>;
  /** Something about this event was changed on this node: reads it now. Rejects if it cannot be read. */
  nudge(eventId: EventId): Promise<void>;
}

/** The waiting room: every node runs one, none leads. */
export const createWaitingRoom = (parts: WaitingRoomParts): WaitingRoom => {
  const { events, clock, log, passes, journal } = parts;
  const node = parts.ids.next();
  const lines = new Map<EventId, EventLine>();
  const claims = createClaims(parts);
  const joining = createJoining(parts, claims);
  const recovering = createRecovering(parts, joining, claims);
  const redeeming = createRedeeming(parts);
  const gate = createGate(parts);
  let cancelRefresh = (): void => undefined;
  let stopped = false;
  let unreadable = false;
  let reads = 0;

  const see = (event: SaleEvent, readAt: number): EventLine | null => {
    const known = lines.get(event.eventId);
    if (known !== undefined) known.update(event, readAt);
    else if (!stopped) lines.set(event.eventId, openEventLine(event, parts, node));
    return lines.get(event.eventId) ?? null;
  };

  const readOne = async (eventId: EventId): Promise<EventLine | null> => {
    reads += 1;
    const readAt = reads;
    const event = await events.find(eventId);
    return event === null ? null : see(event, readAt);
  };

  const findLine = async (eventId: EventId): Promise<EventLine | null> => {
    const known = lines.get(eventId);
    if (known !== undefined) return known;
    if (!isUuid(eventId)) return null;
    return readOne(eventId);
  };

  const refresh = async (): Promise<void> => {
    try {
      reads += 1;
      const readAt = reads;
      for (const event of await events.list()) see(event, readAt);
      unreadable = false;
    } catch (error) {
      if (!unreadable) log.warn({ err: error }, 'the events could not be read; the knobs stay as they are');
      unreadable = true;
    }
    if (!stopped) cancelRefresh = clock.after(REFRESH_MS, () => void refresh());
  };

  const claimOf = (eventId: EventId, fanId: FanId, place: string): PlaceClaim | null => {
    const claim = passes.readPlace(place);
    return claim !== null && claim.eventId === eventId && claim.fanId === fanId ? claim : null;
  };

  const standingOf = async (line: EventLine, { number }: PlaceClaim): Promise<Standing> => {
    const frame = await line.frame();
    const { because: why } = frame;
    const of = laneOf(number);
    const lane = laneIdOf(line.event(), number);
    const behindInLine = (ahead: number): number =>
      frame.lanes === undefined ? ahead : aheadInLine(frame.lanes, of, ahead);
    const etaBehind = (ahead: number): Eta | null => {
      const { admission, opensAtMs } = line.event();
      return etaOf({
        ahead: behindInLine(ahead),
        frame,
        ceilingPerMinute: admission.ratePerMinute,
        opensInMs: Math.max(0, opensAtMs - clock.nowMs()),
        recent: line.pace(),
        planned: line.planned(),
      });
    };
    const entrants = of < BYPASS_LANE ? (await line.draws.of(of).current()).entrants : 0;
    const turn = line.draws.turnOf(number);
    if (turn === null) {
      const [ahead, eta] = [Math.max(0, entrants - 1), etaUndrawn(entrants, etaBehind)];
      const own = toldNumber(number);
      return { state: 'waiting', number: own, lane, ahead, eta, outlook: null, because: why, drawn: false };
    }
    const told = toldNumber(turn);
    const called = calledUpTo(frame, turn);
    if (turn > called) {
      const ahead = turn - called - 1;
      const inLine = frame.serving + behindInLine(ahead) + 1;
      const outlook = frame.sellout === undefined ? null : outlookOf(inLine, frame.sellout);
      const eta = etaBehind(ahead);
      return { state: 'waiting', number: told, lane, ahead, eta, outlook, because: why, drawn: true };
    }
    const admission = await journal.findAdmission(frame.eventId, number);
    const state = admission === null ? 'called' : admission.state === 'live' ? 'admitted' : admission.state;
    return { state, number: told, lane, ahead: 0, eta: null, outlook: null, because: why, drawn: true };
  };

  const withPlace = async <T>(
    eventId: EventId,
    fanId: FanId,
    place: string,
    use: (line: EventLine, place: PlaceClaim) => Promise<T | Refusal>,
  ): Promise<T | Refusal> => {
    const line = await findLine(eventId);
    if (line === null) return refuse('not_found');
    const claim = claimOf(eventId, fanId, place);
    if (claim === null) return refuse('place_invalid');
    return (await claims.isGone(claim)) ? refuse('place_handed_over') : use(line, claim);
  };

  /** Whoever has a place already is asked for nothing. */
  const atDoor = async (
    line: EventLine,
    fanId: FanId,
    arrival: Arrival | undefined,
  ): Promise<Refusal | null> => {
    if (arrival === undefined || parts.guard === undefined) return null;
    const against = await parts.guard.check(line.event(), { fanId, ...arrival });
    return against === null || (await joining.hasPlace(line, fanId)) ? null : against;
  };

  const choices = parts.choice ?? openLanes;
  const choose = (
    line: EventLine,
    fanId: FanId,
    arrival: Arrival | undefined,
    { code, laneId }: JoinWish,
  ): Promise<Choice | Refusal> =>
    choices.choose(line.event(), { fanId, address: arrival?.address ?? null, code, laneId });

  /** Before the place is given, so that nobody goes past the line unseen; whoever has that place is not counted again. */
  const noteBypass = async (
    line: EventLine,
    fanId: FanId,
    { codeId = null }: Choice,
    requestId: string,
  ): Promise<void> => {
    const { eventId } = line.event();
    const place = await journal.findPlace(eventId, fanId);
    if (place !== null && !place.ended && laneOf(place.number) >= BYPASS_LANE) return;
    await parts.noteBypass?.(eventId, fanId, codeId, requestId);
  };

  const watch = (line: EventLine, onFrame: (frame: Frame) => void): Subscription =>
    line.frame$.subscribe((frame) => {
      try {
        onFrame(frame);
      } catch (error) {
        log.warn({ err: error }, 'a watcher of frames failed');
      }
    });

  return {
    async join(eventId, fanId, arrival, wish = {}) {
      const line = await findLine(eventId);
      if (line === null) return refuse('not_found');
      const { entropy = '', place = '', requestId = '' } = wish;
      const choice = await choose(line, fanId, arrival, wish);
      if (isRefusal(choice)) return choice;
      const past = choice.lane >= BYPASS_LANE;
      if (past) await noteBypass(line, fanId, choice, requestId);
      const shown = claimOf(eventId, fanId, place);
      const refused = past ? null : await atDoor(line, fanId, arrival);
      return refused ?? joining.join(line, fanId, entropy, shown, choice);
    },
    async ready(eventId, fanId, arrival, wish = {}) {
      const line = await findLine(eventId);
      if (line === null) return refuse('not_found');
      const choice = await choose(line, fanId, arrival, wish);
      // Told as what it is to whoever brought the code; without one it is part of the report.
      if (isRefusal(choice) && wish.code !== undefined) return choice;
      const hasPlace = await joining.hasPlace(line, fanId);
      const event = line.event();
      return readinessOf({
        event,
        fanId,
        arrival,
        choice,
        guard: parts.guard,
        hasPlace,
        nowMs: clock.nowMs(),
      });
    },
    frame: async (eventId) => (await findLine(eventId))?.frame() ?? null,
    watchFrame(eventId, onFrame) {
      let subscription: Subscription | null = null;
      let unwatched = false;
      const begin = async (): Promise<void> => {
        try {
          const line = await findLine(eventId);
          if (line !== null && !unwatched) subscription = watch(line, onFrame);
        } catch (error) {
          log.warn({ eventId, err: error }, 'an event could not be watched');
        }
      };
      void begin();
      return () => {
        unwatched = true;
        subscription?.unsubscribe();
      };
    },
    standing: (eventId, fanId, place) => withPlace(eventId, fanId, place, standingOf),
    redeem: (eventId, fanId, place) =>
      withPlace(eventId, fanId, place, (line, claim) => redeeming.redeem(line, claim)),
    async recover(eventId, request) {
      const line = await findLine(eventId);
      return line === null ? refuse('not_found') : recovering.recover(line, request);
    },
    watchHandOver(eventId, fanId, place, onGone) {
      const claim = claimOf(eventId, fanId, place);
      return claim === null ? () => undefined : claims.watch(claim, onGone);
    },
    checkPass: (eventId, pass) => gate.check(eventId, pass),
    async leave(eventId, fanId) {
      if (isUuid(eventId)) await redeeming.leave(eventId, fanId);
    },
    async draw(eventId, laneId) {
      const line = await findLine(eventId);
      const lane = line === null ? -1 : laneIndex(line.event(), laneId);
      return lane < 0 ? null : (line?.draws.of(lane).current() ?? null);
    },
    async setBeacon(eventId, value) {
      const line = await findLine(eventId);
      if (line === null) return refuse('not_found');
      const draws = (line.event().lanes ?? [null]).map((_, lane) => line.draws.of(lane));
      for (const draw of draws) {
        const { beacon, sealedAtMs } = await draw.look();
        if (beacon === null) return refuse('beacon_not_used');
        if (sealedAtMs === null) return refuse('draw_not_sealed');
      }
      for (const { of } of draws) {
        if (!(await parts.draws.setBeacon(of.drawId, value))) return refuse('beacon_set');
      }
      const [first] = await Promise.all(draws.map((draw) => draw.look()));
      return first ?? refuse('not_found');
    },
    async drawLeaves(eventId, from, limit, laneId) {
      const line = await findLine(eventId);
      const lane = line === null ? -1 : laneIndex(line.event(), laneId);
      if (line === null || lane < 0) return refuse('not_found');
      const draw = line.draws.of(lane);
      const { sealedAtMs, entrants } = await draw.current();
      if (sealedAtMs === null) return refuse('draw_not_sealed');
      return { leaves: from > entrants ? [] : await parts.draws.leaves(draw.of, from, limit), entrants };
    },
    counters: async (eventId) => (await findLine(eventId))?.counters() ?? null,
    async plannedRate(eventId) {
      const plan = (await findLine(eventId))?.planned() ?? null;
      return plan === null ? null : rateOnCurve(plan.curve, plan.moment);
    },
    async loop(eventId) {
      const state = (await findLine(eventId))?.loop() ?? null;
      if (state === null || parts.vitals === undefined) return null;
      const { mode, ratePerMinute, why } = state;
      return {
        mode,
        ratePerMinute,
        because: why === null ? null : because(why.reason, why.parameters),
        signals: pressuresOf(parts.vitals()),
      };
    },
    start: refresh,
    async stop() {
      stopped = true;
      cancelRefresh();
      claims.stop();
      await Promise.all([...lines.values()].map((line) => line.close()));
      lines.clear();
    },
    async nudge(eventId) {
      await readOne(eventId);
    },
  };
};
