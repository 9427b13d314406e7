import { CLUSTERS, SETTINGS } from './ava.config.js';

export default { ...SETTINGS, files: CLUSTERS };
