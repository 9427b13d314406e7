import type { Config } from '../config.ts';
import type { RecoveryCodes } from '../domain/ports/recovery.ts';
import type { LinePasses } from '../domain/ports/waiting-room.ts';
import { slowdownOf } from '../domain/slowdown.ts';
import { systemClock, systemIds } from '../infra/environment.ts';
import { nodeHashes } from '../infra/hashes.ts';
import type { Logger } from '../infra/log.ts';
import { createDrawBook } from '../infra/postgres/draw-book.ts';
import { createHandOverBook } from '../infra/postgres/hand-overs.ts';
import { createLineJournal } from '../infra/postgres/line-journal.ts';
import type { JoinGuard } from '../waiting-room/join-guard.ts';
import { createWaitingRoom, type WaitingRoom } from '../waiting-room/waiting-room.ts';
import type { Access } from './access.ts';
import type { Closing } from './closing.ts';
import type { Sale } from './sale.ts';
import type { Servers } from './servers.ts';
import { createStock } from './stock.ts';
import type { VitalSigns } from './vitals.ts';

export interface WaitingRoomParts {
  readonly config: Config;
  readonly servers: Servers;
  readonly sale: Pick<Sale, 'events' | 'catalogue' | 'closedSections'>;
  readonly passes: LinePasses & RecoveryCodes;
  readonly vitals: Pick<VitalSigns, 'read'>;
  readonly guard: JoinGuard;
  readonly access: Pick<Access, 'choice' | 'noteBypass'>;
  readonly log: Logger;
  readonly closing: Closing;
}

/** The waiting room as this node runs it: it steps the lines with all other nodes, and knows their frames. */
export const startWaitingRoom = async (parts: WaitingRoomParts): Promise<WaitingRoom> => {
  const { config, servers, sale, log, closing } = parts;
  const stock = createStock(sale.catalogue);
  const waitingRoom = createWaitingRoom({
    store: servers.line,
    journal: createLineJournal(servers.pool),
    draws: createDrawBook(servers.pool),
    handOvers: createHandOverBook(servers.pool),
    hashes: nodeHashes,
    passes: parts.passes,
    guard: parts.guard,
    choice: parts.access.choice,
    noteBypass: parts.access.noteBypass,
    events: sale.events,
    clock: systemClock,
    ids: systemIds,
    log,
    callTtlMs: config.CALL_TTL_MS,
    passTtlMs: config.PASS_TTL_MS,
    tickMs: config.ADMISSION_TICK_MS,
    stockLeft: (eventId) => stock.left(eventId),
    seatCounts: (eventId) => stock.counts(eventId),
    slowdown: (event) => slowdownOf(event, sale.closedSections.of(event.eventId)),
    vitals: () => parts.vitals.read(),
  });
  await waitingRoom.start();
  closing.add('waiting room', () => waitingRoom.stop());
  return waitingRoom;
};
