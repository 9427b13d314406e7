import { REFUSALS, RefusalError, type Refusal, type RefusalCode } from '../domain/refusal.ts';

/** The status of each refusal. Exhaustive by type: a new code does not compile until it has one. */
export const STATUS_OF: Readonly<Record<RefusalCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  invalid_request: 400,
  malformed_json: 400,
  payload_too_large: 413,
  unsupported_media_type: 415,
  idempotency_key_reused: 422,
  idempotency_in_progress: 409,
  not_called: 409,
  admission_paused: 409,
  place_invalid: 403,
  place_handed_over: 409,
  recovery_code_invalid: 403,
  recovery_code_used: 409,
  recovery_code_expired: 409,
  recovery_needs_account: 403,
  draw_not_sealed: 409,
  beacon_not_used: 409,
  beacon_set: 409,
  line_closed: 409,
  lane_unknown: 404,
  lanes_fixed: 409,
  code_required: 403,
  code_invalid: 403,
  code_revoked: 409,
  code_used: 409,
  code_too_early: 409,
  code_expired: 409,
  code_attempts: 429,
  proof_required: 403,
  proof_invalid: 403,
  pass_required: 403,
  pass_invalid: 403,
  pass_expired: 403,
  event_not_open: 409,
  event_opened: 409,
  seat_taken: 409,
  seat_unknown: 404,
  section_sold_out: 409,
  fan_limit: 409,
  hold_expired: 409,
  hold_not_active: 409,
  hold_already_extended: 409,
  order_not_cancellable: 409,
  order_not_refundable: 409,
  mixed_holds: 422,
  review_decided: 409,
  review_action_impossible: 409,
  signature_invalid: 400,
  overloaded: 503,
  unavailable: 503,
  section_closed: 503,
  rate_limited: 429,
  command_set_aside: 500,
  outcome_unknown: 503,
  internal: 500,
};

/** Refusals that go away by themselves: a client that is told nothing else waits this long. */
const WAIT_MS: Readonly<Partial<Record<RefusalCode, number>>> = {
  idempotency_in_progress: 1_000,
  overloaded: 1_000,
  unavailable: 1_000,
  rate_limited: 1_000,
  outcome_unknown: 1_000,
};

export interface FieldError {
  /** Dotted path of the member, header or parameter. */
  readonly path: string;
  readonly message: string;
}

/** `invalid_request` that says which members are wrong. */
export class InvalidRequestError extends RefusalError {
  readonly errors: readonly FieldError[];

  constructor(errors: readonly FieldError[]) {
    super({ kind: 'refused', code: 'invalid_request' });
    this.name = 'InvalidRequestError';
    this.errors = errors;
  }
}

/** RFC 9457, plus our stable `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: RefusalCode;
  /** The request id, to be quoted when asking for help. */
  readonly instance: string;
  readonly errors?: readonly FieldError[];
  readonly seatIds?: readonly string[];
  readonly retryAfterMs?: number;
}

/** 0 to 1, by the end of the request's id: the part of a UUID that is chance. */
const spreadOf = (requestId: string): number => {
  let hash = 0;
  for (const character of requestId.slice(-8)) hash = (hash * 31 + character.charCodeAt(0)) % 1_024;
  return hash / 1_024;
};

/** A crowd that was refused in one moment must not come back in one: up to twice the time, each for itself. */
const waitOf = (refusal: Refusal, requestId: string): number | undefined => {
  const waitMs = refusal.retryAfterMs ?? WAIT_MS[refusal.code];
  if (waitMs === undefined || refusal.code !== 'overloaded') return waitMs;
  return waitMs * (1 + spreadOf(requestId));
};

/** The document that tells a client about a refusal. */
export const problemOf = (
  refusal: Refusal,
  requestId: string,
  errors: readonly FieldError[] = [],
): Problem => {
  const retryAfterMs = waitOf(refusal, requestId);
  return {
    type: `urn:catraca:problem:${refusal.code}`,
    title: REFUSALS[refusal.code],
    status: STATUS_OF[refusal.code],
    detail: refusal.detail ?? REFUSALS[refusal.code],
    code: refusal.code,
    instance: requestId,
    ...(errors.length === 0 ? {} : { errors }),
    ...(refusal.seatIds === undefined ? {} : { seatIds: refusal.seatIds }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }),
  };
};
