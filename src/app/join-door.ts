import type { Config } from '../config.ts';
import type { JoinDoor } from '../domain/ports/join-door.ts';
import { createJoinProofs } from '../infra/altcha/join-proofs.ts';
import { systemClock } from '../infra/environment.ts';
import { createAppealStore } from '../infra/postgres/appeal-store.ts';
import { createAuditLog } from '../infra/postgres/audit-log.ts';
import { createJoinDoor } from '../waiting-room/join-door.ts';
import { createJoinGuard, type JoinGuard } from '../waiting-room/join-guard.ts';
import type { Sale } from './sale.ts';
import type { Servers } from './servers.ts';

export interface DoorParts {
  readonly config: Pick<Config, 'JOINS_PER_ADDRESS_PER_MINUTE'>;
  readonly servers: Pick<Servers, 'pool'>;
  readonly sale: Pick<Sale, 'events'>;
  readonly secret: string;
}

/** What stands before the lines of this node. */
export const createDoor = (parts: DoorParts): { readonly guard: JoinGuard; readonly door: JoinDoor } => {
  const appeals = createAppealStore(parts.servers.pool);
  const guard = createJoinGuard({
    proofs: createJoinProofs(parts.secret),
    isExempt: async (eventId, fanId) =>
      (await appeals.find(eventId, fanId))?.resolution?.decision === 'granted',
    clock: systemClock,
    perAddressPerMinute: parts.config.JOINS_PER_ADDRESS_PER_MINUTE,
  });
  const { events } = parts.sale;
  return {
    guard,
    door: createJoinDoor({ guard, appeals, events, audit: createAuditLog(parts.servers.pool) }),
  };
};
