import { isAccount, type FanId } from '../domain/ids.ts';
import type { PlaceRecord } from '../domain/ports/line.ts';
import type { Recovered, RecoveryRequest } from '../domain/ports/recovery.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
import type { Claims } from './claims.ts';
import type { EventLine } from './event-line.ts';
import { createGuessLimit } from './guess-limit.ts';
import type { Joining } from './joining.ts';
import type { WaitingRoomParts } from './parts.ts';

export interface Recovering {
  recover(line: EventLine, request: RecoveryRequest): Promise<Recovered | Refusal>;
}

interface Found {
  readonly place: PlaceRecord & { readonly spent: boolean };
  /** The claim that the code was given out with. */
  readonly claim: number;
}

/**
 * Whoever has the code is the fan, as whoever has a guest's token is: the holds, the orders and the tickets of that fan come
 * along. Postgres decides, in one statement, so two devices with one code never both have the place.
 */
export const createRecovering = (
  { passes, handOvers, ids, clock }: Pick<WaitingRoomParts, 'passes' | 'handOvers' | 'ids' | 'clock'>,
  joining: Pick<Joining, 'tell'>,
  claims: Pick<Claims, 'note'>,
): Recovering => {
  const guesses = createGuessLimit(clock);

  const find = async (line: EventLine, code: string): Promise<Found | null> => {
    const number = passes.codedNumber(code);
    const place = number === null ? null : await handOvers.findPlace(line.event().eventId, number);
    const claim = place === null ? null : passes.codedClaim(code, place);
    return place === null || claim === null ? null : { place, claim };
  };

  const against = ({ place }: Found, callerId: FanId | null): Refusal | null => {
    if (isAccount(place.fanId) && callerId !== place.fanId) return refuse('recovery_needs_account');
    return place.spent || place.ended ? refuse('recovery_code_expired') : null;
  };

  return {
    async recover(line, { code, callerId, requestId, address }) {
      const { eventId } = line.event();
      const waitMs = guesses.waitMs(address);
      if (waitMs !== null) {
        const detail =
          'Too many wrong recovery codes came from your network. Wait, then read the code again.';
        return refuse('rate_limited', { detail, retryAfterMs: waitMs });
      }
      const found = await find(line, code);
      if (found === null) {
        guesses.count(address);
        return refuse('recovery_code_invalid');
      }
      const refusal = against(found, callerId);
      if (refusal !== null) return refusal;
      const { place } = found;
      const order = { eventId, number: place.number, claim: found.claim, requestId, passId: ids.next() };
      const claim = await handOvers.handOver(order);
      if (claim === null) return refuse('recovery_code_used');
      claims.note(eventId, place.number, claim);
      const joined = await joining.tell(line, place.fanId, { ...place, claim, created: false });
      return { ...joined, fanId: place.fanId };
    },
  };
};
