import { z } from 'zod';
import type { SandboxRandom } from './environment.ts';

export const REQUEST_OPERATIONS = [
  'create',
  'update',
  'confirm',
  'capture',
  'cancel',
  'refund',
  'pay',
  'retrieve',
] as const;
export type RequestOperation = (typeof REQUEST_OPERATIONS)[number];

const MAX_DELAY_MS = 600_000;
const MAX_RULES = 100;

const delayMs = z.number().int().min(0).max(MAX_DELAY_MS);
/** Either the next n times, or each time with a probability. */
const when = {
  probability: z.number().min(0).max(1).default(1),
  next: z.number().int().min(1).max(1_000_000).optional(),
};
const request = { operation: z.enum([...REQUEST_OPERATIONS, 'any']), ...when };
const webhook = { operation: z.literal('webhook'), eventType: z.string().max(80).optional(), ...when };

const faultRule = z.union([
  z.strictObject({ kind: z.literal('slow'), delayMs, ...request }),
  z.strictObject({ kind: z.literal('timeout_after_success'), ...request }),
  z.strictObject({ kind: z.literal('error_before'), ...request }),
  z.strictObject({ kind: z.literal('error_after'), ...request }),
  z.strictObject({ kind: z.literal('duplicate'), ...webhook }),
  z.strictObject({ kind: z.literal('reorder'), ...webhook }),
  z.strictObject({ kind: z.literal('late'), delayMs, ...webhook }),
  z.strictObject({ kind: z.literal('lose'), ...webhook }),
]);

export const faultRules = z.array(faultRule).max(MAX_RULES);
export type FaultRule = z.output<typeof faultRule>;
export type RequestFault = Extract<FaultRule, { operation: RequestOperation | 'any' }>;
export type WebhookFault = Extract<FaultRule, { operation: 'webhook' }>;

export interface ActiveFault {
  readonly rule: FaultRule;
  readonly struck: number;
}

export interface Faults {
  /** Adds rules behind those that are there. False: that would be too many. */
  add(rules: readonly FaultRule[]): boolean;
  clear(): void;
  active(): readonly ActiveFault[];
  /** The first rule that strikes this operation now, or null. */
  strikeRequest(operation: RequestOperation): RequestFault | null;
  strikeWebhook(eventType: string): WebhookFault | null;
}

/** Faults on demand. All chance comes from `random`, so a seed replays them. */
export const createFaults = (random: SandboxRandom): Faults => {
  let rules: { rule: FaultRule; struck: number }[] = [];

  const strike = (matches: (rule: FaultRule) => boolean): FaultRule | null => {
    for (const entry of rules) {
      if (!matches(entry.rule)) continue;
      if (entry.rule.next !== undefined && entry.struck >= entry.rule.next) continue;
      if (entry.rule.probability < 1 && random.next() >= entry.rule.probability) continue;
      entry.struck += 1;
      return entry.rule;
    }
    return null;
  };

  return {
    add(added) {
      if (rules.length + added.length > MAX_RULES) return false;
      rules = [...rules, ...added.map((rule) => ({ rule, struck: 0 }))];
      return true;
    },
    clear() {
      rules = [];
    },
    active: () => rules.map(({ rule, struck }) => ({ rule, struck })),
    strikeRequest: (operation) =>
      strike((rule) => rule.operation === operation || rule.operation === 'any') as RequestFault | null,
    strikeWebhook: (eventType) =>
      strike(
        (rule) =>
          rule.operation === 'webhook' && (rule.eventType === undefined || rule.eventType === eventType),
      ) as WebhookFault | null,
  };
};
