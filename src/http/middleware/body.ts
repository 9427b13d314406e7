import type { IncomingMessage } from 'node:http';
import { RefusalError, refuse } from '../../domain/refusal.ts';

/**
 * The raw bytes of the body; an empty buffer where there is none. Throws `payload_too_large` as soon as the limit is passed;
 * what still comes is read away by Node within its request timeout, so that the client sees the answer and not a reset. Throws
 * `invalid_request`, for the log alone, when the client has left.
 */
export const readBody = (request: IncomingMessage, limitBytes: number): Promise<Buffer> => {
  const tooLarge = () =>
    new RefusalError(refuse('payload_too_large', { detail: `At most ${limitBytes} bytes.` }));
  const tooShort = () => new RefusalError(refuse('invalid_request', { detail: 'The body ended too early.' }));
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limitBytes) return Promise.reject(tooLarge());
  if (announced === 0 && request.headers['transfer-encoding'] === undefined) {
    return Promise.resolve(Buffer.alloc(0));
  }
  // It left while its token was looked at: nothing would be heard of its body any more, and we should wait for ever.
  if (request.destroyed) return Promise.reject(tooShort());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    const done = (outcome: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      outcome();
    };
    const onData = (chunk: Buffer): void => {
      received += chunk.length;
      if (received > limitBytes) done(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    const onEnd = (): void =>
      done(() => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    const onGone = (): void => done(() => reject(tooShort()));
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
};

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json(?:\s*;\s*charset=("?)utf-8\1)?\s*$/i;

/** The body of this request as JSON; undefined where there is none. Throws at every other type, charset and encoding. */
export const parseJson = (request: IncomingMessage, raw: Buffer): unknown => {
  if (raw.length === 0) return undefined;
  const type = request.headers['content-type'] ?? '';
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (!JSON_TYPE.test(type) || encoding !== 'identity') {
    throw new RefusalError(refuse('unsupported_media_type'));
  }
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    throw new RefusalError(refuse('malformed_json'));
  }
};
