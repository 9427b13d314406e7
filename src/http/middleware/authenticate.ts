import type { BearerTokens, Caller } from '../../domain/ports/services.ts';
import { RefusalError, refuse } from '../../domain/refusal.ts';
import type { Auth } from '../route.ts';

const SCHEME = /^bearer +/i;
/** No token of ours or of an OIDC issuer is longer; a longer header is not worth a look. */
const MAX_TOKEN = 8_192;

const ALLOWED = {
  fan: ['fan'],
  operator: ['operator'],
  viewer: ['operator', 'viewer'],
  service: ['service'],
} as const satisfies Record<string, readonly Caller['role'][]>;

const callerOf = async (tokens: BearerTokens, header: string | undefined): Promise<Caller | null> => {
  if (header === undefined || header.length > MAX_TOKEN || !SCHEME.test(header)) return null;
  return tokens.read(header.replace(SCHEME, ''));
};

/** Who is asking, or null where the route does not care. Throws `unauthenticated` or `forbidden`. */
export const authenticate = async (
  tokens: BearerTokens,
  auth: Auth,
  header: string | undefined,
): Promise<Caller | null> => {
  if (auth === 'public' || auth === 'signed') return null;
  const caller = await callerOf(tokens, header);
  if (auth === 'optional') return caller?.role === 'fan' ? caller : null;
  if (caller === null) throw new RefusalError(refuse('unauthenticated'));
  if (!(ALLOWED[auth] as readonly string[]).includes(caller.role)) {
    throw new RefusalError(refuse('forbidden'));
  }
  return caller;
};
