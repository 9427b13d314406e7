import type { EventId, FanId } from './ids.ts';

export const APPEAL_DECISIONS = ['granted', 'denied'] as const;
export type AppealDecision = (typeof APPEAL_DECISIONS)[number];

/** A fan who was refused a place in a line, or cannot do what is asked for one, and says why a person should let them in. */
export interface Appeal {
  readonly appealId: string;
  readonly eventId: EventId;
  readonly fanId: FanId;
  readonly message: string;
  readonly filedAtMs: number;
  /** Null: nobody has decided. */
  readonly resolution: {
    readonly decision: AppealDecision;
    readonly note: string;
    readonly by: string;
    readonly atMs: number;
  } | null;
}
