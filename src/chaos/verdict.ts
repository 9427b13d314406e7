import type { Verdict } from '../audit/verdict.ts';
import type { StrikeRecord } from './strikes.ts';
import type { Happened } from './tallying.ts';

/** What a run must have seen to be worth anything. */
export interface Enough {
  readonly orders: number;
  readonly sales: number;
  readonly strikes: number;
  readonly kinds: number;
  readonly unknownOutcomes: number;
  readonly expiredHolds: number;
  /** Orders that ended without tickets although somebody had seats: late, declined, cancelled. */
  readonly failedOrders: number;
  /** Promises that some sale must have put to the test. */
  readonly promises: readonly string[];
}

/** What the verdict is about. */
export interface Evidence {
  readonly promises: readonly Verdict[];
  readonly strikes: readonly StrikeRecord[];
  readonly orders: number;
  readonly sales: number;
  readonly happened: Pick<Happened, 'requests' | 'ordersSeen'>;
}

/** Everything that the audit of a chaos run can check; a run that leaves one out was too tame. */
const CHECKED_PROMISES = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P7c', 'P8', 'P9', 'P15', 'P16'];
const ORDERS_A_MINUTE = 25;
const SALES_A_MINUTE = 8;
const STRIKES_A_MINUTE = 7;
/** Of the faults that were planned; some find nothing to strike at, or heal late. */
const STRIKES_LANDED = 0.6;
const KINDS_LEAST = 6;

/** For a load of so many milliseconds with so many kinds of fault to choose from, one each `everyMs`. */
export const enoughFor = (loadMs: number, kinds: number, everyMs: number): Enough => {
  const minutes = loadMs / 60_000;
  return {
    orders: Math.ceil(ORDERS_A_MINUTE * minutes),
    sales: Math.ceil(SALES_A_MINUTE * minutes),
    strikes: Math.ceil(Math.min(STRIKES_A_MINUTE * minutes, (STRIKES_LANDED * loadMs) / everyMs)),
    kinds: Math.min(kinds, KINDS_LEAST),
    unknownOutcomes: 1,
    expiredHolds: 1,
    failedOrders: 1,
    promises: CHECKED_PROMISES,
  };
};

const STATES = ['not_checked', 'ok', 'broken'] as const;
const NOTES_MAX = 10;

const added = (line: Verdict, verdict: Verdict): Verdict => {
  const state = STATES[Math.max(STATES.indexOf(line.state), STATES.indexOf(verdict.state))] ?? 'broken';
  const notes = [line, verdict].filter((one) => one.state === state).flatMap((one) => one.notes);
  return {
    ...line,
    state,
    checked: line.checked + verdict.checked,
    broken: line.broken + verdict.broken,
    notes: [...new Set(notes)].slice(0, NOTES_MAX),
  };
};

/** The same check of several sales as one: broken anywhere is broken, checked anywhere is checked. */
export const promisesOver = (verdicts: readonly Verdict[]): readonly Verdict[] => {
  const lines = new Map<string, Verdict>();
  for (const verdict of verdicts) {
    const key = `${verdict.promise} ${verdict.what}`;
    const line = lines.get(key);
    lines.set(key, line === undefined ? verdict : added(line, verdict));
  }
  return [...lines.values()];
};

const FAILED = ['failed', 'expired', 'rejected', 'refunded'];

const failedOrdersIn = (ordersSeen: Happened['ordersSeen']): number =>
  FAILED.reduce((sum, status) => sum + (ordersSeen[status] ?? 0), 0);

/** Whether a load may end, as far as fans are concerned. */
export const fansDidEnough = (
  did: Pick<Evidence, 'orders' | 'sales'> & Pick<Happened, 'ordersSeen'>,
  enough: Enough,
): boolean =>
  did.orders >= enough.orders &&
  did.sales >= enough.sales &&
  failedOrdersIn(did.ordersSeen) >= enough.failedOrders;

/** Why the run is red, in sentences; none: it is green. */
export const reasonsAgainst = (evidence: Evidence, enough: Enough): readonly string[] => {
  const { promises, strikes, happened } = evidence;
  const landed = strikes.filter((strike) => strike.missed === null);
  const expired = promises.find((line) => line.promise === 'P9')?.checked ?? 0;
  const least = (what: string, has: number, needs: number): string[] =>
    has >= needs ? [] : [`too little happened: ${what}: ${has}, at least ${needs} are needed`];
  return [
    ...promises
      .filter((line) => line.state === 'broken')
      .map((line) => `${line.promise} is broken: ${line.what}: ${line.notes[0] ?? ''}`),
    ...landed.flatMap(({ kind, unhealed }) =>
      unhealed === null ? [] : [`${kind} could not be healed: ${unhealed}`],
    ),
    ...enough.promises
      .filter((name) => !promises.some((line) => line.promise === name && line.state !== 'not_checked'))
      .map((name) => `too little happened: nothing put ${name} to the test`),
    ...least('orders', evidence.orders, enough.orders),
    ...least('sales', evidence.sales, enough.sales),
    ...least('faults that landed', landed.length, enough.strikes),
    ...least('kinds of fault', new Set(landed.map((strike) => strike.kind)).size, enough.kinds),
    ...least('requests with an unknown outcome', happened.requests.unknown, enough.unknownOutcomes),
    ...least('holds that reached their end', expired, enough.expiredHolds),
    ...least('orders that ended without tickets', failedOrdersIn(happened.ordersSeen), enough.failedOrders),
  ];
};
