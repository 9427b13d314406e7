import type { ActorSystem } from '../actors/kit/system.ts';
import { changedEvent } from '../domain/event-change.ts';
import type { SaleEvent } from '../domain/event.ts';
import type { Show } from '../domain/show.ts';
import { changedLanes } from '../domain/lanes.ts';
import type { EventId, SectionId } from '../domain/ids.ts';
import type { Clock } from '../domain/ports/environment.ts';
import type { AuditLog, EventStore, SectionCounts } from '../domain/ports/event-store.ts';
import type { MessageBus } from '../domain/ports/message-bus.ts';
import type { MoneyReport } from '../domain/ports/reconciliation-store.ts';
import type { Actor, LiveNumbers, OperatorService, PaymentService } from '../domain/ports/services.ts';
import type { WaitingRoomService } from '../domain/ports/waiting-room.ts';
import { isRefusal } from '../domain/refusal.ts';
import { phaseAt } from '../domain/event.ts';
import type { HoldTally } from './hold-tally.ts';
import { recording } from './recording.ts';

export interface OperatorServiceOptions {
  readonly events: EventStore;
  readonly audit: AuditLog;
  readonly actors: Pick<ActorSystem, 'tree' | 'kill'>;
  readonly waitingRoom: Pick<WaitingRoomService, 'frame' | 'counters' | 'loop' | 'plannedRate' | 'setBeacon'>;
  /** Sections of the event that are closed on this node after repeated faults. */
  readonly closedSections: (eventId: EventId) => ReadonlySet<SectionId>;
  readonly holds: Pick<HoldTally, 'of'>;
  readonly bus: MessageBus;
  readonly payments: Pick<PaymentService, 'reviews' | 'resolveReview'>;
  readonly money: () => Promise<MoneyReport | null>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** An actor was killed, and that could not be written to the audit. */
  readonly onUnaudited: (path: string, error: unknown) => void;
  /** Something about the event changed on this node: be quicker than the next refresh. */
  readonly changed: (eventId: EventId) => Promise<void>;
}

const totals = (sections: readonly SectionCounts[]): LiveNumbers['seats'] => {
  const sum = (pick: (one: SectionCounts) => number): number =>
    sections.reduce((all, one) => all + pick(one), 0);
  return {
    free: sum((one) => one.free),
    held: sum((one) => one.held),
    paying: sum((one) => one.paying),
    sold: sum((one) => one.sold),
  };
};

const instant = (ms: number | null | undefined): string | null =>
  typeof ms === 'number' ? new Date(ms).toISOString() : null;

const showAudit = ({ showAtMs, doorsAtMs, address, refundsUntilMs }: Show) => ({
  showAt: instant(showAtMs),
  doorsAt: instant(doorsAtMs),
  address: address ?? null,
  refundsUntil: instant(refundsUntilMs),
});

/** What an edit can reach, each section's name and price as a member of its own: so the audit shows what differs. */
const editedOf = ({ name, venue, opensAtMs, limits, lateMoney, show, sections }: SaleEvent) => ({
  name,
  venue,
  opensAt: new Date(opensAtMs).toISOString(),
  ...limits,
  reseat: lateMoney?.reseat ?? false,
  ...showAudit(show ?? {}),
  ...Object.fromEntries(
    sections.flatMap((section) => [
      [`${section.id}.name`, section.name],
      [`${section.id}.priceMinor`, section.priceMinor],
    ]),
  ),
});

/** A share a member, so that the audit shows which of them changed. */
const lanesAudited = ({ lanes = [] }: SaleEvent) =>
  Object.fromEntries(
    lanes.flatMap(({ id, name, sharePercent, access }) => [
      [`${id}.sharePercent`, sharePercent],
      [`${id}.name`, name],
      [`${id}.access`, access],
    ]),
  );

/** What operators see and do. Every act is written to the audit with who, when, old and new. */
export const createOperatorService = (options: OperatorServiceOptions): OperatorService => {
  const { events, audit, actors, waitingRoom, bus, payments, clock } = options;

  const record = recording(audit);

  const act = async (
    by: Actor,
    action: string,
    eventId: EventId,
    change: Promise<{ readonly before: SaleEvent; readonly after: SaleEvent } | null>,
    relevant: (event: SaleEvent) => unknown,
  ): Promise<SaleEvent | null> => {
    const done = await change;
    if (done === null) return null;
    await record(by, action, eventId, relevant(done.before), relevant(done.after));
    await options.changed(eventId);
    return done.after;
  };

  return {
    async createEvent(eventId, definition, by) {
      const event = await events.create(eventId, definition);
      await record(by, 'event.create', eventId, null, definition);
      await options.changed(eventId);
      return event;
    },

    findEvent: (eventId) => events.find(eventId),

    async editEvent(eventId, change, by) {
      const done = await events.edit(eventId, (event) => changedEvent(event, change, clock.nowMs()));
      if (done === null || isRefusal(done)) return done;
      const { before, after } = done;
      await record(by, 'event.edit', eventId, editedOf(before), editedOf(after));
      await options.changed(eventId);
      return after;
    },

    setPhase: (eventId, phase, by) =>
      act(by, 'event.phase', eventId, events.setPhase(eventId, phase), (event) => ({
        phase: event.phaseSetting,
      })),

    turnKnobs: (eventId, change, by) =>
      act(by, 'admission.turn', eventId, events.turnKnobs(eventId, change), (event) => ({
        ...event.admission,
        joinProof: event.joinProof ?? 'off',
        // A rate set by hand takes planned rates out of force: that is part of the act.
        ...(event.launch ? { launchActive: event.launch.active } : {}),
      })),

    planLaunch: (eventId, curve, by) =>
      act(by, 'launch.plan', eventId, events.planLaunch(eventId, curve), ({ launch }) => launch ?? null),

    async setLanes(eventId, lanes, by) {
      const done = await events.setLanes(eventId, (event) => changedLanes(event.lanes, lanes));
      if (done === null || isRefusal(done)) return done;
      const { before, after } = done;
      await record(by, 'lanes.set', eventId, lanesAudited(before), lanesAudited(after));
      await options.changed(eventId);
      return after;
    },

    setMessage: (eventId, text, by) =>
      act(by, 'event.message', eventId, events.setMessage(eventId, text), ({ message }) => ({
        text: message?.text ?? null,
      })),

    async setBeacon(eventId, value, by) {
      const draw = await waitingRoom.setBeacon(eventId, value);
      if (isRefusal(draw)) return draw;
      await record(by, 'draw.beacon', eventId, null, draw.beacon);
      return draw;
    },

    async numbers(eventId) {
      const [event, frame] = await Promise.all([events.find(eventId), waitingRoom.frame(eventId)]);
      // After the frame, which waits for the line's first step: before it there are no counters.
      const line = await waitingRoom.counters(eventId);
      if (event === null || frame === null || line === null) return null;
      const [sections, orders] = await Promise.all([events.countSeats(eventId), events.countOrders(eventId)]);
      const nowMs = clock.nowMs();
      return {
        eventId,
        phase: phaseAt(event, nowMs),
        frame,
        line,
        admission: event.admission,
        loop: await waitingRoom.loop(eventId),
        launch: event.launch
          ? { ...event.launch, ratePerMinute: await waitingRoom.plannedRate(eventId) }
          : null,
        seats: totals(sections),
        orders,
        holds: options.holds.of(eventId),
        sections: sections.map((one) => ({
          ...one,
          closed: options.closedSections(eventId).has(one.sectionId),
        })),
        limit: frame.reason,
        at: new Date(nowMs).toISOString(),
      };
    },

    actors: () => actors.tree(),

    async killActor(path, by) {
      const killed = actors.kill(path);
      if (!killed) return false;
      // It is dead, whatever becomes of the entry: actors are also killed while Postgres is away.
      await record(by, 'actor.kill', path, null, null).catch((error: unknown) =>
        options.onUnaudited(path, error),
      );
      return true;
    },

    audit: (limit) => audit.newest(limit),
    money: () => options.money(),
    parked: (queue, limit) => bus.parked(queue, limit),

    async redrive(queue, limit, by) {
      const moved = await bus.redrive(queue, limit);
      await record(by, 'queue.redrive', queue, null, { moved });
      return moved;
    },

    reviews: (state, limit) => payments.reviews(state, limit),

    async resolveReview(reviewId, action, note, by) {
      const resolved = await payments.resolveReview(reviewId, { action, note, by: by.caller.id });
      if (isRefusal(resolved)) return resolved;
      const { review, repeated } = resolved;
      if (!repeated) {
        const { kind, paymentRef, orderId } = review;
        await record(by, 'review.resolve', reviewId, { kind, paymentRef, orderId }, { action, note });
      }
      return review;
    },
  };
};
