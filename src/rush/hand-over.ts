import { randomUUID } from 'node:crypto';
import type { Random } from '../domain/ports/environment.ts';
import { askForAdmission } from './admission.ts';
import type { Joined, SignedIn } from './documents.ts';
import { insist, type World } from './world.ts';

/** The device before has not heard of it, and asks on with what it has. */
const asksInVain = async (world: World, fan: SignedIn, place: string): Promise<void> => {
  const answer = await askForAdmission(world, fan, place);
  if (answer.kind === 'unknown') return;
  world.memory.compared(
    answer.kind === 'ok' ? `fan ${fan.fanId} came in with a place that had gone to another device` : null,
  );
};

/**
 * Types the recovery code into another device, where nobody is signed in, and goes on there. Null: it was refused, or nothing was heard
 * until the run stopped.
 */
export const takeAlong = async (
  world: World,
  fan: SignedIn,
  joined: Joined,
  random: Random,
): Promise<{ readonly fan: SignedIn; readonly joined: Joined } | null> => {
  const { answer } = await insist(
    world,
    {
      step: 'hand_over',
      method: 'POST',
      to: `/v1/events/${world.eventId}/line/recovery`,
      key: randomUUID(),
      body: { code: joined.recoveryCode },
    },
    random,
  );
  if (answer.kind !== 'ok') return null;
  const taken = answer.body as Joined & SignedIn;
  // Whoever joined before the opening has another number after the draw.
  const isDrawn = joined.receipt !== null && joined.receipt !== undefined;
  const isThere = taken.lane === joined.lane && (isDrawn || taken.number === joined.number);
  const isSame = taken.fanId === fan.fanId && isThere;
  world.memory.compared(
    isSame ? null : `place ${joined.number} of fan ${fan.fanId} became ${taken.number} of ${taken.fanId}`,
  );
  world.tally.count('handed_over');
  await asksInVain(world, fan, joined.place);
  return { fan: { fanId: taken.fanId, token: taken.token }, joined: taken };
};
