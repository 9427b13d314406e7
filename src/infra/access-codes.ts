import { createHmac } from 'node:crypto';
import { normalCode } from '../domain/access-code.ts';
import type { AccessCodes } from '../domain/ports/access-book.ts';
import { inBase32 } from '../domain/recovery-code.ts';

/** Sixty bits: the limits of guessing are for codes that operators bring along. */
const CHARACTERS = 12;

/** Keyed with `secret`: with another secret no code of before is known any more. */
export const createAccessCodes = (secret: string): AccessCodes => {
  const keyFor = (purpose: string): Buffer => createHmac('sha256', secret).update(purpose).digest();
  const hashKey = keyFor('catraca access codes v1');
  const makeKey = keyFor('catraca new access codes v1');
  return {
    hash(eventId, code) {
      const plain = normalCode(code);
      return plain === null ? null : createHmac('sha256', hashKey).update(`${eventId}.${plain}`).digest();
    },
    make(batchId, index) {
      const bytes = createHmac('sha256', makeKey).update(`${batchId}.${index}`).digest();
      return inBase32(bytes, CHARACTERS).replaceAll(/(.{4})(?!$)/g, '$1-');
    },
  };
};
