import type { AppealStore } from '../domain/ports/appeal-store.ts';
import type { AuditLog, EventStore } from '../domain/ports/event-store.ts';
import type { JoinDoor } from '../domain/ports/join-door.ts';
import type { JoinGuard } from './join-guard.ts';

export interface JoinDoorParts {
  readonly guard: JoinGuard;
  readonly appeals: AppealStore;
  readonly events: Pick<EventStore, 'find'>;
  readonly audit: Pick<AuditLog, 'append'>;
}

/** The door of the lines: puzzles for those who want a place, appeals of those who cannot get one. */
export const createJoinDoor = ({ guard, appeals, events, audit }: JoinDoorParts): JoinDoor => ({
  async puzzle(eventId, fanId, address) {
    const event = await events.find(eventId);
    return event === null ? null : guard.puzzle(event, { fanId, address });
  },

  async fileAppeal(appealId, eventId, fanId, message) {
    if ((await events.find(eventId)) === null) return null;
    return appeals.file(appealId, eventId, fanId, message);
  },

  appealOf: (eventId, fanId) => appeals.find(eventId, fanId),

  async appeals(eventId, state, limit) {
    return (await events.find(eventId)) === null ? null : appeals.list(eventId, state, limit);
  },

  async decideAppeal(appealId, decision, note, by) {
    const decided = await appeals.decide(appealId, decision, note, by.caller.id);
    if (decided === null) return null;
    const { before, after } = decided;
    await audit.append({
      actor: by.caller.id,
      role: by.caller.role,
      action: 'appeal.decide',
      target: appealId,
      before: before.resolution === null ? null : { decision: before.resolution.decision },
      after: { decision, note, fanId: after.fanId, eventId: after.eventId },
      requestId: by.requestId,
    });
    return after;
  },
});
