import type { IncomingMessage } from 'node:http';
import { RefusalError, refuse } from '../../domain/refusal.ts';

const NOTHING = Buffer.alloc(0);

/** For the log alone: its client has left. */
const tooShort = (): RefusalError =>
  new RefusalError(refuse('invalid_request', { detail: 'The body ended too early.' }));

const collect = (
  request: IncomingMessage,
  limitBytes: number,
  tooLarge: () => RefusalError,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
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

/**
 * The raw bytes of the body; an empty buffer where there is none. Not a promise where the body has come with its head, as a small one
 * does: to listen for it cost the node a seventh of a hold. Throws (or rejects with) `payload_too_large` as soon as the limit is passed; what
 * still comes is read away by Node within its request timeout, so that the client sees the answer and not a reset. The same with
 * `invalid_request`, for the log alone, when the client has left.
 */
export const readBody = (request: IncomingMessage, limitBytes: number): Buffer | Promise<Buffer> => {
  const tooLarge = () =>
    new RefusalError(refuse('payload_too_large', { detail: `At most ${limitBytes} bytes.` }));
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limitBytes) throw tooLarge();
  if (announced === 0 && request.headers['transfer-encoding'] === undefined) return NOTHING;
  // Also of a client that has left since: of those the work goes on.
  if (announced > 0 && request.complete && request.readableLength === announced)
    return request.read() as Buffer;
  // It left while its token was looked at: nothing would be heard of its body any more, and we should wait for ever.
  if (request.destroyed) throw tooShort();
  return collect(request, limitBytes, tooLarge);
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
