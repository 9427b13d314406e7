import { LRUCache } from 'lru-cache';
import type { SaleEvent } from '../domain/event.ts';
import type { EventId, FanId } from '../domain/ids.ts';
import { proofDemand, type ProofDemand, type ProofReason } from '../domain/join-proof.ts';
import type { Clock } from '../domain/ports/environment.ts';
import type { SetPuzzle } from '../domain/ports/join-door.ts';
import type { Arrival, JoinProofs } from '../domain/ports/join-proofs.ts';
import { networkOf } from '../domain/network.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
import { SlidingRate } from '../domain/sliding-rate.ts';

/** Long enough for a slow phone and a human pause, short enough that cheap puzzles of a quiet hour are no stock for a busy one. */
const PUZZLE_TTL_MS = 180_000;
const ADDRESS_WINDOW_MS = 60_000;
/** Addresses remembered: some 10 MB. Beyond it the oldest are forgotten, which only ever asks less of somebody. */
const MOST_ADDRESSES = 100_000;

/** Somebody who wants a place. */
export interface Newcomer extends Arrival {
  readonly fanId: FanId;
}

export interface JoinGuardParts {
  readonly proofs: JoinProofs;
  /** Whether an operator has let this fan in without proof and limits. Asked only of those who would be refused. */
  readonly isExempt: (eventId: EventId, fanId: FanId) => Promise<boolean>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Places a minute for one address on this node; 0: no limit. */
  readonly perAddressPerMinute: number;
}

/** Stands before a new place is given. Whoever has a place already never meets it. */
export interface JoinGuard {
  puzzle(event: SaleEvent, newcomer: Omit<Newcomer, 'proof'>): Promise<SetPuzzle>;
  /** Null: come in; the join is counted. Otherwise why not, and what to do about it. */
  check(event: SaleEvent, newcomer: Newcomer): Promise<Refusal | null>;
  /** As `check`, but nobody has come yet and nothing is counted. */
  look(event: SaleEvent, newcomer: Newcomer): Promise<Refusal | null>;
}

const BECAUSE: Readonly<Record<ProofReason, string>> = {
  always: 'Everybody who joins this line is asked for a little work by their device',
  many_joins: 'Many people are joining at this moment',
  many_from_address: 'Many people are joining from your network',
};

const because = ({ reasons }: ProofDemand): string => {
  const said = reasons.filter((reason) => reason !== 'always' || reasons.length === 1);
  return said.map((reason) => BECAUSE[reason]).join('. ');
};

const HOW =
  'Solve the puzzle of GET …/line/puzzle and send the result as Catraca-Proof; if that is impossible for you, appeal at POST …/line/appeals.';

/** Pressure is this node's own: nodes behind a balancer see alike, and a farm that picks one node only pays more there. */
export const createJoinGuard = (parts: JoinGuardParts): JoinGuard => {
  const { proofs, clock, perAddressPerMinute } = parts;
  const rates = new LRUCache<EventId, SlidingRate>({ max: 1_000 });
  const addresses = new LRUCache<string, number>({
    max: MOST_ADDRESSES,
    ttl: ADDRESS_WINDOW_MS,
    noUpdateTTL: true,
    perf: { now: () => clock.nowMs() },
    ttlResolution: 0,
  });

  const rateOf = (eventId: EventId): SlidingRate => {
    const known = rates.get(eventId);
    if (known !== undefined) return known;
    const fresh = new SlidingRate();
    rates.set(eventId, fresh);
    return fresh;
  };

  const keyOf = (event: SaleEvent, address: string): string => `${event.eventId} ${networkOf(address)}`;

  const fromAddress = (event: SaleEvent, address: string | null): number =>
    address === null ? 0 : (addresses.get(keyOf(event, address)) ?? 0);

  const demandOf = (event: SaleEvent, address: string | null): ProofDemand =>
    proofDemand(event.joinProof ?? 'off', {
      joinsPerSecond: rateOf(event.eventId).perSecond(clock.nowMs()),
      fromAddress: fromAddress(event, address),
    });

  const reasonAgainst = async (event: SaleEvent, newcomer: Newcomer): Promise<Refusal | null> => {
    const { fanId, address, proof } = newcomer;
    if (perAddressPerMinute > 0 && fromAddress(event, address) >= perAddressPerMinute) {
      const restMs = addresses.getRemainingTTL(keyOf(event, address ?? ''));
      return refuse('rate_limited', {
        detail: `More than ${perAddressPerMinute} people a minute are joining from your network. ${HOW}`,
        retryAfterMs: Math.max(1_000, Math.ceil(restMs)),
      });
    }
    const demand = demandOf(event, address);
    if (demand.hashes === 0) return null;
    if (proof === null) return refuse('proof_required', { detail: `${because(demand)}. ${HOW}` });
    if (await proofs.isSolved(event.eventId, fanId, proof)) return null;
    return refuse('proof_invalid', { detail: `Not solved, expired, or made for somebody else. ${HOW}` });
  };

  const look = async (event: SaleEvent, newcomer: Newcomer): Promise<Refusal | null> => {
    const against = await reasonAgainst(event, newcomer);
    return against === null || (await parts.isExempt(event.eventId, newcomer.fanId)) ? null : against;
  };

  return {
    look,

    async puzzle(event, { fanId, address }) {
      const demand = demandOf(event, address);
      const expiresAtMs = clock.nowMs() + PUZZLE_TTL_MS;
      const puzzle =
        demand.hashes === 0 ? null : await proofs.make(event.eventId, fanId, demand.hashes, expiresAtMs);
      return { puzzle, demand, expiresAtMs };
    },

    async check(event, newcomer) {
      const against = await look(event, newcomer);
      if (against !== null) return against;
      rateOf(event.eventId).count(clock.nowMs());
      if (newcomer.address !== null) {
        addresses.set(keyOf(event, newcomer.address), fromAddress(event, newcomer.address) + 1);
      }
      return null;
    },
  };
};
