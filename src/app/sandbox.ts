import { join } from 'node:path';
import type { Config } from '../config.ts';
import { systemClock, systemIds, systemRandom } from '../infra/environment.ts';
import type { Logger } from '../infra/log.ts';
import { startSandbox, type Sandbox } from '../sandbox/server.ts';
import type { Closing } from './closing.ts';
import { portError } from './listen.ts';

/** The gateway for development, on an origin of its own. */
export const startSandboxGateway = async (
  config: Config,
  log: Logger,
  closing: Closing,
): Promise<Sandbox> => {
  try {
    const sandbox = await startSandbox({
      port: config.SANDBOX_PORT,
      host: config.HOST,
      secretKey: config.STRIPE_SECRET_KEY,
      webhookSecret: config.STRIPE_WEBHOOK_SECRET,
      webhookUrl: config.SANDBOX_WEBHOOK_URL ?? null,
      dataDir: join(config.CATRACA_DATA_DIR, 'sandbox'),
      clock: systemClock,
      ids: systemIds,
      random: systemRandom,
      log,
    });
    closing.add('sandbox gateway', () => sandbox.stop());
    return sandbox;
  } catch (error) {
    throw portError(error, 'SANDBOX_PORT', config.SANDBOX_PORT, config.HOST);
  }
};
