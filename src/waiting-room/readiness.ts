import { phaseAt, type SaleEvent } from '../domain/event.ts';
import { BYPASS_LANE } from '../domain/lanes.ts';
import type { Arrival } from '../domain/ports/join-proofs.ts';
import type { Readiness, ReadyCheck, ReadyCheckName } from '../domain/ports/readiness.ts';
import { isRefusal, REFUSALS, refuse, type Refusal } from '../domain/refusal.ts';
import type { JoinGuard } from './join-guard.ts';
import type { Choice } from './lane-choice.ts';

export interface ReadinessInput {
  readonly event: SaleEvent;
  readonly fanId: string;
  readonly arrival: Arrival | undefined;
  readonly choice: Choice | Refusal;
  readonly guard: Pick<JoinGuard, 'look'> | undefined;
  /** Whoever has one meets no door any more. */
  readonly hasPlace: boolean;
  readonly nowMs: number;
}

const said = (check: ReadyCheckName, against: Refusal | null, ok = against === null): ReadyCheck => ({
  check,
  ok,
  code: against?.code ?? null,
  detail: against === null ? null : (against.detail ?? REFUSALS[against.code]),
});

/** What a join would meet, without joining. A proof of work is no obstacle: the device does it when it joins. */
export const readinessOf = async (input: ReadinessInput): Promise<Readiness> => {
  const { event, fanId, arrival, choice, guard, hasPlace } = input;
  const bypass = !isRefusal(choice) && choice.lane >= BYPASS_LANE;
  const passes = hasPlace || bypass || guard === undefined || arrival === undefined;
  const door = passes ? null : await guard.look(event, { fanId, ...arrival });
  const closed = phaseAt(event, input.nowMs) === 'closed' ? refuse('line_closed') : null;
  const checks = [
    said('sign_in', null),
    said('sale', closed),
    said('access', isRefusal(choice) && !hasPlace ? choice : null),
    said('door', door, door === null || door.code === 'proof_required'),
  ];
  return {
    ready: checks.every(({ ok }) => ok),
    lane: isRefusal(choice) || bypass ? null : (event.lanes?.[choice.lane]?.id ?? null),
    bypass,
    checks,
  };
};
