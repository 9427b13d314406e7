import type { Intent } from '../domain/ports/payment-gateway.ts';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import { ScriptedGateway } from './model/payment-gateway.ts';
import { OUTSIDE, type World } from './world.ts';

/** Hands a webhook to some node; false: none took it, or it failed. */
export type WebhookTarget = (body: Buffer, signature: string) => Promise<boolean>;

export interface GatewaySite {
  readonly gateway: ScriptedGateway;
  /** After anything that may have changed an intent: what changed is told by webhook. */
  tell(): void;
  sendTo(target: WebhookTarget): void;
  /** Webhooks that may still come. */
  pending(): number;
  /** The next such call will be refused, whoever makes it. False: one that will be is still to come. */
  refuses(call: 'capture' | 'refund'): boolean;
  /** Somebody returns a payment at the gateway's own pages, and nobody of ours has asked for it. False: there is none. */
  returnElsewhere(): boolean;
  /** From now on nothing is refused. */
  heal(): void;
}

const SOON_MS = { from: 5, to: 400 };
const LATE_MS = { from: 5_000, to: 40_000 };
const AGAIN_AFTER_MS = 2_000;
const TRIES = 6;

/** The external gateway: its ledger, and the webhooks it sends about it. It outlives every node. */
export const createGatewaySite = (world: World, faults: Faults, chance: Chance): GatewaySite => {
  const gateway = new ScriptedGateway();
  const told = new Map<string, Intent>();
  let target: WebhookTarget = () => Promise.resolve(false);
  let pending = 0;

  const send = (body: Buffer, signature: string, label: string, delayMs: number, tries: number): void => {
    pending += 1;
    world.plan(OUTSIDE, delayMs, `gateway sends webhook ${label}`, () => {
      const heard = (taken: boolean): void => {
        pending -= 1;
        if (!taken && tries > 1) send(body, signature, label, AGAIN_AFTER_MS, tries - 1);
      };
      void target(body, signature).then(heard, () => heard(false));
    });
  };

  const announce = (intent: Intent): void => {
    const { body, signature } = gateway.webhook(intent);
    const label = `${intent.intentId} ${intent.status}`;
    const { webhookLost, webhookLate, webhookTwice } = faults.weather;
    if (chance.happens(webhookLost)) {
      faults.count('webhook lost');
      return;
    }
    const late = chance.happens(webhookLate);
    if (late) faults.count('webhook late');
    const span = late ? LATE_MS : SOON_MS;
    send(body, signature, label, chance.between(span.from, span.to), TRIES);
    if (!chance.happens(webhookTwice)) return;
    faults.count('webhook twice');
    send(body, signature, label, chance.between(SOON_MS.from, LATE_MS.to), 1);
  };

  const tell = (): void => {
    for (const intent of gateway.intents.values()) {
      if (told.get(intent.intentId) === intent) continue;
      told.set(intent.intentId, intent);
      announce(intent);
    }
  };

  return {
    gateway,
    tell,
    sendTo(to) {
      target = to;
    },
    pending: () => pending,
    refuses(call) {
      if (gateway.faults.some((one) => one.call === call)) return false;
      gateway.fail(call, { refuse: 'processing_error' });
      return true;
    },
    returnElsewhere() {
      const kept = [...gateway.intents.values()].filter(
        (intent) => intent.status === 'captured' && intent.refundedMinor === 0,
      );
      if (kept.length === 0) return false;
      const { intentId, capturedMinor } = chance.pick(kept);
      gateway.happens(intentId, ['captured'], { refundedMinor: capturedMinor });
      tell();
      return true;
    },
    heal: () => void gateway.faults.splice(0),
  };
};
