import { LANES } from './lanes.ts';

/** The event that a rush makes for itself. */
export interface House {
  readonly seats: number;
  readonly fans: number;
  readonly durationMs: number;
  /** Its line has lanes, one of which asks for a code. */
  readonly lanes?: boolean | undefined;
}

const PRICES_MINOR = [25_000, 18_000, 15_000, 9_000] as const;
const ROW_SEATS = 25;
const LEAST_FOR_SECTIONS = 8;

const rowsOf = (seats: number): readonly { readonly name: string; readonly seats: number }[] =>
  Array.from({ length: Math.ceil(seats / ROW_SEATS) }, (_, index) => ({
    name: String(index + 1),
    seats: Math.min(ROW_SEATS, seats - index * ROW_SEATS),
  }));

const sectionsOf = (seats: number): readonly object[] => {
  if (seats < LEAST_FOR_SECTIONS) {
    return [{ id: 'A', name: 'Cadeira A', priceMinor: PRICES_MINOR[0], rows: rowsOf(seats) }];
  }
  const quarter = Math.floor(seats / 4);
  return [
    ...['A', 'B', 'C'].map((id, index) => ({
      id,
      name: `Cadeira ${id}`,
      priceMinor: PRICES_MINOR[index],
      rows: rowsOf(quarter),
    })),
    { id: 'PISTA', name: 'Pista', priceMinor: PRICES_MINOR[3], capacity: seats - 3 * quarter },
  ];
};

/**
 * Three sections with rows and a standing area, as a definition for `POST /v1/operator/events`. The line lets in somewhat
 * more people than could buy everything within the time of the arrivals: a real queue, and an end in sight.
 */
export const definitionOf = (house: House, nowMs: number): Readonly<Record<string, unknown>> => {
  const perSecond = Math.max(2, (1.5 * house.seats * 1_000) / house.durationMs);
  return {
    name: `Rush: ${house.fans} fans, ${house.seats} seats`,
    venue: 'Arena Catraca',
    currency: 'BRL',
    // In the past by more than any clock is wrong.
    opensAt: new Date(nowMs - 60_000).toISOString(),
    limits: { seatsPerFan: 4, holdsPerFan: 2 },
    admission: {
      ratePerMinute: Math.ceil(perSecond * 60),
      insideMax: Math.max(50, Math.ceil(house.seats * 0.75)),
    },
    sections: sectionsOf(house.seats),
    ...(house.lanes === true && { lanes: LANES }),
  };
};
