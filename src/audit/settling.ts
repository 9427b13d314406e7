import type { Clock } from '../domain/ports/environment.ts';
import type { EventId } from '../domain/ids.ts';
import type { UnsettledWork } from '../domain/sale-records.ts';

const LOOK_EVERY_MS = 250;
/** After the time to pay is over the gateway is asked, then the order ends. */
const PAY_BY_GRACE_MS = 10_000;

const isDone = (work: UnsettledWork): boolean =>
  work.orders === 0 && work.attempts === 0 && work.unsent === 0;

/**
 * Waits until nothing of the event is under way, at most `deadlineMs`. An order that nobody pays is waited for only if its
 * time to pay ends within that. Returns what was last seen; never rejects for work that does not settle.
 */
export const settled = async (
  eventId: EventId,
  reader: { unsettled(eventId: EventId): Promise<UnsettledWork> },
  clock: Clock,
  deadlineMs: number,
): Promise<UnsettledWork> => {
  const untilMs = clock.nowMs() + deadlineMs;
  let quietSinceMs: number | null = null;
  for (;;) {
    const work = await reader.unsettled(eventId);
    const nowMs = clock.nowMs();
    const hopeless = work.payByMs !== null && work.payByMs + PAY_BY_GRACE_MS > untilMs;
    // Orders that merely wait for a fan who will not come: a quiet moment with nothing else under way is the end.
    const quiet = isDone(work) || (hopeless && work.attempts === 0 && work.unsent === 0);
    quietSinceMs = quiet ? (quietSinceMs ?? nowMs) : null;
    if (isDone(work) || nowMs >= untilMs || (quietSinceMs !== null && nowMs - quietSinceMs >= 3_000))
      return work;
    await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve));
  }
};
