import { hkdfSync } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { SignJWT, decodeJwt, jwtVerify } from 'jose';
import { isUuid } from '../../domain/ids.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { BearerTokens, Caller, TokenRole } from '../../domain/ports/services.ts';
import { createOidcVerifier, type OidcOptions } from './oidc.ts';

const ISSUER = 'catraca';
const AUDIENCE = 'catraca';
const ROLES: readonly string[] = ['fan', 'operator', 'viewer', 'service'] satisfies readonly TokenRole[];

/** Verified tokens that are remembered; about 600 bytes each. */
const REMEMBERED = 50_000;

interface Verified {
  readonly caller: Caller;
  readonly expiresAtMs: number;
}

export interface BearerTokensOptions {
  /** At least 32 characters; the signing key is derived from it. */
  readonly secret: string;
  readonly clock: Clock;
  /** Fans may bring tokens of this issuer. */
  readonly oidc?: OidcOptions | undefined;
}

/** The issuer a token claims, or null if it is no JWT. Nothing is believed because of it. */
const claimedIssuer = (token: string): string | null => {
  try {
    return decodeJwt(token).iss ?? null;
  } catch {
    return null;
  }
};

/**
 * HS256 JWTs with a `role`. A verified token is remembered until it expires, so a fan's second request costs a map look-up;
 * a wrong one never is. Tokens of an OIDC issuer are always fans.
 */
export const createBearerTokens = (options: BearerTokensOptions): BearerTokens => {
  const { clock } = options;
  const key = new Uint8Array(hkdfSync('sha256', options.secret, 'catraca', 'bearer tokens (HS256)', 32));
  const oidc = options.oidc === undefined ? null : createOidcVerifier(options.oidc, clock);
  const verified = new LRUCache<string, Verified>({ max: REMEMBERED });

  const verifyOurs = async (token: string): Promise<Verified | null> => {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp', 'role'],
        currentDate: new Date(clock.nowMs()),
      });
      const role = payload['role'];
      if (typeof role !== 'string' || !ROLES.includes(role)) return null;
      // Fans are named by uuid in every table; a token for anything else could only break a query.
      if (role === 'fan' && !isUuid(payload.sub as string)) return null;
      return {
        caller: { id: payload.sub as string, role: role as TokenRole },
        expiresAtMs: (payload.exp as number) * 1_000,
      };
    } catch {
      return null;
    }
  };

  const verify = async (token: string): Promise<Verified | null> => {
    if (oidc === null || claimedIssuer(token) !== options.oidc?.issuer) return verifyOurs(token);
    const found = await oidc.verify(token);
    return found && { caller: { id: found.fanId, role: 'fan' }, expiresAtMs: found.expiresAtMs };
  };

  const readNew = async (token: string): Promise<Caller | null> => {
    const found = await verify(token);
    if (found === null) return null;
    verified.set(token, found);
    return found.caller;
  };

  return {
    async issue(caller, lifeMs) {
      const nowMs = clock.nowMs();
      return new SignJWT({ role: caller.role })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(caller.id)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(Math.floor(nowMs / 1_000))
        .setExpirationTime(Math.ceil((nowMs + lifeMs) / 1_000))
        .sign(key);
    },
    read(token) {
      const known = verified.get(token);
      if (known === undefined) return readNew(token);
      if (known.expiresAtMs > clock.nowMs()) return known.caller;
      verified.delete(token);
      return null;
    },
  };
};
