/** The calls at which a process may die; the others only look. */
const STEPS = new Set([
  'begin',
  'apply',
  'receive',
  'markSent',
  'open',
  'read',
  'capture',
  'cancel',
  'refund',
]);
const NOT_IO = new Set(['verifyWebhook', 'checkoutUrl', 'ledger']);

export interface Mortal {
  readonly wrap: <P extends object>(part: P) => P;
  dead(): boolean;
  /** Steps begun so far. */
  steps(): number;
}

/** The parts of a process that dies at its `dieAt`-th step, `before` or `after` the step took effect: then no call of it ever ends. */
export const createMortal = (dieAt: number, when: 'before' | 'after'): Mortal => {
  let steps = 0;
  let dead = false;
  const never = (): Promise<never> => new Promise(() => undefined);
  const call = async (name: string, act: () => Promise<unknown>): Promise<unknown> => {
    if (dead) return never();
    if (STEPS.has(name)) steps += 1;
    const isLast = STEPS.has(name) && steps === dieAt;
    if (!isLast) {
      const result = await act();
      return dead ? never() : result;
    }
    dead = true;
    if (when === 'after') await act();
    return never();
  };
  return {
    dead: () => dead,
    steps: () => steps,
    wrap: (part) =>
      new Proxy(part, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function' || NOT_IO.has(String(name))) return member;
          return (...args: unknown[]) =>
            call(String(name), () => Reflect.apply(member, target, args) as Promise<unknown>);
        },
      }),
  };
};
