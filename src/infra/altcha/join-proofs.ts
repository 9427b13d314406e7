import { createHmac } from 'node:crypto';
import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { z } from 'zod';
import { workShape } from '../../domain/join-proof.ts';
import type { JoinProofs } from '../../domain/ports/join-proofs.ts';

/** Some 600 bytes are usual. */
const MOST_CHARACTERS = 4_000;

const payloadSchema = z.object({
  challenge: z.object({
    parameters: z.looseObject({
      algorithm: z.literal('SHA-256'),
      nonce: z.string().max(64),
      salt: z.string().max(64),
      cost: z.int().min(1).max(15),
      keyLength: z.int().min(1).max(32),
      keyPrefix: z.string().min(1).max(16),
      expiresAt: z.number(),
      data: z.object({ eventId: z.string(), fanId: z.string() }),
    }),
    signature: z.string().max(128),
  }),
  solution: z.object({ counter: z.number(), derivedKey: z.string().max(64) }),
});

const parse = (proof: string): z.output<typeof payloadSchema> | null => {
  if (proof.length > MOST_CHARACTERS) return null;
  try {
    return payloadSchema.parse(JSON.parse(Buffer.from(proof, 'base64').toString('utf8')));
  } catch {
    return null;
  }
};

/**
 * ALTCHA's proof of work, version 2, with SHA-256: solved by the widget or by `altcha-lib`, sent back as base64 of its payload.
 * Nothing is kept about puzzles: one that is used again brings the same fan the same place again.
 */
export const createJoinProofs = (signingSecret: string): JoinProofs => {
  // A key a purpose: what is signed here is never mistaken for a place or a pass.
  const hmacSignatureSecret = createHmac('sha256', signingSecret)
    .update('catraca join proofs v1')
    .digest('hex');
  return {
    async make(eventId, fanId, hashes, expiresAtMs) {
      const { zeros, rounds } = workShape(hashes);
      const challenge = await createChallenge({
        algorithm: 'SHA-256',
        cost: rounds,
        keyPrefix: '0'.repeat(zeros),
        deriveKey,
        data: { eventId, fanId },
        expiresAt: Math.ceil(expiresAtMs / 1_000),
        hmacSignatureSecret,
      });
      return { ...challenge };
    },

    async isSolved(eventId, fanId, proof) {
      const payload = parse(proof);
      if (payload === null) return false;
      const { data } = payload.challenge.parameters;
      if (data.eventId !== eventId || data.fanId !== fanId) return false;
      try {
        const { verified } = await verifySolution({ ...payload, deriveKey, hmacSignatureSecret });
        return verified;
      } catch {
        // Its own checks throw at some malformed values; what does not check is not solved.
        return false;
      }
    },
  };
};
