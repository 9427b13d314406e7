import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/**
 * Environment → frozen config. The only reader of `process.env`. Every variable is described in `.env.example` with its
 * default and unit, and a test holds the two together.
 */
export const ROLES = ['gateway', 'tickets', 'payments', 'sandbox'] as const;
export type Role = (typeof ROLES)[number];

const milliseconds = (fallback: number, min = 1) => z.coerce.number().int().min(min).default(fallback);
const count = (fallback: number, min = 1) => z.coerce.number().int().min(min).default(fallback);
const flag = z
  .enum(['0', '1', 'true', 'false', ''])
  .default('0')
  .transform((text) => text === '1' || text === 'true');
const url = (...protocols: string[]) =>
  z.url().refine((text) => protocols.includes(new URL(text).protocol.slice(0, -1)), {
    message: `must be a URL starting with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
  });

const schema = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: url('http', 'https').optional(),
  TRUST_PROXY: flag,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  DATABASE_URL: url('postgres', 'postgresql').optional(),
  DATABASE_POOL: count(12, 2),
  REDIS_URL: url('redis', 'rediss').optional(),
  REDIS_PREFIX: z.string().max(40).default('catraca:'),
  RABBITMQ_URL: url('amqp', 'amqps').optional(),
  ALLOW_EMBEDDED: flag,
  CATRACA_DATA_DIR: z.string().min(1).default('.catraca'),
  CATRACA_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  HOLD_TTL_MS: milliseconds(300_000, 1_000),
  PAY_WITHIN_MS: milliseconds(600_000, 1_000),
  PASS_TTL_MS: milliseconds(600_000, 1_000),
  CALL_TTL_MS: milliseconds(30_000, 1_000),
  ADMISSION_TICK_MS: milliseconds(250, 20),
  SWEEP_EVERY_MS: milliseconds(1_000, 20),
  RECONCILE_EVERY_MS: milliseconds(60_000, 20),
  DRAIN_MS: milliseconds(4_000, 0),
  MAX_IN_FLIGHT: count(1_024, 16),
  STRIPE_API_URL: url('http', 'https').optional(),
  STRIPE_SECRET_KEY: z.string().min(1).default('sk_test_catraca_sandbox'),
  STRIPE_WEBHOOK_SECRET: z.string().min(1).default('whsec_catraca_sandbox'),
  CHECKOUT_URL: z.string().optional(),
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(3001),
  SANDBOX_WEBHOOK_URL: url('http', 'https').optional(),
  OIDC_ISSUER: url('https', 'http').optional(),
  OIDC_AUDIENCE: z.string().optional(),
  CHAOS: flag,
});

type Variables = z.output<typeof schema>;

/** The name of every variable. */
export const VARIABLES: readonly string[] = Object.keys(schema.shape);

export interface Config extends Omit<Variables, 'CATRACA_SECRET'> {
  readonly roles: readonly Role[];
  /** Signs places, passes and tokens. Null: none was given, the data folder's own is used (see app.ts). */
  readonly secret: string | null;
}

/** All that is wrong with the environment, one line a variable. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
  }
}

/** Reads and checks everything; throws one `ConfigError` that names every wrong variable. An empty or blank value counts as unset. */
export const readConfig = (
  environment: Readonly<Record<string, string | undefined>>,
  roles: readonly Role[] = ROLES,
): Config => {
  const given = Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => VARIABLES.includes(name) && value !== undefined && value.trim() !== '',
    ),
  );
  const parsed = schema.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (parsed.success && parsed.data.NODE_ENV === 'production') {
    if (!parsed.data.ALLOW_EMBEDDED) {
      for (const name of ['DATABASE_URL', 'REDIS_URL', 'RABBITMQ_URL'] as const) {
        if (parsed.data[name] === undefined) {
          problems.push(`${name}: must be set in production (or set ALLOW_EMBEDDED=1 and know what you do)`);
        }
      }
    }
    if (parsed.data.CATRACA_SECRET === undefined) problems.push('CATRACA_SECRET: must be set in production');
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const { CATRACA_SECRET, ...rest } = parsed.data;
  return Object.freeze({ ...rest, roles, secret: CATRACA_SECRET ?? null });
};

/** A fresh signing secret, for the data folder of an embedded start. */
export const newSecret = (): string => randomBytes(32).toString('base64url');
