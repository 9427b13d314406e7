import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { v5 as uuidv5 } from 'uuid';
import type { Clock } from '../../domain/ports/environment.ts';
import { RefusalError, refuse } from '../../domain/refusal.ts';

export interface OidcOptions {
  /** As it stands in the tokens' `iss`. */
  readonly issuer: string;
  readonly audience?: string | undefined;
  /** Bound of each request to the issuer. */
  readonly timeoutMs?: number;
}

/** Only signatures: with a shared-secret algorithm whoever has the public key could sign. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
  'Ed25519',
];

/** Namespace of fan ids made from foreign subjects. Changing it gives every such fan a new identity. */
const SUBJECTS = '2f1ad0f5-67ab-5c53-9f9a-6b2f3c0d8e11';

/** After a failed discovery nobody asks again for so long: an issuer that is down is not helped by a crowd. */
const RETRY_DISCOVERY_MS = 5_000;

export interface OidcVerifier {
  /** Fan id and expiry; null for a token that is not valid. Rejects with `unavailable` if the issuer gives no keys. */
  verify(token: string): Promise<{ readonly fanId: string; readonly expiresAtMs: number } | null>;
}

/** The stable fan id of a foreign subject. */
export const fanIdOf = (issuer: string, subject: string): string => uuidv5(`${issuer}\n${subject}`, SUBJECTS);

const discover = async (issuer: string, timeoutMs: number): Promise<URL> => {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  });
  if (!response.ok) throw new Error(`discovery answered ${response.status}`);
  const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (document.issuer !== issuer) throw new Error('discovery names another issuer');
  const jwksUri = new URL(String(document.jwks_uri));
  if (jwksUri.protocol !== 'https:' && new URL(issuer).protocol === 'https:') {
    throw new Error('keys of an https issuer must come over https');
  }
  return jwksUri;
};

/** Tokens of one OpenID Connect issuer, its keys found by discovery on first use and kept fresh by jose. */
export const createOidcVerifier = (options: OidcOptions, clock: Clock): OidcVerifier => {
  const timeoutMs = options.timeoutMs ?? 3_000;
  let keys: Promise<JWTVerifyGetKey> | null = null;
  let failedAtMs = Number.NEGATIVE_INFINITY;
  const unavailable = () =>
    new RefusalError(refuse('unavailable', { detail: 'The identity provider does not answer.' }));

  const keySet = async (): Promise<JWTVerifyGetKey> => {
    if (keys === null) {
      if (clock.nowMs() - failedAtMs < RETRY_DISCOVERY_MS) throw unavailable();
      keys = discover(options.issuer, timeoutMs).then((uri) =>
        createRemoteJWKSet(uri, { timeoutDuration: timeoutMs }),
      );
    }
    try {
      return await keys;
    } catch {
      keys = null;
      failedAtMs = clock.nowMs();
      throw unavailable();
    }
  };

  return {
    async verify(token) {
      const getKey = await keySet();
      try {
        const { payload } = await jwtVerify(token, getKey, {
          issuer: options.issuer,
          ...(options.audience === undefined ? {} : { audience: options.audience }),
          algorithms: ALGORITHMS,
          requiredClaims: ['sub', 'exp'],
          currentDate: new Date(clock.nowMs()),
        });
        return {
          fanId: fanIdOf(options.issuer, payload.sub as string),
          expiresAtMs: (payload.exp as number) * 1_000,
        };
      } catch (error) {
        // A token that is wrong has a class of its own in jose; what is left is the issuer not giving its keys.
        if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw unavailable();
        if (error.code === 'ERR_JOSE_GENERIC') throw unavailable();
        return null;
      }
    },
  };
};
