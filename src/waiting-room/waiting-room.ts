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
import type { Eta, Standing, WaitingRoomService } from '../domain/ports/services.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
import { createClaims } from './claims.ts';
import { openEventLine, type EventLine } from './event-line.ts';
import { etaOf, etaUndrawn } from './eta.ts';
import { createGate } from './gate.ts';
import { createJoining } from './joining.ts';
import type { WaitingRoomParts } from './parts.ts';
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
    const [frame, { entrants }] = await Promise.all([line.frame(), line.draw.current()]);
    const etaBehind = (ahead: number): Eta | null => {
      const { admission, opensAtMs } = line.event();
      return etaOf({
        ahead,
        frame,
        ceilingPerMinute: admission.ratePerMinute,
        opensInMs: Math.max(0, opensAtMs - clock.nowMs()),
        recent: line.pace(),
        planned: line.planned(),
      });
    };
    const { because: why } = frame;
    const turn = line.draw.turnOf(number);
    if (turn === null) {
      const [ahead, eta] = [Math.max(0, entrants - 1), etaUndrawn(entrants, etaBehind)];
      return { state: 'waiting', number, ahead, eta, outlook: null, because: why, drawn: false };
    }
    if (turn > frame.serving) {
      const ahead = turn - frame.serving - 1;
      const outlook = frame.sellout === undefined ? null : outlookOf(turn, frame.sellout);
      const eta = etaBehind(ahead);
      return { state: 'waiting', number: turn, ahead, eta, outlook, because: why, drawn: true };
    }
    const admission = await journal.findAdmission(frame.eventId, number);
    const state = admission === null ? 'called' : admission.state === 'live' ? 'admitted' : admission.state;
    return { state, number: turn, ahead: 0, eta: null, outlook: null, because: why, drawn: true };
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

  const watch = (line: EventLine, onFrame: (frame: Frame) => void): Subscription =>
    line.frame$.subscribe((frame) => {
      try {
        onFrame(frame);
      } catch (error) {
        log.warn({ err: error }, 'a watcher of frames failed');
      }
    });

  return {
    async join(eventId, fanId, arrival, entropy = '', place = '') {
      const line = await findLine(eventId);
      if (line === null) return refuse('not_found');
      return (
        (await atDoor(line, fanId, arrival)) ??
        joining.join(line, fanId, entropy, claimOf(eventId, fanId, place))
      );
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
    draw: async (eventId) => (await findLine(eventId))?.draw.current() ?? null,
    async setBeacon(eventId, value) {
      const line = await findLine(eventId);
      if (line === null) return refuse('not_found');
      const { beacon, sealedAtMs } = await line.draw.look();
      if (beacon === null) return refuse('beacon_not_used');
      if (sealedAtMs === null) return refuse('draw_not_sealed');
      if (!(await parts.draws.setBeacon(eventId, value))) return refuse('beacon_set');
      return line.draw.look();
    },
    async drawLeaves(eventId, from, limit) {
      const line = await findLine(eventId);
      if (line === null) return refuse('not_found');
      const { sealedAtMs, entrants } = await line.draw.current();
      if (sealedAtMs === null) return refuse('draw_not_sealed');
      return { leaves: from > entrants ? [] : await parts.draws.leaves(eventId, from, limit), entrants };
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
