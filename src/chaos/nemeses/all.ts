import type { Nemesis } from '../nemesis.ts';
import { ACTOR_NEMESES } from './actors.ts';
import { GATEWAY_NEMESES } from './gateway.ts';
import { NETWORK_NEMESES } from './network.ts';
import { NODE_NEMESES } from './nodes.ts';
import { POSTGRES_NEMESES } from './postgres.ts';
import { SERVER_NEMESES } from './servers.ts';

/** Every way in which a run does harm. */
export const ALL_NEMESES: readonly Nemesis[] = [
  ...ACTOR_NEMESES,
  ...NODE_NEMESES,
  ...SERVER_NEMESES,
  ...POSTGRES_NEMESES,
  ...NETWORK_NEMESES,
  ...GATEWAY_NEMESES,
];
