import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PlaceClaim, RecoveryCodes } from '../domain/ports/recovery.ts';
import { inBase32, PROOF_CHARACTERS, readRecoveryCode, writeRecoveryCode } from '../domain/recovery-code.ts';

/** A place is handed over a few times at most; a code older than so many is not looked for. */
const OLDEST = 32;

/** Recovery codes as docs/TOKENS.md describes them. Whoever lacks the secret guesses among 2⁶⁰ for each place. */
export const createRecoveryCodes = (secret: string): RecoveryCodes => {
  // A key a purpose: a recovery code can never be mistaken for the start of a signature.
  const key = createHmac('sha256', secret).update('catraca recovery codes v2').digest();

  const proofOf = ({ eventId, fanId, number, claim = 0 }: PlaceClaim): string => {
    const mac = createHmac('sha256', key).update(`${eventId}.${fanId}.${number}.${claim}`).digest();
    return inBase32(mac, PROOF_CHARACTERS);
  };

  return {
    recoveryCode: (place) => writeRecoveryCode({ number: place.number, proof: proofOf(place) }),
    codedNumber: (code) => readRecoveryCode(code)?.number ?? null,
    codedClaim(code, place) {
      const parts = readRecoveryCode(code);
      if (parts === null || parts.number !== place.number) return null;
      const given = Buffer.from(parts.proof);
      for (let claim = place.claim; claim >= Math.max(0, place.claim - OLDEST); claim -= 1) {
        if (timingSafeEqual(given, Buffer.from(proofOf({ ...place, claim })))) return claim;
      }
      return null;
    },
  };
};
