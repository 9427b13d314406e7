/**
 * What takes long: browsers, servers and processes that are killed and started again, sales by the clock, promises broken
 * on purpose. `npm run test:long` runs these, `npm test` everything else within five minutes on two cores.
 */
export const LONG = [
  'dist/test/deploy/observability.test.js',
  'dist/test/edge/**/*.test.js',
  'dist/test/infra/embedded-postgres.test.js',
  'dist/test/integration/backup.test.js',
  'dist/test/integration/closed-loop.test.js',
  'dist/test/integration/newer-schema.test.js',
  'dist/test/integration/node-killed.test.js',
  'dist/test/integration/postgres-away.test.js',
  'dist/test/integration/process.test.js',
  'dist/test/integration/rabbit-away.test.js',
  'dist/test/integration/rabbit-bus.test.js',
  'dist/test/integration/redis-away.test.js',
  'dist/test/integration/redis-flushed.test.js',
  'dist/test/integration/roles-apart.test.js',
  'dist/test/integration/rush.test.js',
  'dist/test/integration/start-in-outage.test.js',
  'dist/test/integration/workers.test.js',
  'dist/test/liars/**/*.test.js',
  'dist/test/private-servers.test.js',
  'dist/test/simulation/broken.test.js',
  'dist/test/web/**/*.test.js',
];

/** Six Redis servers, three brokers, two Postgres: each sells a house while it loses one, and wants the machine for itself. */
export const CLUSTERS = ['dist/test/clusters/**/*.test.js'];

/**
 * They take longest. Begun last, by their names, they would end alone on an idle machine. No two of them start several nodes:
 * with `edge/rush`, `integration/workers` and `integration/process` at once a node found no connection left at Postgres.
 */
const FIRST = [
  'edge/rush',
  'integration/journey',
  'waiting-room/waiting-room',
  'web/fan-accessibility',
  'simulation/broken',
  'conformance/line-store.postgres',
  'web/console',
  'waiting-room/draw',
  'simulation/seeds',
  'integration/verify-draw',
].map((file) => `/dist/test/${file}.test.js`);
const rank = (file) => {
  const place = FIRST.findIndex((end) => file.endsWith(end));
  return place === -1 ? FIRST.length : place;
};

const MUST_END = new URL('dist/test/support/must-end.js', import.meta.url).href;

export const SETTINGS = {
  workerThreads: false,
  nodeArguments: ['--enable-source-maps', `--import=${MUST_END}`],
  timeout: '120s',
  concurrency: 3,
  sortTestFiles: (one, other) => rank(one) - rank(other) || (one < other ? -1 : 1),
};

export default { ...SETTINGS, files: ['dist/test/**/*.test.js', ...[...LONG, ...CLUSTERS].map((files) => `!${files}`)] };
