import type { HoldRecord, OrderRecord, SaleRecords } from '../domain/sale-records.ts';
import type { ClientHistory } from './history.ts';
import { LOST } from './linearizability/operation.ts';
import { groupBy, judge, notChecked, seatKey, type Verdict } from './verdict.ts';

/** P5: nobody holds a seat without an admission of their own, granted before and alive then. */
export const holdsAdmitted = ({ holds, admissions }: SaleRecords): Verdict => {
  const byPass = new Map(admissions.map((admission) => [admission.passId, admission]));
  const breaches = holds.flatMap((hold) => {
    const admission = byPass.get(hold.passId);
    if (admission === undefined) return [`hold ${hold.holdId} has no admission`];
    if (admission.fanId !== hold.fanId) return [`hold ${hold.holdId} uses the admission of another fan`];
    if (admission.admittedAtMs > hold.heldAtMs) return [`hold ${hold.holdId} is older than its admission`];
    if (hold.late !== true && admission.expiresAtMs <= hold.heldAtMs)
      return [`hold ${hold.holdId} came after its pass had expired`];
    return [];
  });
  return judge('P5', 'every hold has an admission of the same fan, granted before', holds.length, breaches);
};

/**
 * From when on a hold's seats may be somebody else's; null: cannot be told from what is stored (a released hold keeps no
 * time). Infinity: never.
 */
const mayBeTakenFromMs = (hold: HoldRecord, order: OrderRecord | undefined): number | null => {
  if (hold.state === 'released') return null;
  if (hold.state !== 'ordered') return hold.expiresAtMs;
  if (order === undefined || order.status === 'awaiting_payment' || order.status === 'confirmed') {
    return Number.POSITIVE_INFINITY;
  }
  return order.settledAtMs;
};

/**
 * P8 by the ledger: while a hold lived, and while its order did, nobody else was given one of its seats. Postgres takes
 * the time of a grant under the seat's lock, so the times of one seat are in order to the microsecond.
 */
export const holdsDoNotOverlap = ({ holds, orders }: SaleRecords): Verdict => {
  const orderOf = new Map(orders.flatMap((order) => order.holdIds.map((holdId) => [holdId, order] as const)));
  const perSeat = groupBy(
    holds.flatMap((hold) => hold.seatIds.map((seatId) => ({ sectionId: hold.sectionId, seatId, hold }))),
    seatKey,
  );
  const breaches: string[] = [];
  for (const [seat, grants] of perSeat) {
    grants.sort((a, b) => a.hold.heldAtMs - b.hold.heldAtMs);
    for (const [index, { hold }] of grants.entries()) {
      const next = grants[index + 1];
      const untilMs = mayBeTakenFromMs(hold, orderOf.get(hold.holdId));
      if (next === undefined || untilMs === null || next.hold.heldAtMs >= untilMs) continue;
      breaches.push(
        `${seat}: hold ${next.hold.holdId} was granted while ${hold.holdId} (${hold.state}) had it`,
      );
    }
  }
  return judge(
    'P8',
    'no seat was given away while somebody held or was paying for it',
    perSeat.size,
    breaches,
  );
};

/** The fan's clock may be ahead of the server's by this much; closer to the end nothing is claimed. */
export const CLOCK_MARGIN_MS = 1_000;

/** P8 by what fans saw: who was told 201 and ordered before the end was never told that the hold is lost. */
export const acknowledgedHoldsHonoured = (history: ClientHistory | null): Verdict => {
  const what = 'a fan who ordered in time was never told that the hold is lost';
  if (history === null) return notChecked('P8', what, 'no history of what fans were told');
  const told = new Map(history.holdsTold.map((hold) => [hold.holdId, hold]));
  // A hold that was ordered already is refused to a second order, and rightly.
  const ordered = new Set(history.orderAnswers.flatMap((one) => (one.orderId === null ? [] : one.holdIds)));
  let checked = 0;
  const breaches: string[] = [];
  for (const answer of history.orderAnswers) {
    const holds = answer.holdIds.map((holdId) => told.get(holdId));
    const inTime = holds.every(
      (hold) =>
        hold !== undefined &&
        answer.answeredAtMs < hold.expiresAtMs - CLOCK_MARGIN_MS &&
        (hold.releasedAtMs === null || hold.releasedAtMs > answer.answeredAtMs),
    );
    if (!inTime) continue;
    checked += 1;
    if (answer.orderId !== null || answer.code === null || !LOST.has(answer.code)) continue;
    if (answer.holdIds.some((holdId) => ordered.has(holdId))) continue;
    breaches.push(
      `fan ${answer.fanId} ordered ${answer.holdIds.join(', ')} in time and was told ${answer.code}`,
    );
  }
  return judge('P8', what, checked, breaches);
};
