import type { Answer, Client } from '../../rush/client.ts';

/** After a request without an answer its node is left alone for so long, where there is another. */
const AVOID_MS = 1_000;

interface Door {
  readonly client: Client;
  avoidUntilMs: number;
}

/** Of a text, the same number each time; spreads fans over the nodes. */
const numberOf = (text: string): number => {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) >>> 0;
  return sum;
};

/**
 * One client over many nodes: each fan has a node of their own and goes to another while that one does not answer. It never
 * repeats a request itself: an outcome that is unknown stays so, and who asked decides. Whole URLs go through `elsewhere`.
 */
export const createSpreadClient = (
  clients: readonly Client[],
  elsewhere: Client,
  nowMs: () => number = () => performance.now(),
): Client => {
  const doors: readonly Door[] = clients.map((client) => ({ client, avoidUntilMs: 0 }));
  let turn = 0;
  const doorFor = (token: string | undefined): Door => {
    const home = token === undefined ? (turn += 1) : numberOf(token);
    const inOrder = doors.map((_, index) => doors[(home + index) % doors.length] as Door);
    return inOrder.find((door) => door.avoidUntilMs <= nowMs()) ?? (inOrder[0] as Door);
  };
  const heard = (door: Door, answer: Answer): Answer => {
    if (answer.kind === 'unknown') door.avoidUntilMs = nowMs() + AVOID_MS;
    return answer;
  };
  return {
    async ask(what) {
      if (/^https?:/.test(what.to)) return elsewhere.ask(what);
      const door = doorFor(what.token);
      return heard(door, await door.client.ask(what));
    },
    stream: (path, onData, onEnd) => doorFor(undefined).client.stream(path, onData, onEnd),
    close() {
      for (const client of [...clients, elsewhere]) client.close();
    },
  };
};
