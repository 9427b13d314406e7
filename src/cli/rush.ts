import { readConfig } from '../config.ts';
import { rushCommand as runCommand } from '../rush/command.ts';
import { readRunNote } from './run-note.ts';
import { mintToken } from './token.ts';

/** The fan simulator against the server of this environment, else against the one that runs from this data folder. */
export const rushCommand = async (
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> => {
  const config = readConfig(environment);
  const note = await readRunNote(config);
  return runCommand(args, {
    defaults: {
      url: note?.url ?? `http://127.0.0.1:${config.PORT}`,
      databaseUrl: config.DATABASE_URL ?? note?.databaseUrl ?? null,
      stripeApiUrl: config.STRIPE_API_URL ?? note?.sandboxUrl ?? null,
      stripeSecretKey: config.STRIPE_SECRET_KEY,
      callTtlMs: config.CALL_TTL_MS,
    },
    terminal: {
      write: (text) => void process.stdout.write(text),
      isTTY: process.stdout.isTTY,
      columns: process.stdout.columns ?? 80,
      rows: process.stdout.rows ?? 24,
    },
    operatorToken: () => mintToken(environment, 'operator', 'rush'),
  });
};
