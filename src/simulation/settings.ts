import { readConfig } from '../config.ts';
import type { EventDefinition } from '../domain/event.ts';
import type { LaneDefinition } from '../domain/lanes.ts';
import type { Chance } from './chance.ts';

/**
 * The product's own settings, with times short enough that a run of some virtual seconds meets every one of them. What the
 * code fixes by itself (head starts, looks, graces) stays as it is.
 */
export const CONFIG = readConfig(
  {
    HOLD_TTL_MS: '5000',
    PAY_WITHIN_MS: '8000',
    PASS_TTL_MS: '20000',
    CALL_TTL_MS: '3000',
    ADMISSION_TICK_MS: '1000',
    SWEEP_EVERY_MS: '2000',
  },
  ['gateway', 'tickets', 'payments'],
);

/** Of the virtual clock: any date does, and a round one reads well. */
export const START_MS = Date.UTC(2030, 0, 1);

const LANES: readonly LaneDefinition[] = [
  { id: 'geral', name: 'Geral', sharePercent: 65, access: 'open' },
  { id: 'clube', name: 'Clube', sharePercent: 30, access: 'open' },
  { id: 'acessivel', name: 'Acessível', sharePercent: 5, access: 'open' },
];

/** Now and then the club asks for a code. */
const lanesOf = (chance: Chance): readonly LaneDefinition[] =>
  chance.happens(0.5)
    ? LANES.map((lane) => (lane.id === 'clube' ? { ...lane, access: 'code' } : lane))
    : LANES;

/** A house so small that everybody wants the same seats. */
export const showOf = (chance: Chance, laneChance: Chance): EventDefinition => ({
  name: 'Noite simulada',
  venue: 'Lugar nenhum',
  currency: 'BRL',
  opensAtMs: START_MS + chance.whole(0, 1) * 1_000,
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  lateMoney: { reseat: chance.happens(0.5) },
  admission: { ratePerMinute: chance.pick([120, 600, 3_000]), insideMax: chance.pick([4, 8, 100]) },
  sections: [
    { id: 'A', name: 'Cadeira', priceMinor: 25_000, rows: [{ name: '1', seats: chance.whole(3, 8) }] },
    { id: 'PISTA', name: 'Pista', priceMinor: 12_000, capacity: chance.whole(2, 6) },
  ],
  ...(chance.happens(0.3) && { lanes: lanesOf(laneChance) }),
  // Always, never, or until some time in the middle of the sale.
  show: {
    refundsUntilMs: chance.pick([START_MS + 86_400_000, null, START_MS + chance.whole(10_000, 40_000)]),
  },
});
