import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import test, { type ExecutionContext } from 'ava';
import * as nact from 'nact';
import type { NactRef } from '../../../src/actors/kit/nact-tree.ts';
import { counter, crash, createRig, keep, read, turns, within } from './rig.ts';

/**
 * The other half of nact-traps.test.ts: what goes wrong between actors, in their supervision and at their end. Which trap of
 * nact is shown where, and what the kit does about it, stands in docs/decisions/0001-a-kit-around-nact.md.
 */
const { dispatch, query, spawn, start, stop } = nact;
/** Its own types leave things out. */
const untyped = nact as unknown as Record<string, (...args: readonly unknown[]) => NactRef>;

const bare = (title: string, run: (t: ExecutionContext, system: NactRef) => Promise<void>): void =>
  test.serial(`bare nact: ${title}`, async (t) => {
    const system = start() as NactRef;
    try {
      await run(t, system);
    } finally {
      stop(system);
    }
  });

/** A gate that a test opens. */
const gate = () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = () => resolve();
  });
  return { open: () => open(), opened };
};

/** Counts what `run` asks of the event loop: nact looks setImmediate up at each call. */
const countingTurns = async (run: () => Promise<void>): Promise<number> => {
  const { setImmediate: real } = globalThis;
  let count = 0;
  const counted = (task: () => void): NodeJS.Immediate => {
    count += 1;
    return real(task);
  };
  Object.assign(globalThis, { setImmediate: counted });
  try {
    await run();
  } finally {
    Object.assign(globalThis, { setImmediate: real });
  }
  return count;
};

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await new Promise((resolve) => process.nextTick(() => setTimeout(resolve, 0)));
};

bare('each message costs a turn of the loop and a copy of all children', async (t, system) => {
  const copies = new Set<unknown>();
  let sizes = 0;
  const parent = spawn(
    system,
    (state: null, _message: unknown, context) => {
      copies.add(context.children);
      sizes += context.children.size;
      return state;
    },
    'p',
    { initialState: null },
  );
  for (let child = 0; child < 50; child += 1)
    spawn(parent, (state: null, _message: unknown) => state, `c${child}`, { initialState: null });
  const turnsTaken = await countingTurns(async () => {
    for (let message = 0; message < 640; message += 1) dispatch(parent, 'm');
    await until(() => copies.size === 640);
  });
  t.is(sizes, 640 * 50);
  t.true(turnsTaken >= 640);
});

test.serial('up to 64 messages share one turn, and with it the copy of the children', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a', { mailboxLimit: 1_000 }));
  let handled = 0;
  const turnsTaken = await countingTurns(async () => {
    for (let message = 0; message < 640; message += 1)
      ref.tell({ type: 'run', task: () => void (handled += 1) });
    await until(() => handled === 640);
  });
  t.true(turnsTaken <= 20, `${turnsTaken} turns`);
});

/** Two at work at once in one actor. */
const overlapping = () => {
  let [inside, most] = [0, 0];
  const waiting: ReturnType<typeof gate>[] = [];
  const handler = async (state: null, message: unknown): Promise<null> => {
    if (message === 'crash') throw new Error('poison');
    inside += 1;
    most = Math.max(most, inside);
    const one = gate();
    waiting.push(one);
    await one.opened;
    inside -= 1;
    return state;
  };
  return { handler, most: () => most, letGo: () => waiting.splice(0).forEach((one) => one.open()) };
};

for (const policy of ['resetAll', 'resetAllChildren'] as const) {
  bare(`${policy} makes an actor that is at work handle two messages at once`, async (t, system) => {
    const { handler, most, letGo } = overlapping();
    const parent = spawn(system, (state: null, _message: unknown) => state, 'p', {
      initialState: null,
      onCrash: (_message, _error, context) => context.resetAllChildren,
    });
    const busy = spawn(parent, handler, 'busy', { initialState: null });
    const faulty = spawn(parent, handler, 'faulty', {
      initialState: null,
      onCrash: (_message, _error, context) => (policy === 'resetAll' ? context.resetAll : context.escalate),
    });
    dispatch(busy, 'first');
    dispatch(busy, 'second');
    await turns();
    dispatch(faulty, 'crash');
    await turns();
    t.is(most(), 2);
    letGo();
    await turns();
  });
}

test('a crash resets nobody else: the neighbour is at its work, in the same life, and gets its one result', async (t) => {
  const { system, clock, story } = createRig(t);
  const parent = system.spawn(counter('p'));
  const [busy, faulty] = await within(parent, (context) => [
    context.spawn(counter('busy')),
    context.spawn(counter('faulty')),
  ]);
  const work = gate();
  const epochs: number[] = [];
  const epoch = await within(busy, (context) => {
    context.effect(
      () => work.opened,
      () => ({ type: 'run', task: (later) => void epochs.push(later.epoch) }),
    );
    return context.epoch;
  });
  await crash(faulty);
  await clock.advance(100);
  work.open();
  await turns();
  t.deepEqual(epochs, [epoch]);
  t.false(story().includes('crashed busy') || story().includes('crashed p'));
});

bare(
  'resume for an escalated fault resumes the parent, and the child is busy for ever',
  async (t, system) => {
    const seen: unknown[] = [];
    const parent = spawn(system, (state: null, _message: unknown) => state, 'p', {
      initialState: null,
      onCrash: (_message, _error, context) => context.resume,
    });
    const child = spawn(
      parent,
      (state: null, message: unknown) => {
        if (message === 'crash') throw new Error('poison');
        seen.push(message);
        return state;
      },
      'c',
      { initialState: null, onCrash: (_message, _error, context) => context.escalate },
    );
    dispatch(child, 'crash');
    for (const message of [1, 2, 3]) dispatch(child, message);
    await turns(20);
    t.deepEqual(seen, []);
  },
);

test('a child that crashed is back and handles what waited; its parent has no part in it', async (t) => {
  const { system, clock } = createRig(t);
  const parent = system.spawn(counter('p'));
  const child = await within(parent, (context) => context.spawn(counter('c')));
  const crashed = crash(child);
  const waiting = read(child);
  await crashed;
  t.is(await read(parent), 0);
  await clock.advance(10);
  t.is(await waiting, 0);
});

bare('spawnStateless asks no onCrash, swallows every error and works one at a time', async (t, system) => {
  const { handler, most, letGo } = overlapping();
  let asked = 0;
  const ref = untyped['spawnStateless']?.(system, (message: unknown) => handler(null, message), 's', {
    onCrash: () => void (asked += 1),
  }) as NactRef;
  dispatch(ref, 'crash');
  dispatch(ref, 'first');
  dispatch(ref, 'second');
  await turns(20);
  t.deepEqual([asked, most()], [0, 1]);
  letGo();
  await turns();
  letGo();
});

test('what takes time runs side by side as effects, and an error is an outcome like any other', async (t) => {
  const { system } = createRig(t);
  const ref = system.spawn(counter('a'));
  let [inside, most] = [0, 0];
  const work = gate();
  const outcomes: string[] = [];
  await within(ref, (context) => {
    for (let index = 0; index < 50; index += 1) {
      context.effect(
        async () => {
          inside += 1;
          most = Math.max(most, inside);
          await work.opened;
          if (index === 0) throw new Error('lost');
        },
        (outcome) => ({ type: 'run', task: () => void outcomes.push('ok' in outcome ? 'ok' : 'error') }),
      );
    }
  });
  t.is(most, 50);
  work.open();
  await turns();
  t.is(outcomes.filter((one) => one === 'error').length, 1);
  t.is(outcomes.length, 50);
});

/** What becomes of a process: its exit code and the first word of its last complaint. */
const fateOf = (script: string): Promise<{ readonly code: number; readonly said: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '--eval', script], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` }),
    );
  });

const SETUP = `import { start, spawn, stop, dispatch } from 'nact';
  const system = start();
  const fail = () => { throw new Error('poison'); };`;

const DEADLY: readonly (readonly [title: string, script: string])[] = [
  [
    'a handler that throws after its actor was stopped, with escalate',
    `const ref = spawn(system, async () => { await new Promise((resolve) => setTimeout(resolve, 20)); fail(); }, 'a',
       { onCrash: (message, error, context) => context.escalate });
     dispatch(ref, 'go'); setTimeout(() => stop(ref), 5);`,
  ],
  ['an onCrash that throws', `dispatch(spawn(system, fail, 'a', { onCrash: fail }), 'go');`],
  ['an afterStop that throws', `stop(spawn(system, (state) => state, 'a', { afterStop: fail }));`],
  [
    'an afterStop that rejects',
    `stop(spawn(system, (state) => state, 'a', { afterStop: async () => fail() }));`,
  ],
];

for (const [title, script] of DEADLY) {
  test(`bare nact: ${title} ends the process`, async (t) => {
    const { code, said } = await fateOf(`${SETUP} ${script}`);
    t.is(code, 1, said);
  });
}

test('a hook, a listener and an effect that throw, during the life and after it, end no process', async (t) => {
  const kit = new URL('../../../src/actors/kit/system.js', import.meta.url).href;
  const { code, said } = await fateOf(`
    import { createActorSystem } from '${kit}';
    const clock = { nowMs: () => Date.now(), after: (ms, task) => { const timer = setTimeout(task, ms); return () => clearTimeout(timer); } };
    const fail = () => { throw new Error('poison'); };
    const system = createActorSystem({ clock, random: { next: () => 0 }, drainTimeoutMs: 10 });
    system.subscribe(fail);
    const ref = system.spawn({
      name: 'a', kind: 'k', mailboxLimit: 10, start: () => ({}), stopped: fail,
      receive: (state, message, context) => {
        context.effect(() => new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 40)), () => 'late');
        if (message === 'crash') fail();
        return state;
      },
    });
    ref.tell('work'); ref.tell('crash');
    setTimeout(() => system.stop().then(() => console.log('stopped')), 20);`);
  t.deepEqual({ code, said: said.trim() }, { code: 0, said: 'stopped' });
});

bare('an asynchronous start makes the state a promise', async (t, system) => {
  const seen: unknown[] = [];
  const handler = (state: unknown, _message: unknown) => (seen.push(state), state);
  const ref = spawn(system, handler, 'a', { initialStateFunc: () => Promise.resolve(7) });
  dispatch(ref, 'look');
  await turns();
  t.true(seen[0] instanceof Promise);
});

bare('a default for the state starts over after a forgotten return', async (t, system) => {
  const seen: number[] = [];
  const forgetful = (state = 7, _message?: unknown): number => {
    seen.push(state);
    return (state === 7 ? 8 : undefined) as number;
  };
  const ref = spawn(system, forgetful as (state: number, message: unknown) => number, 'a', {});
  for (const message of [1, 2, 3]) dispatch(ref, message);
  await turns(20);
  t.deepEqual(seen, [7, 8, 7]);
});

bare('two actors that query each other wait for their timeouts', async (t, system) => {
  const answers: string[] = [];
  const peers: NactRef[] = [];
  const asking = (other: number) => async (state: null, message: unknown) => {
    if (message !== 'ask') return state;
    const [answer] = await Promise.allSettled([query(peers[other] as NactRef, () => 'question', 30)]);
    answers.push(answer.status);
    return state;
  };
  for (const [index, name] of ['a', 'b'].entries())
    peers.push(spawn(system, asking(1 - index), name, { initialState: null }) as NactRef);
  for (const peer of peers) dispatch(peer, 'ask');
  await until(() => answers.length === 2);
  t.deepEqual(answers, ['rejected', 'rejected']);
});

test('two actors that ask each other go on, and both are answered', async (t) => {
  const { system } = createRig(t);
  const [one, two] = [system.spawn(counter('a')), system.spawn(counter('b'))];
  const answers: unknown[] = [];
  const askFrom = (from: typeof one, to: typeof one) =>
    within(from, (context) =>
      context.effect(
        () => read(to),
        (outcome) => ({ type: 'run', task: () => void answers.push(outcome) }),
      ),
    );
  await Promise.all([askFrom(one, two), askFrom(two, one)]);
  await turns(20);
  t.deepEqual(answers, [{ ok: 0 }, { ok: 0 }]);
});

bare('its types promise what is not there, and take any reference for any other', async (t, system) => {
  t.false('configureLogging' in nact);
  const seen: unknown[] = [];
  const ref = spawn(
    system,
    (state: null, message: { readonly text: string }, context) => {
      seen.push(context.log, message);
      return state;
    },
    'a',
    { initialState: null },
  );
  // The reference of an actor that wants a text compiles as one that wants a number: Ref is an empty class.
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- which is the trap
  const wrong: nact.Ref<number> = ref;
  dispatch(wrong, 7);
  await turns();
  t.deepEqual(seen, [undefined, 7]);
});

bare('a name that is alive throws', async (t, system) => {
  const make = () => spawn(system, (state: null, _message: unknown) => state, 'a', { initialState: null });
  make();
  t.throws(make, { message: /already exists/ });
});

/** The longest queue that was copied while `run` ran. */
const longestCopy = async (run: () => Promise<void>): Promise<number> => {
  const load = createRequire(createRequire(import.meta.url).resolve('nact'));
  const { prototype } = load('denque') as { prototype: { toArray: (this: unknown) => unknown[] } };
  const { toArray } = prototype;
  let longest = 0;
  prototype.toArray = function counted(this: unknown) {
    const copy = Reflect.apply(toArray, this, []);
    longest = Math.max(longest, copy.length);
    return copy;
  };
  try {
    await run();
  } finally {
    prototype.toArray = toArray;
  }
  return longest;
};

bare('a crash copies all that waits', async (t, system) => {
  const handler = (state: null, message: unknown): null => {
    if (message === 'crash') throw new Error('poison');
    return state;
  };
  const ref = spawn(system, handler, 'a', {
    initialState: null,
    onCrash: (_message, _error, context) => context.resume,
  });
  const copied = await longestCopy(async () => {
    dispatch(ref, 'crash');
    for (let message = 0; message < 500; message += 1) dispatch(ref, message);
    await turns();
  });
  t.is(copied, 500);
});

test.serial('a crash leaves what waits where it is', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a', { mailboxLimit: 1_000 }));
  const copied = await longestCopy(async () => {
    const crashed = crash(ref);
    for (let message = 0; message < 500; message += 1) ref.tell({ type: 'add', by: 1 });
    await crashed;
    await clock.advance(100);
  });
  t.true(copied <= 1, `${copied}`);
  t.is(await read(ref), 500);
});

const openTimers = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

bare('a query whose actor crashed keeps its timer, and the process, until the timeout', async (t, system) => {
  const { log } = console;
  Object.assign(console, { log: () => undefined });
  const before = openTimers();
  const fail = (_state: null, _message: unknown): null => {
    throw new Error('poison');
  };
  const answer = query(spawn(system, fail, 'a', { initialState: null }), () => 'question', 200);
  await turns(20);
  t.true(openTimers() > before);
  await t.throwsAsync(answer);
  Object.assign(console, { log });
});

test('an ask whose actor crashed or stopped leaves no timer', async (t) => {
  const { system, clock } = createRig(t);
  const ref = system.spawn(counter('a'));
  const kept = keep(ref);
  await crash(ref);
  await kept;
  await clock.advance(10);
  t.is(clock.pending, 0);
});
