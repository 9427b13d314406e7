import { createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, exportJWK } from 'jose';
import type { TicketCodes } from '../../domain/ports/services.ts';

/** DER of a PKCS#8 Ed25519 private key up to its 32 bytes of seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const keyFrom = (secret: string) => {
  const seed = Buffer.from(hkdfSync('sha256', secret, 'catraca', 'ticket codes (Ed25519)', 32));
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
};

/**
 * Codes that a door checks with the public key alone: a compact JWS `{tid, evt, seat, ord, iat}` signed with Ed25519. The key
 * follows from `secret`, so every node signs alike, and the same ticket always has the same code.
 */
export const createTicketCodes = (secret: string): TicketCodes => {
  const privateKey = keyFrom(secret);
  const publicKey = (async () => {
    const jwk = await exportJWK(createPublicKey(privateKey));
    return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' };
  })();
  // Awaited by every caller; this only keeps a failure before the first of them from ending the process.
  publicKey.catch(() => undefined);

  return {
    async sign(ticket) {
      const payload = {
        tid: ticket.ticketId,
        evt: ticket.eventId,
        seat: ticket.seatId,
        ord: ticket.orderId,
        iat: Math.floor(ticket.issuedAtMs / 1_000),
      };
      return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
        .setProtectedHeader({ alg: 'EdDSA', kid: (await publicKey).kid })
        .sign(privateKey);
    },
    publicKeys: async () => ({ keys: [await publicKey] }),
  };
};
