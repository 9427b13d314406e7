import { createHmac, timingSafeEqual } from 'node:crypto';
import { isUuid } from '../domain/ids.ts';
import { LRUCache } from 'lru-cache';
import type { RecoveryCodes } from '../domain/ports/recovery.ts';
import type { LinePasses } from '../domain/ports/waiting-room.ts';
import { createRecoveryCodes } from './recovery-codes.ts';

const PLACE = 'cp1';
const PASS = 'ca1';
/** Ours are about 230 characters; anything much longer is not worth hashing. */
const LONGEST = 512;

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
const isId = (value: unknown): value is string => typeof value === 'string' && isUuid(value);

const PASSES_KEPT = 20_000;

/**
 * Signs places and passes with `secret` (docs/TOKENS.md has the format and test vectors). Every node with the same secret
 * reads what any of them wrote; a new secret makes all places of before unreadable.
 */
export const createLinePasses = (secret: string): LinePasses & RecoveryCodes => {
  const tokenKey = createHmac('sha256', secret).update('catraca line tokens v1').digest();

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
    ...createRecoveryCodes(secret),
    issuePlace: ({ eventId, fanId, number, claim = 0 }) =>
      sign(PLACE, { e: eventId, f: fanId, n: number, ...(claim > 0 && { c: claim }) }),
    readPlace(text) {
      const claims = read(PLACE, text);
      if (claims === null) return null;
      const { e: eventId, f: fanId, n: number, c: claim } = claims;
      if (!(isId(eventId) && isId(fanId) && isCount(number))) return null;
      if (claim === undefined) return { eventId, fanId, number };
      return isCount(claim) ? { eventId, fanId, number, claim } : null;
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
  };
};
