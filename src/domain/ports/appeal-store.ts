import type { Appeal, AppealDecision } from '../appeal.ts';
import type { EventId, FanId } from '../ids.ts';

/** Appeals against refusals at the door of a line. */
export interface AppealStore {
  /** One for each fan and event: again, whatever is said, returns the first. */
  file(
    appealId: string,
    eventId: EventId,
    fanId: FanId,
    message: string,
  ): Promise<{ readonly created: boolean; readonly appeal: Appeal }>;
  find(eventId: EventId, fanId: FanId): Promise<Appeal | null>;
  /** Oldest first. */
  list(eventId: EventId, state: 'open' | 'all', limit: number): Promise<readonly Appeal[]>;
  /** Null: no such appeal. A person may change their mind: the newest decision stands. */
  decide(
    appealId: string,
    decision: AppealDecision,
    note: string,
    by: string,
  ): Promise<{ readonly before: Appeal; readonly after: Appeal } | null>;
}
