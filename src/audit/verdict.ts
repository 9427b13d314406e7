/** What an audit found about one promise. */
export interface Verdict {
  /** The promise's number in docs/INVARIANTS.md (`P1`), or a name for what follows from several. */
  readonly promise: string;
  readonly what: string;
  readonly state: 'ok' | 'broken' | 'not_checked';
  /** How many things were looked at. */
  readonly checked: number;
  readonly broken: number;
  /** The first few breaches, or why nothing was checked. */
  readonly notes: readonly string[];
}

const NOTES_MAX = 5;

/** Judges by what was found: nothing looked at is not a promise kept. */
export const judge = (
  promise: string,
  what: string,
  checked: number,
  breaches: readonly string[],
  whyNothing = 'nothing of the kind happened',
): Verdict => {
  if (breaches.length > 0) {
    const notes = breaches.slice(0, NOTES_MAX);
    return { promise, what, state: 'broken', checked, broken: breaches.length, notes };
  }
  if (checked === 0) return notChecked(promise, what, whyNothing);
  return { promise, what, state: 'ok', checked, broken: 0, notes: [] };
};

export const notChecked = (promise: string, what: string, why: string): Verdict => ({
  promise,
  what,
  state: 'not_checked',
  checked: 0,
  broken: 0,
  notes: [why],
});

/** The things of `items` by their key. */
export const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};

/** A seat's name is unique within its section only. */
export const seatKey = (seat: { readonly sectionId: string; readonly seatId: string }): string =>
  `${seat.sectionId}/${seat.seatId}`;
