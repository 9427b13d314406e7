/** A seat as far as choosing goes. */
export interface Choosable {
  readonly row: string;
  readonly number: number;
}

/**
 * Chooses `quantity` seats for somebody who left it to us, or null when fewer are to be had.
 *
 * In rows: seats side by side, front row first, in the gap that fits best, so that no single seat is stranded between two
 * groups; only when no row has room side by side are they taken apart. In a capacity area (rows without a name) any places
 * will do: they are taken from `startAt` (0 ≤ startAt < 1) on, around the end.
 */
export const pickSeats = <Seat extends Choosable>(
  inOrder: readonly Seat[],
  quantity: number,
  available: (seat: Seat) => boolean,
  startAt: number,
): readonly Seat[] | null => {
  if (quantity < 1) return null;
  if (inOrder[0]?.row === '') return firstFrom(inOrder, quantity, available, startAt);
  return sideBySide(inOrder, quantity, available) ?? firstFrom(inOrder, quantity, available, 0);
};

const firstFrom = <Seat extends Choosable>(
  inOrder: readonly Seat[],
  quantity: number,
  available: (seat: Seat) => boolean,
  startAt: number,
): readonly Seat[] | null => {
  const picked: Seat[] = [];
  const first = Math.floor(startAt * inOrder.length);
  for (let step = 0; step < inOrder.length; step += 1) {
    const seat = inOrder[(first + step) % inOrder.length];
    if (seat !== undefined && available(seat)) picked.push(seat);
    if (picked.length === quantity) return picked;
  }
  return null;
};

/** A gap one seat wider than the group strands that seat: any other fit is better, wherever it is. */
const strands = (gap: readonly unknown[], quantity: number): boolean => gap.length === quantity + 1;

const sideBySide = <Seat extends Choosable>(
  inOrder: readonly Seat[],
  quantity: number,
  available: (seat: Seat) => boolean,
): readonly Seat[] | null => {
  let stranding: readonly Seat[] | null = null;
  for (const gap of gapsOf(inOrder, available)) {
    if (gap.length < quantity) continue;
    if (!strands(gap, quantity)) return gap.slice(0, quantity);
    stranding ??= gap.slice(0, quantity);
  }
  return stranding;
};

/** Runs of available seats with consecutive numbers in one row, front row first. */
function* gapsOf<Seat extends Choosable>(
  inOrder: readonly Seat[],
  available: (seat: Seat) => boolean,
): Generator<readonly Seat[]> {
  let gap: Seat[] = [];
  for (const seat of inOrder) {
    const last = gap.at(-1);
    const adjoins = last !== undefined && last.row === seat.row && last.number + 1 === seat.number;
    if (gap.length > 0 && (!adjoins || !available(seat))) {
      yield gap;
      gap = [];
    }
    if (available(seat)) gap.push(seat);
  }
  if (gap.length > 0) yield gap;
}
