import type { Faults, ServerName } from './faults.ts';
import { OUTSIDE, type World } from './world.ts';

/** `away`: it certainly did not happen. `unknown`: it may have happened, or may happen yet. */
export type Failure = 'away' | 'unknown';

/** What a caller gets when no answer came, for ports that do not simply reject. */
export type OnFailure = (failure: Failure, method: string, args: readonly unknown[]) => unknown;

export interface Link {
  readonly world: World;
  readonly faults: Faults;
  readonly server: ServerName;
  /** The process that calls. */
  readonly owner: string;
  readonly onFailure?: OnFailure;
  /** Ends the calling process. */
  readonly crash?: ((reason: string) => void) | undefined;
  /** After each call that took effect. */
  readonly afterEffect?: (() => void) | undefined;
}

/** A few words about an answer, for the trace. */
export const brief = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.slice(0, 6).map(brief).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const row = value as Record<string, unknown>;
  for (const name of ['code', 'outcome', 'status', 'state', 'kind', 'type', 'serving', 'number']) {
    const word = row[name];
    if (typeof word === 'string' || typeof word === 'number') return `${word}`;
  }
  return Object.keys(row).length === 0 ? '{}' : `{${Object.keys(row)[0] ?? ''}}`;
};

const reject: OnFailure = (failure, method) => {
  throw new Error(failure === 'away' ? `${method}: no connection` : `${method}: the connection was lost`);
};

type Method = (...args: unknown[]) => unknown;

/**
 * A port as a process sees it over the network: each call takes effect at one moment, in a step of its own, and its answer
 * comes back in another; either way may be lost. What is under way takes effect also if the caller has died.
 */
export const remote = <Port extends object>(
  port: Port,
  link: Link,
  local: readonly (keyof Port)[] = [],
): Port => {
  const { world, faults, server, owner } = link;
  const onFailure = link.onFailure ?? reject;

  const call = (method: string, act: Method, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, rejectCall) => {
      const fate = faults.fateOf(server, owner);
      const settle = (answerMs: number, label: string, answer: () => unknown): void => {
        world.plan(owner, answerMs, `${server} ${method}: ${label}`, () => {
          try {
            resolve(answer());
          } catch (error) {
            rejectCall(error);
          }
        });
      };
      const fail = (failure: Failure, afterMs: number): void =>
        settle(afterMs, failure, () => onFailure(failure, method, args));
      const answered = (value: unknown): void => {
        link.afterEffect?.();
        if (fate.kind === 'fine') settle(fate.answerMs, brief(value), () => value);
        else world.note(`${server} ${method}: ${brief(value)}, and nobody hears of it`);
        if (fate.kind === 'caller_dies') link.crash?.(`${method} was on its way`);
        if (fate.kind === 'lost_after') fail('unknown', fate.answerMs);
      };
      const threw = (error: unknown): void => {
        link.afterEffect?.();
        if (fate.kind === 'lost_and_late') return;
        settle(fate.answerMs, String(error), () => {
          throw error;
        });
      };
      if (fate.kind === 'away') return fail('away', fate.answerMs);
      if (fate.kind === 'lost_before') return fail('unknown', fate.answerMs);
      if (fate.kind === 'lost_and_late') fail('unknown', fate.answerMs);
      world.plan(OUTSIDE, fate.requestMs, `${owner} asks ${server} ${method}`, () => {
        void (act(...args) as Promise<unknown>).then(answered, threw);
      });
      return undefined;
    });

  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const act = member.bind(target) as Method;
      if (local.includes(name as keyof Port)) return act;
      return (...args: unknown[]) => call(String(name), act, args);
    },
  });
};
