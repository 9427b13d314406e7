import { createHash, createHmac } from 'node:crypto';
import type { Hashes } from '../domain/draw.ts';

/** OpenSSL's. */
export const nodeHashes: Hashes = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
};
