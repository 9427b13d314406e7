import { LONG, SETTINGS } from './ava.config.js';

export default { ...SETTINGS, files: LONG };
