import type { Intent } from '../domain/ports/payment-gateway.ts';
import type { SaleRecords } from '../domain/sale-records.ts';
import { codesObeyed, entriesCounted } from './access.ts';
import { givenBackForMoney } from './giving-back.ts';
import type { ClientHistory } from './history.ts';
import { acknowledgedHoldsHonoured, holdsAdmitted, holdsDoNotOverlap } from './holds.ts';
import {
  admittedOnce,
  callsObeyRate,
  insideObeyed,
  placesKept,
  rateObeyed,
  servingNeverFalls,
} from './line.ts';
import { seatsLinearizable } from './linearizability/seats-linearizable.ts';
import {
  allSettled,
  chargedOnce,
  ledgersAgree,
  moneyBalances,
  paidOrdersSettled,
  paymentsHaveTickets,
} from './money.ts';
import { fanLimits, oneTicketASeat, seatsAgree, seatsComeBack, seatsConserved } from './seats.ts';
import {
  answersFit,
  answersStand,
  noSeatToldTwice,
  refusalsDidNothing,
  repeatsHadOneEffect,
} from './truth.ts';
import type { Verdict } from './verdict.ts';

export interface AuditInput {
  readonly records: SaleRecords;
  /** The gateway's ledger of this event; null: not read. */
  readonly intents: readonly Intent[] | null;
  /** What fans were told; null: only the ledgers are compared. */
  readonly history: ClientHistory | null;
  /** Seats the event was made with; null: not known. */
  readonly seatsExpected: number | null;
  /** Every fan of the event is in `history`. */
  readonly alone: boolean;
  /** How long a called place keeps its slot. */
  readonly callTtlMs: number;
}

/** Holds everything against everything: one verdict a promise and way of checking it. Pure. */
export const audit = (input: AuditInput): readonly Verdict[] => {
  const { records, intents, history } = input;
  return [
    oneTicketASeat(records),
    noSeatToldTwice(records, history),
    paymentsHaveTickets(records, intents),
    givenBackForMoney(records, intents, history),
    paidOrdersSettled(records, intents),
    allSettled(records),
    chargedOnce(records, intents),
    holdsAdmitted(records),
    rateObeyed(records, input.callTtlMs),
    servingNeverFalls(history),
    callsObeyRate(records, history),
    insideObeyed(records),
    admittedOnce(records),
    placesKept(records, history),
    codesObeyed(records),
    entriesCounted(records, history),
    holdsDoNotOverlap(records),
    acknowledgedHoldsHonoured(history),
    seatsComeBack(records),
    repeatsHadOneEffect(records, history),
    answersStand(records, history),
    refusalsDidNothing(records, history, input.alone),
    answersFit(history),
    seatsLinearizable(history, input.alone),
    seatsConserved(records, input.seatsExpected),
    seatsAgree(records),
    fanLimits(records),
    moneyBalances(records, intents),
    ledgersAgree(records, intents),
  ];
};

export const isBroken = (verdicts: readonly Verdict[]): boolean =>
  verdicts.some((verdict) => verdict.state === 'broken');
