import test from 'ava';
import { createHarness, PAY_WITHIN_MS } from './payment-harness.ts';
import { createMortal } from './mortal.ts';

interface Story {
  readonly name: string;
  readonly fanPays: boolean;
  readonly fanCancels: boolean;
  readonly answer: 'PedidoConfirmado' | 'PedidoRejeitado';
  readonly said: string;
  readonly status: string;
  /** What happened to money at the gateway, each once. */
  readonly effects: readonly string[];
}

const STORIES: readonly Story[] = [
  {
    name: 'a sale',
    fanPays: true,
    fanCancels: false,
    answer: 'PedidoConfirmado',
    said: 'PagamentoOK',
    status: 'captured',
    effects: ['captured'],
  },
  {
    name: 'a rejection',
    fanPays: true,
    fanCancels: false,
    answer: 'PedidoRejeitado',
    said: 'PagamentoOK',
    status: 'voided',
    effects: ['cancelled'],
  },
  {
    name: 'an order nobody pays',
    fanPays: false,
    fanCancels: false,
    answer: 'PedidoConfirmado',
    said: 'PagamentoFalhou',
    status: 'cancelled',
    effects: ['cancelled'],
  },
  {
    name: 'an order that its fan cancels',
    fanPays: false,
    fanCancels: true,
    answer: 'PedidoConfirmado',
    said: 'PagamentoFalhou',
    status: 'cancelled',
    effects: ['cancelled'],
  },
];

const ID = {
  placed: '00000000-0000-4000-8000-00000000000a',
  answered: '00000000-0000-4000-8000-00000000000b',
};
const TICK_MS = 5_000;
/** Longer than a dead sweeper's lease and the pause after it. */
const TICKS = 30;

/** Plays a story against a process that dies at one step; another process then goes on. How many steps the first one made. */
const play = async (story: Story, dieAt: number, when: 'before' | 'after') => {
  const harness = createHarness();
  const { clock, gateway, order, deliver, envelope, published } = harness;
  const fate = createMortal(dieAt, when);
  let service = harness.restart(fate.wrap);
  await service.start();
  const done = { placed: false, told: false, answered: false, cancelled: false };
  let restarted = false;

  const tick = async (): Promise<void> => {
    if (fate.dead() && !restarted) {
      restarted = true;
      service = harness.restart();
      await service.start();
    }
    // The bus delivers again what was not acknowledged, the gateway tells again what was not taken.
    if (!done.placed) done.placed = (await deliver(envelope('PedidoCriado', ID.placed))) === 'ack';
    const intent = gateway.intents.get('pi_1');
    if (story.fanPays && intent !== undefined) {
      gateway.pay('pi_1');
      const { body, signature } = gateway.webhook(gateway.of('pi_1'), 'evt_paid');
      if (!done.told) void service.receiveWebhook(body, signature).then(() => (done.told = true));
    }
    if (story.fanCancels && intent !== undefined && !done.cancelled) {
      done.cancelled = true;
      void service.cancel(order.orderId);
    }
    if (!done.answered && published.some((one) => one.type === 'PagamentoOK')) {
      done.answered = (await deliver(envelope(story.answer, ID.answered))) === 'ack';
    }
    await clock.advance(TICK_MS);
  };

  for (let count = 0; count < TICKS; count += 1) await tick();
  if (!story.fanPays) {
    await clock.advance(PAY_WITHIN_MS);
    for (let count = 0; count < TICKS; count += 1) await tick();
  }
  return {
    steps: fate.steps(),
    died: fate.dead(),
    end: {
      status: await harness.status(),
      said: harness.said(),
      heard: [...new Map(published.map((one) => [one.id, one.type])).values()],
      effects: gateway.effects,
      intents: gateway.intents.size,
      alarms: harness.alarms,
    },
  };
};

for (const story of STORIES) {
  for (const when of ['before', 'after'] as const) {
    test(`${story.name}: a crash ${when} any step changes nothing about how it ends`, async (t) => {
      const expected = {
        status: story.status,
        said: [story.said],
        heard: [story.said],
        effects: [...story.effects],
        intents: 1,
        alarms: [],
      };
      const whole = await play(story, 0, when);
      t.deepEqual(whole.end, expected, 'without a crash');
      t.true(whole.steps >= 6, `only ${whole.steps} steps: the story is too short to prove anything`);
      for (let step = 1; step <= whole.steps; step += 1) {
        const crashed = await play(story, step, when);
        t.true(crashed.died, `no crash at step ${step}`);
        t.deepEqual(crashed.end, expected, `crash ${when} step ${step}`);
      }
    });
  }
}
