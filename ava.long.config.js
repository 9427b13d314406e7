import { LONG, SETTINGS } from './ava.config.js';

/** Six Redis servers, three brokers, two Postgres: each sells a house while it loses one. CI's short form leaves them out. */
const CLUSTERS = 'dist/test/clusters/**/*.test.js';

const files = process.env.LONG_TESTS === 'short' ? LONG.filter((one) => one !== CLUSTERS) : LONG;

export default { ...SETTINGS, files };
