import type { EventId } from '../domain/ids.ts';
import type { JournalledLine, StepResult } from '../domain/ports/line.ts';
import type { WaitingRoomParts } from './parts.ts';

/** How often counters that nobody has to be told at once are journalled. */
const SAVE_EVERY_MS = 1_000;
/** A step waits so long for the journal; well within the second whose burst carries the rate. */
const PATIENCE_MS = 250;

export interface LineTelling {
  /**
   * What may be told to people after this step. Rejects when the journal refused it, or nothing is known of it yet; a journal
   * that is merely slow delays what is told, not the line.
   */
  tell(now: StepResult): Promise<JournalledLine>;
  /** Saves what was counted last. Call it when no step is under way. */
  close(): Promise<void>;
}

/**
 * Only what the journal has is told. A store that is lost is restored from the journal, by any node; had one of them told
 * people more than that, they would be un-called by the others, and for good if it died. The journal answers with the
 * greatest that any node has saved, so a frame is never behind one that was told before it was made.
 */
export const createLineTelling = (
  eventId: EventId,
  parts: Pick<WaitingRoomParts, 'journal' | 'clock' | 'log'>,
): LineTelling => {
  const { journal, clock, log } = parts;
  let told: JournalledLine | null = null;
  let counted: StepResult | null = null;
  let saved: StepResult | null = null;
  let savedAtMs = Number.NEGATIVE_INFINITY;
  let saving: Promise<void> | null = null;
  let failure: { readonly error: unknown } | null = null;

  const save = async (now: StepResult): Promise<void> => {
    savedAtMs = clock.nowMs();
    try {
      told = await journal.saveCounters(eventId, now);
      saved = now;
      failure = null;
    } catch (error) {
      if (failure === null)
        log.warn({ eventId, err: error }, 'the counters of a line could not be journalled');
      failure = { error };
    } finally {
      saving = null;
    }
  };

  const isAhead = (now: StepResult): boolean =>
    told === null || now.serving > told.serving || now.epoch > told.epoch;
  const isNews = (now: StepResult): boolean =>
    saved === null || now.joined !== saved.joined || now.admitted !== saved.admitted;

  const patiently = (work: Promise<void>): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(PATIENCE_MS, resolve);
      void work.finally(() => {
        cancel();
        resolve();
      });
    });

  return {
    async tell(now) {
      counted = now;
      if (saving !== null && isAhead(now)) await patiently(saving);
      const overdue = clock.nowMs() - savedAtMs >= SAVE_EVERY_MS;
      if (saving === null && (isAhead(now) || (isNews(now) && overdue))) saving = save(now);
      if (saving !== null && isAhead(now)) await patiently(saving);
      if (failure !== null && isAhead(now)) throw failure.error;
      if (told === null) throw new Error('the journal of a line does not answer');
      return told;
    },
    async close() {
      await saving;
      if (counted !== null && (isAhead(counted) || isNews(counted))) await save(counted);
    },
  };
};
