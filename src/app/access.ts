import type { AccessBook } from '../domain/ports/access-book.ts';
import type { AccessOffice } from '../domain/ports/access-office.ts';
import { createAccessCodes } from '../infra/access-codes.ts';
import { systemClock, systemIds } from '../infra/environment.ts';
import { createAccessBook } from '../infra/postgres/access-book.ts';
import { createAuditLog } from '../infra/postgres/audit-log.ts';
import { createAccessOffice } from '../operators/access-office.ts';
import { createLaneChoice, type LaneChoice } from '../waiting-room/lane-choice.ts';
import type { Sale } from './sale.ts';
import type { Servers } from './servers.ts';

export interface Access {
  readonly choice: LaneChoice;
  readonly noteBypass: AccessBook['noteBypass'];
  readonly office: AccessOffice;
}

/** Codes and invitations: who may stand where, for the lines of this node and for its operators. */
export const createAccess = (parts: {
  readonly servers: Pick<Servers, 'pool'>;
  readonly sale: Pick<Sale, 'events'>;
  readonly secret: string;
}): Access => {
  const { pool } = parts.servers;
  const book = createAccessBook(pool);
  const codes = createAccessCodes(parts.secret);
  const { events } = parts.sale;
  return {
    choice: createLaneChoice({ book, codes, clock: systemClock }),
    noteBypass: (...bypass) => book.noteBypass(...bypass),
    office: createAccessOffice({ book, codes, events, audit: createAuditLog(pool), ids: systemIds }),
  };
};
