import type { Nemesis } from '../nemesis.ts';

const faults = (kind: string, describes: string, rules: readonly object[]): Nemesis => ({
  kind,
  describes,
  part: 'gateway',
  lastsMs: [2_000, 8_000],
  healsInMs: 1_000,
  async strike(stage) {
    await stage.gatewayFaults(rules);
    return { target: 'sandbox gateway', heal: () => stage.clearGatewayFaults() };
  },
});

const gatewayKill: Nemesis = {
  kind: 'gateway-kill',
  describes: 'the gateway goes down and comes back with its ledger',
  part: 'gateway',
  lastsMs: [500, 4_000],
  healsInMs: 12_000,
  async strike(stage) {
    await stage.sandbox.kill();
    return { target: stage.sandbox.name, heal: () => stage.sandbox.start() };
  },
};

export const GATEWAY_NEMESES: readonly Nemesis[] = [
  faults('gateway-slow', 'the gateway takes one to six seconds for every other request', [
    { kind: 'slow', operation: 'any', delayMs: 1_000, probability: 0.25 },
    { kind: 'slow', operation: 'any', delayMs: 6_000, probability: 0.25 },
  ]),
  faults('gateway-timeout-after-success', 'the gateway does what it is asked and never answers', [
    { kind: 'timeout_after_success', operation: 'any', probability: 0.3 },
  ]),
  faults('gateway-errors', 'the gateway answers 5xx before or after it did what it was asked', [
    { kind: 'error_before', operation: 'any', probability: 0.2 },
    { kind: 'error_after', operation: 'any', probability: 0.2 },
  ]),
  faults('webhooks-duplicated', 'webhooks are delivered twice', [
    { kind: 'duplicate', operation: 'webhook', probability: 0.7 },
  ]),
  faults('webhooks-reordered', 'webhooks overtake each other', [
    { kind: 'reorder', operation: 'webhook', probability: 0.5 },
  ]),
  faults('webhooks-lost', 'webhooks are lost', [{ kind: 'lose', operation: 'webhook', probability: 0.5 }]),
  faults('webhooks-late', 'webhooks come five seconds late', [
    { kind: 'late', operation: 'webhook', delayMs: 5_000, probability: 0.7 },
  ]),
  gatewayKill,
];
