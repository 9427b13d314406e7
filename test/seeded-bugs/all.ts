import { ACTOR_AND_EDGE_BUGS } from './actors-and-edge.ts';
import { LINE_BUGS } from './line.ts';
import { MESSAGE_BUGS } from './messages.ts';
import { MONEY_BUGS } from './money.ts';
import { PLACE_BUGS } from './places.ts';
import { SEAT_BUGS } from './seats.ts';
import type { SeededBug } from './seeded-bug.ts';

export const ALL_BUGS: readonly SeededBug[] = [
  ...SEAT_BUGS,
  ...MESSAGE_BUGS,
  ...MONEY_BUGS,
  ...LINE_BUGS,
  ...PLACE_BUGS,
  ...ACTOR_AND_EDGE_BUGS,
];
