import { LONG, SETTINGS } from './ava.config.js';

/** Two fifths of the time of all; CI leaves these out, and says so, where `npm test` alone took half an hour. */
const LEFT_OUT = [
  'dist/test/edge/rush.test.js',
  'dist/test/integration/closed-loop.test.js',
  'dist/test/integration/workers.test.js',
  'dist/test/simulation/broken.test.js',
  'dist/test/web/console.test.js',
  'dist/test/web/fan-accessibility.test.js',
];
const left = process.env.SHORT_FORM === '1' ? LEFT_OUT : [];

export default { ...SETTINGS, files: [...LONG, ...left.map((file) => `!${file}`)] };
