import { dispatch, spawn, start, stop } from 'nact';
import { createActorSystem } from '../src/actors/kit/system.ts';
import type { ReplyPort } from '../src/actors/kit/reply-port.ts';
import { systemClock, systemRandom } from '../src/infra/environment.ts';

/**
 * Asks a second through the kit, next to the same asks over bare nact dispatch (a closure that resolves a promise), in one run
 * on one machine. Only the ratio says anything.
 */
const ACTORS = [1, 20];
const OUTSTANDING = 500;
const ASKS = 100_000;
const ROUNDS = 5;
const DEADLINE_MS = 2_000;

interface Question {
  readonly type: 'question';
  readonly port: ReplyPort<number>;
}

const asksPerSecond = async (ask: (index: number) => Promise<unknown>): Promise<number> => {
  let next = 0;
  const asker = async (): Promise<void> => {
    while (next < ASKS) await ask((next += 1));
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: OUTSTANDING }, asker));
  return (ASKS * 1_000) / (performance.now() - startedMs);
};

const answer = (state: number, { port }: Question): number => {
  port.reply(state);
  return state + 1;
};

const bareNact = async (actors: number): Promise<number> => {
  const system = start();
  const refs = Array.from({ length: actors }, (_, index) =>
    spawn(system, answer, `a${index}`, { initialState: 0 }),
  );
  const rate = await asksPerSecond(
    (index) =>
      new Promise((resolve) => {
        const ref = refs[index % actors];
        if (ref !== undefined) dispatch(ref, { type: 'question', port: { reply: resolve } });
      }),
  );
  stop(system);
  return rate;
};

const kit = async (actors: number): Promise<number> => {
  const system = createActorSystem({ clock: systemClock, random: systemRandom, drainTimeoutMs: 1_000 });
  const refs = Array.from({ length: actors }, (_, index) =>
    system.spawn<number, Question>({
      name: `a${index}`,
      kind: 'bench',
      mailboxLimit: OUTSTANDING,
      start: () => 0,
      receive: answer,
    }),
  );
  const rate = await asksPerSecond(
    (index) =>
      refs[index % actors]?.ask<number>((port) => ({ type: 'question', port }), DEADLINE_MS) ??
      Promise.resolve(),
  );
  await system.stop();
  return rate;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const whole = (rate: number): string => Math.round(rate).toLocaleString('en').padStart(12);

/** Prints the table and returns it. */
export const benchActorKit = async (): Promise<object> => {
  const rows: {
    readonly actors: number;
    readonly nact: number;
    readonly kit: number;
    readonly ratio: number;
  }[] = [];
  console.log('actors | bare nact asks/s |   kit asks/s | ratio');
  for (const actors of ACTORS) {
    const rates = { nact: [] as number[], kit: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      rates.nact.push(await bareNact(actors));
      rates.kit.push(await kit(actors));
    }
    const [nactRate, kitRate] = [median(rates.nact), median(rates.kit)];
    const ratio = kitRate / nactRate;
    rows.push({ actors, nact: nactRate, kit: kitRate, ratio });
    console.log(
      `${String(actors).padStart(6)} |     ${whole(nactRate)} | ${whole(kitRate)} | ${ratio.toFixed(2)}`,
    );
  }
  return { name: 'actor-kit', rows };
};
