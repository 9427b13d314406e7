import type { Caller } from '../../domain/ports/services.ts';
import { isRefusal, RefusalError, refuse } from '../../domain/refusal.ts';
import type { Answer, AnswerOrRefusal, JsonAnswer } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { InvalidRequestError } from '../problem.ts';

const VISIBLE = /^[\x21-\x7e]{1,200}$/;
/** Nobody is signed in yet at `POST /v1/fans`: the key alone names the fan, so it must not be guessable. */
const ANONYMOUS_MIN = 16;

/** Who a key belongs to. */
export const subjectOf = (caller: Caller | null): string => caller?.id ?? 'anonymous';

/** The Idempotency-Key, checked; null where none was sent. */
export const readKey = (header: string | string[] | undefined, caller: Caller | null): string | null => {
  if (header === undefined) return null;
  const bad = (message: string) => new InvalidRequestError([{ path: 'Idempotency-Key', message }]);
  if (typeof header !== 'string' || !VISIBLE.test(header)) {
    throw bad('must be 1 to 200 visible ASCII characters');
  }
  if (caller === null && header.length < ANONYMOUS_MIN) {
    throw bad(`must have at least ${ANONYMOUS_MIN} characters where nobody is signed in`);
  }
  return header;
};

export const REPLAYED = { 'Idempotent-Replayed': 'true' } as const;

/** A body that went out already, in the very bytes it had. */
export class StoredBody {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const replay = (status: number, body: unknown): JsonAnswer => ({
  kind: 'json',
  status,
  body: new StoredBody(body as string),
  headers: REPLAYED,
});

/**
 * Runs `handler` once per key. A 2xx answer is kept (as text, so that a repeat gets the same bytes). A refusal did nothing:
 * the key is forgotten. After a fault nobody knows, so the key keeps its request and loses its lease: a repeat runs the
 * handler again at once, and finds the first effect because ids are derived from the key. `handler` tells faults as the
 * refusal `outcome_unknown`.
 */
export const runStored = async (
  edge: Pick<Edge, 'idempotency' | 'log' | 'options'>,
  request: { readonly subject: string; readonly key: string; readonly fingerprint: string },
  handler: () => AnswerOrRefusal | Promise<AnswerOrRefusal>,
): Promise<AnswerOrRefusal> => {
  const { subject, key, fingerprint } = request;
  const store = edge.idempotency;
  const bestEffort = (work: Promise<void>) =>
    work.catch((error: unknown) => edge.log.warn({ err: error }, 'an idempotency key could not be settled'));
  const claim = await store
    .claim(subject, key, fingerprint, edge.options.idempotencyLeaseMs)
    .catch((error: unknown) => {
      if (error instanceof RefusalError) throw error;
      edge.log.error({ err: error }, 'the idempotency store is away');
      throw new RefusalError(refuse('unavailable'));
    });
  if (claim.kind === 'mismatch') return refuse('idempotency_key_reused');
  if (claim.kind === 'running') return refuse('idempotency_in_progress');
  if (claim.kind === 'answered') return replay(claim.answer.status, claim.answer.body);
  const answer = await handler();
  if (isRefusal(answer)) {
    await bestEffort(
      answer.code === 'outcome_unknown' ? store.release(subject, key) : store.abandon(subject, key),
    );
    return answer;
  }
  await bestEffort(store.answer(subject, key, storable(answer)));
  return answer;
};

const storable = (answer: Answer): { readonly status: number; readonly body: string } => {
  if (answer.kind !== 'json') throw new TypeError('only JSON answers can be kept for a repeat');
  return { status: answer.status, body: JSON.stringify(answer.body) };
};
