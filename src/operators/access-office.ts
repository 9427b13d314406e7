import type { SaleEvent } from '../domain/event.ts';
import type { AccessBook, AccessCodes } from '../domain/ports/access-book.ts';
import type { AccessOffice } from '../domain/ports/access-office.ts';
import type { Ids } from '../domain/ports/environment.ts';
import type { AuditLog, EventStore } from '../domain/ports/event-store.ts';
import { refuse } from '../domain/refusal.ts';
import { recording } from './recording.ts';

export interface AccessOfficeParts {
  readonly book: AccessBook;
  readonly codes: AccessCodes;
  readonly events: Pick<EventStore, 'find'>;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly ids: Ids;
}

const hasLane = (event: SaleEvent, laneId: string): boolean =>
  (event.lanes ?? []).some(({ id }) => id === laneId);

/** Codes and invitations, as operators make and withdraw them. No code is ever written down, in the audit neither. */
export const createAccessOffice = ({ book, codes, events, audit, ids }: AccessOfficeParts): AccessOffice => {
  const record = recording(audit);

  return {
    async makeCodes({ batchId, codes: wanted, ...batch }, by) {
      const { eventId, laneId } = batch;
      const event = await events.find(eventId);
      if (event === null) return null;
      if (laneId !== null && !hasLane(event, laneId)) return refuse('lane_unknown');
      const made =
        typeof wanted === 'number'
          ? Array.from({ length: wanted }, (_, index) => codes.make(batchId, index))
          : [];
      const texts = typeof wanted === 'number' ? made : wanted;
      const hashes = texts.map((text) => codes.hash(eventId, text));
      const wrong = hashes.indexOf(null);
      if (wrong >= 0) {
        return refuse('invalid_request', {
          detail: `Code ${wrong + 1} must have 6 to 64 visible characters; spaces and dashes do not count.`,
        });
      }
      const created = await book.add(
        batch,
        hashes.flatMap((hash) => (hash === null ? [] : [{ codeId: ids.next(), hash }])),
      );
      await record(by, 'codes.make', eventId, null, { ...batch, created });
      return { created, codes: made };
    },

    async codes(eventId, after, limit) {
      if ((await events.find(eventId)) === null) return null;
      return { codes: await book.list(eventId, after, limit), totals: await book.totals(eventId) };
    },

    async revokeCode(eventId, codeId, by) {
      const revoked = await book.revoke(eventId, codeId);
      if (revoked === null) return null;
      await record(by, 'code.revoke', codeId, null, { eventId, label: revoked.label, uses: revoked.uses });
      return revoked;
    },

    async invite(eventId, invited, laneId, by) {
      const event = await events.find(eventId);
      if (event === null) return null;
      if (laneId !== undefined && !hasLane(event, laneId)) return refuse('lane_unknown');
      const changed = await book.invite(eventId, invited, laneId);
      await record(by, 'invitations.set', eventId, null, { lane: laneId ?? null, ...invited, changed });
      return changed;
    },
  };
};
