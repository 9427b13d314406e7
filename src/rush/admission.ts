import { randomUUID } from 'node:crypto';
import type { Answer } from './client.ts';
import type { SignedIn } from './documents.ts';
import type { World } from './world.ts';

/** Asks once to be let in with this place. */
export const askForAdmission = (world: World, fan: SignedIn, place: string): Promise<Answer> =>
  world.client.ask({
    step: 'redeem',
    method: 'POST',
    to: `/v1/events/${world.eventId}/admission`,
    token: fan.token,
    key: randomUUID(),
    body: { place },
  });
