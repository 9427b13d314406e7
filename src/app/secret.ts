import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newSecret, type Config } from '../config.ts';

/**
 * The signing secret: the one configured, else one of this data folder's own, made at the first start. Without it kept
 * there, a restart would turn every place and every token into waste paper.
 */
export const signingSecret = async (config: Pick<Config, 'secret' | 'CATRACA_DATA_DIR'>): Promise<string> => {
  if (config.secret !== null) return config.secret;
  await mkdir(config.CATRACA_DATA_DIR, { recursive: true, mode: 0o711 });
  const file = join(config.CATRACA_DATA_DIR, 'secret');
  try {
    // wx: of two first starts at once only one writes, and both read the same.
    await writeFile(file, newSecret(), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(file, 'utf8')).trim();
};
