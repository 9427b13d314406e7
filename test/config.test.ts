import { readFileSync } from 'node:fs';
import test from 'ava';
import { ConfigError, readConfig, ROLES, VARIABLES, type Config, type Role } from '../src/config.ts';

/** What stands in `.env.example`: every variable, commented out, with the comment lines above it. */
const example = (): { name: string; value: string; comment: string }[] => {
  let comment = '';
  return readFileSync('.env.example', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, name, value] = /^#([A-Z_]+)=(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) {
        comment = line.startsWith('# ') ? `${comment} ${line}` : '';
        return [];
      }
      const found = { name, value, comment };
      comment = '';
      return [found];
    });
};

const valueOf = (config: Config, name: string): unknown =>
  (config as unknown as Record<string, unknown>)[name];

const byName = (a = '', b = ''): number => a.localeCompare(b);

const problemsOf = (environment: Record<string, string>, roles: readonly Role[] = ROLES): string[] => {
  try {
    readConfig(environment, roles);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
};

const PRODUCTION = {
  NODE_ENV: 'production',
  CATRACA_SECRET: 's'.repeat(32),
  DATABASE_URL: 'postgres://db/catraca',
  REDIS_URL: 'redis://cache',
  RABBITMQ_URL: 'amqp://broker',
};

test('.env.example names every variable once and no other', (t) => {
  const names = example().map(({ name }) => name);
  t.deepEqual([...names].sort(byName), [...VARIABLES].sort(byName));
});

test('.env.example shows the defaults that are in force', (t) => {
  const config = readConfig({});
  for (const { name, value } of example()) {
    const inForce = name === 'CATRACA_SECRET' ? config.secret : valueOf(config, name);
    // A boolean is shown as 0 or 1, the absent as empty.
    t.is(value, [typeof inForce === 'boolean' ? Number(inForce) : inForce].join(), name);
  }
});

test('.env.example can be used as it stands, and explains each variable with its unit', (t) => {
  t.deepEqual(
    readConfig(Object.fromEntries(example().map(({ name, value }) => [name, value]))),
    readConfig({}),
  );
  for (const { name, comment } of example()) {
    t.not(comment, '', name);
    if (name.endsWith('_MS')) t.regex(comment, /in milliseconds/, name);
  }
});

test('all that is wrong is said at once, one line a variable', (t) => {
  const problems = problemsOf({
    PORT: '70000',
    HOLD_TTL_MS: 'soon',
    DATABASE_URL: 'mysql://db',
    CATRACA_SECRET: 'short',
    LOG_LEVEL: 'loud',
    TRUST_PROXY: 'maybe',
  });
  t.deepEqual(problems.map((line) => line.split(':')[0]).sort(byName), [
    'CATRACA_SECRET',
    'DATABASE_URL',
    'HOLD_TTL_MS',
    'LOG_LEVEL',
    'PORT',
    'TRUST_PROXY',
  ]);
});

test('a secret is never repeated in a complaint', (t) => {
  t.false(problemsOf({ CATRACA_SECRET: 'hunter2' }).join().includes('hunter2'));
});

test('an empty or blank value counts as not set, and unknown variables are none of our business', (t) => {
  t.deepEqual(readConfig({ PORT: '', REDIS_URL: '  ', PATH: '/bin' }), readConfig({}));
});

test('values are read in their own types', (t) => {
  const config = readConfig({ PORT: '8080', CHAOS: 'true', TRUST_PROXY: '1', ALLOW_EMBEDDED: '0' }, [
    'sandbox',
  ]);
  t.deepEqual(
    [config.PORT, config.CHAOS, config.TRUST_PROXY, config.ALLOW_EMBEDDED, config.roles],
    [8080, true, true, false, ['sandbox']],
  );
  t.deepEqual(readConfig({}).roles, ROLES);
  t.true(Object.isFrozen(config));
});

test('production refuses every embedded part and a made-up secret', (t) => {
  t.deepEqual(
    problemsOf({ NODE_ENV: 'production' })
      .map((line) => line.split(':')[0])
      .sort(byName),
    ['CATRACA_SECRET', 'DATABASE_URL', 'RABBITMQ_URL', 'REDIS_URL'],
  );
  t.deepEqual(problemsOf(PRODUCTION), []);
  for (const name of ['CATRACA_SECRET', 'DATABASE_URL', 'RABBITMQ_URL', 'REDIS_URL']) {
    t.deepEqual(
      problemsOf({ ...PRODUCTION, [name]: '' }).map((line) => line.split(':')[0]),
      [name],
    );
  }
});

test('production with embedded parts has to be asked for, and still needs a secret', (t) => {
  const asked = { NODE_ENV: 'production', ALLOW_EMBEDDED: '1' };
  t.deepEqual(problemsOf({ ...asked, CATRACA_SECRET: PRODUCTION.CATRACA_SECRET }), []);
  t.regex(problemsOf(asked).join(), /^CATRACA_SECRET/);
});

test('a service that runs apart needs what it shares with the others, and where they are', (t) => {
  const missing = (roles: readonly Role[], environment: Record<string, string> = {}) =>
    problemsOf(environment, roles)
      .map((line) => line.split(':')[0])
      .sort(byName);
  t.deepEqual(missing(['gateway']), [
    'CATRACA_SECRET',
    'DATABASE_URL',
    'PAYMENTS_URL',
    'REDIS_URL',
    'TICKETS_URL',
  ]);
  t.deepEqual(missing(['tickets']), ['CATRACA_SECRET', 'DATABASE_URL', 'PAYMENTS_URL', 'REDIS_URL']);
  t.deepEqual(missing(['payments']), ['CATRACA_SECRET', 'DATABASE_URL']);
  t.deepEqual(missing(['payments'], { NODE_ENV: 'production' }), [
    'CATRACA_SECRET',
    'DATABASE_URL',
    'RABBITMQ_URL',
  ]);
  t.deepEqual(missing(['sandbox']), []);
  t.deepEqual(missing(['gateway', 'tickets', 'payments']), []);
});

test('several workers need a Redis, because the embedded line lives in one process; none are needed for payments', (t) => {
  t.deepEqual(problemsOf({ WORKERS: '2' }), [
    'REDIS_URL: must be set for several workers: the embedded line lives in one process',
  ]);
  t.deepEqual(problemsOf({ WORKERS: '2', REDIS_URL: 'redis://cache' }), []);
  t.deepEqual(problemsOf({ WORKERS: 'many', REDIS_URL: 'redis://cache' }).length, 1);
  t.true(readConfig({ WORKERS: '0', REDIS_URL: 'redis://cache' }).WORKERS >= 1);
});

test('a Redis of several hosts says of which kind it is, and no prefix takes the event’s place in a cluster', (t) => {
  for (const REDIS_URL of [
    'redis://cache:6379',
    'redis+cluster://one:7000,two:7000,three:7000',
    'rediss+cluster://user:p%40ss@one:7000',
    'redis+sentinel://one:26379,two:26379/sale',
  ])
    t.deepEqual(problemsOf({ REDIS_URL }), [], REDIS_URL);
  t.deepEqual(problemsOf({ REDIS_URL: 'redis://one:6379,two:6379' }), [
    'REDIS_URL: several hosts are a redis+cluster:// or a redis+sentinel://',
  ]);
  t.regex(problemsOf({ REDIS_URL: 'redis+sentinel://one:26379' }).join(), /the name that Sentinel gives/);
  for (const REDIS_URL of [
    'redis+cluster://',
    'redis+cluster://one:7000,',
    'redis+cluster://one:port',
    'http://one',
  ])
    t.is(problemsOf({ REDIS_URL }).length, 1, REDIS_URL);
  t.deepEqual(problemsOf({ REDIS_PREFIX: '{sale}:' }), ['REDIS_PREFIX: must have no braces']);
});
