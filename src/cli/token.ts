import { signingSecret } from '../app/secret.ts';
import { readConfig } from '../config.ts';
import type { TokenRole } from '../domain/ports/services.ts';
import { isUuid } from '../domain/ids.ts';
import { systemClock, systemIds } from '../infra/environment.ts';
import { createBearerTokens } from '../infra/jose/bearer-tokens.ts';
import { parsed, UsageError } from './usage.ts';

const LIFE_MS = 12 * 3_600_000;
const ROLES: readonly TokenRole[] = ['operator', 'viewer', 'fan'];

/** A token of that role, signed with the secret of this environment or data folder. */
export const mintToken = async (
  environment: NodeJS.ProcessEnv,
  role: TokenRole,
  subject: string,
): Promise<string> => {
  const secret = await signingSecret(readConfig(environment));
  return createBearerTokens({ secret, clock: systemClock }).issue({ id: subject, role }, LIFE_MS);
};

/** Prints the token alone on stdout. */
export const tokenCommand = async (
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> => {
  const { values } = parsed({
    args: [...args],
    options: { role: { type: 'string', default: 'operator' }, subject: { type: 'string' } },
  });
  const role = ROLES.find((one) => one === values.role);
  if (role === undefined)
    throw new UsageError(`There is no role "${values.role}". Roles: ${ROLES.join(', ')}.`);
  const subject = values.subject ?? (role === 'fan' ? systemIds.next() : role);
  if (role === 'fan' && !isUuid(subject)) throw new UsageError('The subject of a fan is a UUID.');
  process.stdout.write(`${await mintToken(environment, role, subject)}\n`);
  return 0;
};
