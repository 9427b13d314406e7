import { randomUUID } from 'node:crypto';
import type { RequestOutcome, SeatRequest } from '../audit/history.ts';
import type { Random } from '../domain/ports/environment.ts';
import type { Answer, Ask } from './client.ts';
import type { Persona } from './crowd.ts';
import { insist, isPassing, type World } from './world.ts';

interface Creating {
  readonly world: World;
  readonly persona: Persona;
  readonly fanId: string;
  readonly random: Random;
}

const idIn = (answer: Answer, member: 'holdId' | 'orderId'): string | null =>
  answer.kind === 'ok' ? ((answer.body as Readonly<Record<string, string>>)[member] ?? null) : null;

/** What is asked of seats, without the when and the answer. */
type Asked = Pick<Extract<SeatRequest, { what: 'hold' }>, 'what' | 'sectionId' | 'seatIds'> | OrderAsked;
type OrderAsked = Pick<Extract<SeatRequest, { what: 'order' | 'release' }>, 'what' | 'holdIds'> & {
  readonly what: 'order';
};

const outcomeOf = (answer: Answer, open: boolean, member: 'holdId' | 'orderId'): RequestOutcome => {
  const id = idIn(answer, member);
  if (id !== null) return { kind: 'ok', id, triedBefore: open };
  if (answer.kind !== 'refused' || open || isPassing(answer)) return { kind: 'unknown' };
  return { kind: 'refused', code: answer.code, seatIds: answer.seatIds ?? [] };
};

/**
 * Sends a POST that creates something, in this fan's manner: once, twice at the same time, or again after hanging up; always
 * under one key. Remembers what the audit has to know: every id that came back, and an outcome that stayed unknown.
 */
export const create = async (
  { world, persona, fanId, random }: Creating,
  asked: Asked,
  ask: Ask,
): Promise<Answer> => {
  const { what } = asked;
  const invokedAtMs = world.now();
  const key = randomUUID();
  const keyed = { ...ask, key };
  const member = what === 'hold' ? 'holdId' : 'orderId';
  const first: Answer[] = [];
  if (persona.doubleClicks) {
    world.tally.count('double_clicks');
    first.push(...(await Promise.all([world.client.ask(keyed), world.client.ask(keyed)])));
  } else if (persona.hangsUpAfterMs !== null) {
    world.tally.count('hung_up');
    first.push(await world.client.ask({ ...keyed, timeoutMs: persona.hangsUpAfterMs }));
  }
  const known = first.find((answer) => answer.kind === 'ok') ?? first.find((answer) => !isPassing(answer));
  const insisted = known === undefined ? await insist(world, keyed, random) : null;
  const answer = insisted?.answer ?? known ?? { kind: 'unknown', reason: 'not sent' };
  const ids = [...first, ...(insisted === null ? [] : [insisted.answer])].flatMap(
    (one) => idIn(one, member) ?? [],
  );
  if (first.length > 0 && ids.length > 0) world.memory.repeat({ fanId, what, key, ids });
  // Refused at last, but an earlier try went unanswered: it may have been granted before or after.
  const open = insisted?.wasUnknown === true || first.some((one) => one.kind === 'unknown');
  const outcome = outcomeOf(answer, open, member);
  if (outcome.kind === 'unknown') world.memory.unknown(fanId, what);
  world.memory.request({ fanId, ...asked, invokedAtMs, answeredAtMs: world.now(), outcome });
  return answer;
};
