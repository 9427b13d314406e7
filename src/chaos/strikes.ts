import { seededRandom } from '../rush/seeded-random.ts';
import type { Nemesis, Stage, Struck } from './nemesis.ts';
import type { PlannedStrike } from './schedule.ts';
import { pause } from './waiting.ts';

/** One strike as it went. Times are milliseconds since the epoch of the history's clock. */
export interface StrikeRecord {
  readonly kind: string;
  readonly part: Nemesis['part'];
  readonly target: string;
  readonly struckAtMs: number;
  /** The harm was done (it may have ended by itself then). */
  readonly doneAtMs: number;
  readonly healStartedAtMs: number;
  readonly healedAtMs: number;
  /** Why the harm could not be done; null: it was. */
  readonly missed: string | null;
  readonly backAfterMs: number | null;
  /** Why it could not be healed; null: it was, or there was nothing to heal. */
  readonly unhealed: string | null;
}

export interface StrikeTools {
  /** The stage with this strike's own chance. */
  stage(random: Stage['random']): Stage;
  nowMs(): number;
  /** Ends early when the run is over. */
  sleep(ms: number): Promise<void>;
  stopped(): boolean;
  onStrike(kind: string, target: string): void;
  onHeal(kind: string, target: string): void;
  onMissed(kind: string, why: string): void;
}

/** What a strike needs may come within a moment: a section's actor is spawned on its first use. */
const TRIES = 5;
const TRY_AGAIN_AFTER_MS = 400;

const insist = async (nemesis: Nemesis, stage: Stage): Promise<Struck> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await nemesis.strike(stage);
    } catch (error) {
      if (tries === TRIES) throw error;
      await pause(TRY_AGAIN_AFTER_MS);
    }
  }
};

const strikeOnce = async (planned: PlannedStrike, tools: StrikeTools): Promise<StrikeRecord> => {
  const { nemesis, lastsMs } = planned;
  const { kind, part } = nemesis;
  const struckAtMs = tools.nowMs();
  let struck: Struck;
  try {
    struck = await insist(nemesis, tools.stage(seededRandom(planned.seed)));
  } catch (error) {
    const atMs = tools.nowMs();
    tools.onMissed(kind, messageOf(error));
    const times = { struckAtMs, doneAtMs: atMs, healStartedAtMs: atMs, healedAtMs: atMs };
    return { kind, part, target: '', ...times, missed: messageOf(error), backAfterMs: null, unhealed: null };
  }
  const doneAtMs = tools.nowMs();
  tools.onStrike(kind, struck.target);
  await tools.sleep(lastsMs);
  const healStartedAtMs = tools.nowMs();
  let unhealed: string | null = null;
  try {
    await struck.heal();
  } catch (error) {
    unhealed = messageOf(error);
  }
  tools.onHeal(kind, struck.target);
  const times = { struckAtMs, doneAtMs, healStartedAtMs, healedAtMs: tools.nowMs() };
  const { target, backAfterMs = null } = struck;
  return { kind, part, target, ...times, missed: null, backAfterMs, unhealed };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * The nemesis: carries out the plan. Each part has a lane of its own: when a healing takes longer than planned, the next
 * strike on that part waits for it, and is left out if the run is over by then. Resolves when all is healed.
 */
export const strikeAsPlanned = async (
  plan: readonly PlannedStrike[],
  startedAtMs: number,
  tools: StrikeTools,
): Promise<readonly StrikeRecord[]> => {
  const lanes = new Map<Nemesis['part'], Promise<void>>();
  const records: StrikeRecord[] = [];
  const strikeAfter = async (before: Promise<void> | undefined, planned: PlannedStrike): Promise<void> => {
    await before;
    if (!tools.stopped()) records.push(await strikeOnce(planned, tools));
  };
  for (const planned of plan) {
    const waitMs = startedAtMs + planned.atMs - tools.nowMs();
    if (waitMs > 0) await tools.sleep(waitMs);
    if (tools.stopped()) break;
    const { part } = planned.nemesis;
    lanes.set(part, strikeAfter(lanes.get(part), planned));
  }
  await Promise.all(lanes.values());
  return records;
};
