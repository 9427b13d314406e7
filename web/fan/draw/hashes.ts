import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Hashes } from '../../../src/domain/draw.ts';

/** A library's, because browsers compute digests themselves only over a secure connection, and a saved page has none. */
export const browserHashes: Hashes = {
  sha256: (bytes) => sha256(bytes),
  hmacSha256: (key, bytes) => hmac(sha256, key, bytes),
};
