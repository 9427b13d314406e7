import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { urlsOf } from './domain/server-address.ts';

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

/** As above; it may name several hosts of one installation, with commas between them. */
const address = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) =>
        urlsOf(text).every(
          (one) =>
            URL.canParse(one) &&
            new URL(one).host !== '' &&
            protocols.includes(new URL(one).protocol.slice(0, -1)),
        ),
      {
        message: `must be a URL starting with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
      },
    );

const REDIS = ['redis', 'rediss'];
const MANY_REDIS = REDIS.flatMap((one) => [`${one}+cluster`, `${one}+sentinel`]);

const schema = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: url('http', 'https').optional(),
  TRUST_PROXY: flag,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  DATABASE_URL: address('postgres', 'postgresql').optional(),
  DATABASE_POOL: count(12, 2),
  REDIS_URL: address(...REDIS, ...MANY_REDIS)
    .refine((text) => MANY_REDIS.includes(text.split(':')[0] ?? '') || urlsOf(text).length === 1, {
      message: 'several hosts are a redis+cluster:// or a redis+sentinel://',
    })
    .refine(
      (text) => !text.includes('+sentinel:') || /\/[^/?]+$/.test(new URL(urlsOf(text)[0] ?? text).pathname),
      {
        message: 'must end with the name that Sentinel gives the master: redis+sentinel://host:26379/name',
      },
    )
    .optional(),
  // Braces would take the place of the event as hash tag, and all keys would lie in one slot of a cluster.
  REDIS_PREFIX: z
    .string()
    .max(40)
    .regex(/^[^{}]*$/, 'must have no braces')
    .default('catraca:'),
  RABBITMQ_URL: address('amqp', 'amqps').optional(),
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
  WORKERS: count(1, 0),
  MAX_IN_FLIGHT: count(1_024, 16),
  JOINS_PER_ADDRESS_PER_MINUTE: count(0, 0),
  STRIPE_API_URL: url('http', 'https').optional(),
  STRIPE_SECRET_KEY: z.string().min(1).default('sk_test_catraca_sandbox'),
  STRIPE_WEBHOOK_SECRET: z.string().min(1).default('whsec_catraca_sandbox'),
  CHECKOUT_URL: z.string().optional(),
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(3001),
  SANDBOX_WEBHOOK_URL: url('http', 'https').optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').optional(),
  OTEL_SERVICE_NAME: z.string().min(1).default('catraca'),
  TRACE_SHARE: z.coerce.number().min(0).max(1).default(0.1),
  TICKETS_URL: url('http', 'https').optional(),
  PAYMENTS_URL: url('http', 'https').optional(),
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

type Name = keyof Variables;

/** The servers that these roles work with. */
export const serversOf = (
  roles: readonly Role[],
): { readonly postgres: boolean; readonly redis: boolean; readonly rabbit: boolean } => {
  const one = (...names: Role[]): boolean => names.some((name) => roles.includes(name));
  return {
    postgres: one('gateway', 'tickets', 'payments'),
    redis: one('gateway', 'tickets'),
    rabbit: one('tickets', 'payments'),
  };
};

/** What these roles cannot do without, with the reason. */
const neededBy = (
  roles: readonly Role[],
  given: Partial<Variables>,
): readonly (readonly [Name, string])[] => {
  const needs = serversOf(roles);
  const servers: readonly Name[] = [
    ...(needs.postgres ? (['DATABASE_URL'] as const) : []),
    ...(needs.redis ? (['REDIS_URL'] as const) : []),
    ...(needs.rabbit ? (['RABBITMQ_URL'] as const) : []),
  ];
  const has = (role: Role): boolean => roles.includes(role);
  const apart = needs.postgres && !(has('gateway') && has('tickets') && has('payments'));
  const shared = 'must be set where the services run in processes of their own';
  const wanted: (readonly [Name, string])[] = [];
  if (given.NODE_ENV === 'production') {
    if (given.ALLOW_EMBEDDED !== true)
      for (const name of servers)
        wanted.push([name, 'must be set in production (or set ALLOW_EMBEDDED=1 and know what you do)']);
    wanted.push(['CATRACA_SECRET', 'must be set in production']);
  }
  if (needs.redis && given.WORKERS !== undefined && given.WORKERS !== 1)
    wanted.push(['REDIS_URL', 'must be set for several workers: the embedded line lives in one process']);
  if (apart) {
    for (const name of servers) if (name !== 'RABBITMQ_URL') wanted.push([name, shared]);
    wanted.push(['CATRACA_SECRET', shared]);
  }
  if (has('gateway') && !has('tickets'))
    wanted.push(['TICKETS_URL', 'must say where the role tickets is served']);
  if ((has('gateway') || has('tickets')) && !has('payments'))
    wanted.push(['PAYMENTS_URL', 'must say where the role payments is served']);
  const missing = new Map<Name, string>();
  for (const [name, reason] of wanted)
    if (given[name] === undefined && !missing.has(name)) missing.set(name, reason);
  return [...missing];
};

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
  if (parsed.success)
    for (const [name, reason] of neededBy(roles, parsed.data)) problems.push(`${name}: ${reason}`);
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const { CATRACA_SECRET, ...rest } = parsed.data;
  const WORKERS = rest.WORKERS === 0 ? availableParallelism() : rest.WORKERS;
  return Object.freeze({ ...rest, WORKERS, roles, secret: CATRACA_SECRET ?? null });
};

/** A fresh signing secret, for the data folder of an embedded start. */
export const newSecret = (): string => randomBytes(32).toString('base64url');
