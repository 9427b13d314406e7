import { createHmac, timingSafeEqual } from 'node:crypto';
import { isUuid } from '../domain/ids.ts';
import { LRUCache } from 'lru-cache';
import type { RecoveryCodes } from '../domain/ports/line.ts';
import type { LinePasses } from '../domain/ports/services.ts';

const PLACE = 'cp1';
const PASS = 'ca1';
/** Ours are about 230 characters; anything much longer is not worth hashing. */
const LONGEST = 512;
/** Crockford's alphabet: no I, L, O, U, so that a code survives being read out and written down. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const RECOVERY_CHARACTERS = 10;

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
const isId = (value: unknown): value is string => typeof value === 'string' && isUuid(value);

/** Ten characters of five bits each from the front of `bytes`. */
const inAlphabet = (bytes: Buffer): string => {
  let bits = bytes.readBigUInt64BE(0) >> BigInt(64 - RECOVERY_CHARACTERS * 5);
  let text = '';
  for (let index = 0; index < RECOVERY_CHARACTERS; index += 1) {
    text = `${ALPHABET[Number(bits & 31n)]}${text}`;
    bits >>= 5n;
  }
  return `${text.slice(0, RECOVERY_CHARACTERS / 2)}-${text.slice(RECOVERY_CHARACTERS / 2)}`;
};

const PASSES_KEPT = 20_000;

/**
 * Signs places and passes with `secret` (docs/TOKENS.md has the format and test vectors). Every node with the same secret
 * reads what any of them wrote; a new secret makes all places of before unreadable.
 */
export const createLinePasses = (secret: string): LinePasses & RecoveryCodes => {
  // A key a purpose: a recovery code can never be mistaken for the start of a signature.
  const keyFor = (purpose: string): Buffer => createHmac('sha256', secret).update(purpose).digest();
  const tokenKey = keyFor('catraca line tokens v1');
  const recoveryKey = keyFor('catraca recovery codes v1');

  // A fan shows the same pass with every hold. Only what was found genuine is kept, so a forger fills nothing.
  const genuine = new LRUCache<string, NonNullable<ReturnType<LinePasses['readPass']>>>({ max: PASSES_KEPT });

  const sign = (prefix: string, claims: object): string => {
    const signed = `${prefix}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    return `${signed}.${createHmac('sha256', tokenKey).update(signed).digest('base64url')}`;
  };

  const read = (prefix: string, text: string): Record<string, unknown> | null => {
    if (typeof text !== 'string' || text.length > LONGEST || !text.startsWith(`${prefix}.`)) return null;
    const [, payload, signature, ...more] = text.split('.');
    if (payload === undefined || signature === undefined || more.length > 0) return null;
    const expected = createHmac('sha256', tokenKey).update(`${prefix}.${payload}`).digest('base64url');
    // Compared as text: two spellings of one base64 value are not two valid tokens.
    const [given, right] = [Buffer.from(signature), Buffer.from(expected)];
    if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
    try {
      return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
    } catch {
      return null;
    }
  };

  return {
    issuePlace: ({ eventId, fanId, number }) => sign(PLACE, { e: eventId, f: fanId, n: number }),
    readPlace(text) {
      const claims = read(PLACE, text);
      if (claims === null) return null;
      const { e: eventId, f: fanId, n: number } = claims;
      return isId(eventId) && isId(fanId) && isCount(number) ? { eventId, fanId, number } : null;
    },
    issuePass: ({ passId, eventId, fanId, expiresAtMs }) =>
      sign(PASS, { p: passId, e: eventId, f: fanId, x: expiresAtMs }),
    readPass(text) {
      const known = genuine.get(text);
      if (known !== undefined) return known;
      const claims = read(PASS, text);
      if (claims === null) return null;
      const { p: passId, e: eventId, f: fanId, x: expiresAtMs } = claims;
      if (!(isId(passId) && isId(eventId) && isId(fanId) && isCount(expiresAtMs))) return null;
      const pass = { passId, eventId, fanId, expiresAtMs };
      genuine.set(text, pass);
      return pass;
    },
    recoveryCode: ({ eventId, fanId, number }) =>
      inAlphabet(createHmac('sha256', recoveryKey).update(`${eventId}.${fanId}.${number}`).digest()),
  };
};
