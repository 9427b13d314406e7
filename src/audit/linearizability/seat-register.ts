import type { HoldId } from '../../domain/ids.ts';
import { LOST, type SeatOperation } from './operation.ts';
import type { Step } from './search.ts';

/** A seat as anybody can see it: free, or some hold's in one of three degrees. */
export interface SeatState {
  readonly is: 'free' | 'held' | 'ordered' | 'sold';
  readonly by: HoldId | null;
}

export const FREE: SeatState = { is: 'free', by: null };

export const stateName = ({ is, by }: SeatState): string => `${is} ${by ?? ''}`;

/** A change from one degree of `holdId` to another; null: not from this state. */
const move =
  (holdId: HoldId, from: SeatState['is'], to: SeatState['is']) =>
  (state: SeatState): SeatState | null => {
    if (state.is !== from || (from !== 'free' && state.by !== holdId)) return null;
    return to === 'free' ? FREE : { is: to, by: holdId };
  };

const soldLate =
  (holdId: HoldId) =>
  (state: SeatState): SeatState | null =>
    move(holdId, 'ordered', 'sold')(state) ?? move(holdId, 'free', 'sold')(state);

const hasEnded = (holdId: HoldId) => (state: SeatState) =>
  state.by !== holdId ? state : state.is === 'held' ? FREE : null;

type SeatStep = Step<SeatState>;

/** Changes that happen by themselves, if at all: nobody was told when. */
const byItself = (of: SeatOperation, what: string, fromMs: number, apply: SeatStep['apply']): SeatStep => ({
  name: `${what} of ${of.holdId}`,
  invokedAtMs: fromMs,
  completedAtMs: Number.POSITIVE_INFINITY,
  must: false,
  changes: true,
  apply,
});

const stepOf = (operation: SeatOperation, apply: SeatStep['apply'], changes: boolean): SeatStep => {
  const must = operation.outcome.kind !== 'unknown';
  const end = must ? operation.completedAtMs : null;
  const { kind, holdId, process, outcome } = operation;
  const said = outcome.kind === 'refused' ? `refused with ${outcome.code}` : outcome.kind;
  return {
    name: `${kind} ${holdId} by ${process}: ${said}`,
    invokedAtMs: operation.invokedAtMs,
    completedAtMs: end ?? Number.POSITIVE_INFINITY,
    must,
    changes,
    apply,
  };
};

const refusalOf = (operation: SeatOperation, code: string): readonly SeatStep[] => {
  const { kind, holdId } = operation;
  if (kind === 'hold' && code === 'seat_taken')
    return [stepOf(operation, (state) => (state.is === 'free' ? null : state), false)];
  if (kind === 'order' && LOST.has(code)) {
    const lost = (state: SeatState) => (state.is === 'held' && state.by === holdId ? null : state);
    return [stepOf(operation, lost, false)];
  }
  return [];
};

const grantOf = (operation: SeatOperation): readonly SeatStep[] => {
  const { holdId, invokedAtMs, outcome } = operation;
  // Nobody was told when a hold ends that may not even exist.
  const endsAtMs = outcome.kind === 'ok' ? (outcome.expiresAtMs ?? invokedAtMs) : invokedAtMs;
  return [
    stepOf(operation, move(holdId, 'free', 'held'), true),
    byItself(operation, 'expiry', endsAtMs, move(holdId, 'held', 'free')),
  ];
};

const releaseOf = (operation: SeatOperation): SeatStep => {
  const { holdId, outcome } = operation;
  // One that may have been is of interest only where it ended something.
  return stepOf(operation, outcome.kind === 'ok' ? hasEnded(holdId) : move(holdId, 'held', 'free'), true);
};

const orderOf = (operation: SeatOperation): readonly SeatStep[] => {
  const { holdId, invokedAtMs } = operation;
  return [
    stepOf(operation, move(holdId, 'held', 'ordered'), true),
    byItself(operation, 'end', invokedAtMs, move(holdId, 'ordered', 'free')),
  ];
};

/**
 * The steps of one seat's register that its operations stand for, with those that happen by themselves: a hold may end once
 * its time is over, an order that was not sold yet may end without a sale.
 */
export const stepsOf = (operations: readonly SeatOperation[]): readonly SeatStep[] =>
  operations.flatMap((operation) => {
    const { kind, holdId, outcome } = operation;
    if (outcome.kind === 'refused') return refusalOf(operation, outcome.code);
    if (kind === 'hold') return grantOf(operation);
    if (kind === 'release') return [releaseOf(operation)];
    if (kind === 'order') return orderOf(operation);
    if (kind === 'give_back') return [stepOf(operation, move(holdId, 'sold', 'free'), true)];
    return [
      stepOf(operation, operation.late === true ? soldLate(holdId) : move(holdId, 'ordered', 'sold'), true),
    ];
  });
