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

type MaybeCaller = Caller | null;

const callerOf = (tokens: BearerTokens, header: string | undefined): MaybeCaller | Promise<MaybeCaller> => {
  if (header === undefined || header.length > MAX_TOKEN || !SCHEME.test(header)) return null;
  return tokens.read(header.replace(SCHEME, ''));
};

const allowed = (auth: Exclude<Auth, 'public' | 'signed'>, caller: MaybeCaller): MaybeCaller => {
  if (auth === 'optional') return caller?.role === 'fan' ? caller : null;
  if (caller === null) throw new RefusalError(refuse('unauthenticated'));
  if (!(ALLOWED[auth] as readonly string[]).includes(caller.role)) {
    throw new RefusalError(refuse('forbidden'));
  }
  return caller;
};

/**
 * Who is asking, or null where the route does not care. Throws (or rejects with) `unauthenticated` or `forbidden`. Not a promise where
 * the token is known, as it is with nearly every request of a rush.
 */
export const authenticate = (
  tokens: BearerTokens,
  auth: Auth,
  header: string | undefined,
): MaybeCaller | Promise<MaybeCaller> => {
  if (auth === 'public' || auth === 'signed') return null;
  const caller = callerOf(tokens, header);
  return caller instanceof Promise ? caller.then((one) => allowed(auth, one)) : allowed(auth, caller);
};
