/**
 * The closed catalogue of coded refusals: everything Catraca can say no with. The code is the contract (programs branch
 * on it), the sentence is for people. HTTP statuses are the edge's business: see `http/problem.ts`.
 */
export const REFUSALS = {
  // who is asking
  unauthenticated: 'A valid bearer token is needed.',
  forbidden: 'This token may not do that.',
  // what was asked for
  not_found: 'There is nothing here for you.',
  method_not_allowed: 'This resource does not take that method.',
  invalid_request: 'The request does not have the right form.',
  malformed_json: 'The body is not JSON.',
  payload_too_large: 'The body is larger than this server takes.',
  unsupported_media_type: 'Send application/json.',
  // idempotency
  idempotency_key_reused: 'This Idempotency-Key was used with another request.',
  idempotency_in_progress: 'The first request with this Idempotency-Key is still running.',
  // the line
  not_called: 'This place has not been called yet.',
  admission_paused: 'Admission is paused; your place is kept.',
  place_invalid: 'This is not a valid place of yours in this line.',
  place_handed_over:
    'Your place goes on on another device. To bring it back here, enter the recovery code that is shown there.',
  recovery_code_invalid: 'This is not a recovery code of this line. Check every letter and number.',
  recovery_code_used: 'This recovery code was used before. The device that used it shows a new one.',
  recovery_code_expired: 'The place of this recovery code has had its turn, or was given back.',
  recovery_needs_account:
    'The place of this recovery code belongs to an account. Sign in with that account and enter the code again.',
  draw_not_sealed: 'The draw is still open: its entries are published when nobody can enter any more.',
  beacon_not_used: 'This draw waits for no public randomness.',
  beacon_set: 'The public randomness of this draw is known, and it is another.',
  line_closed: 'The line of this event is closed.',
  lane_unknown: 'There is no such lane in this line, or it is not open to everybody.',
  lanes_fixed: 'Lanes may be added at the end; none may be taken away, renamed or moved.',
  code_required: 'This line is only for those who bring an access code or are invited.',
  code_invalid: 'This is not an access code for this event.',
  code_revoked: 'This access code has been withdrawn.',
  code_used: 'This access code has been used as often as it may be.',
  code_too_early: 'This access code cannot be used yet.',
  code_expired: 'The time of this access code is over.',
  code_attempts: 'Too many wrong access codes from here.',
  proof_required: 'A proof of work is needed to join this line.',
  proof_invalid: 'This is not a valid proof of work of yours for this line.',
  // the pass
  pass_required: 'An admission pass for this event is needed.',
  pass_invalid: 'This is not a valid admission pass of yours for this event.',
  pass_expired: 'The admission pass has expired.',
  // the sale
  event_not_open: 'The sale of this event is not open.',
  event_opened: 'The sale has opened; when it opens can no longer be changed.',
  seat_taken: 'Somebody else has this seat.',
  seat_unknown: 'There is no such seat in this section.',
  section_sold_out: 'Not enough seats are left in this section.',
  fan_limit: 'This would be more than one fan may hold.',
  hold_expired: 'The hold has expired.',
  hold_not_active: 'The hold is no longer active.',
  hold_already_extended: 'A hold can be extended only once.',
  order_not_cancellable: 'This order can no longer be cancelled.',
  order_not_refundable: 'This order cannot be given back.',
  mixed_holds: 'All holds of an order must belong to one event.',
  // reviews
  review_decided: 'This review was decided otherwise before.',
  review_action_impossible:
    'The money does not stand where this could be done. Look again, or settle it by hand and dismiss it.',
  // callbacks
  signature_invalid: 'The signature does not match.',
  // the service itself: outcome known, nothing happened
  overloaded: 'Too many requests right now. Nothing was done; try again.',
  unavailable: 'A part this needs is away. Nothing was done; try again.',
  section_closed: 'This section is closed after repeated faults.',
  rate_limited: 'Too many requests from here.',
  // the service itself: outcome not known
  command_set_aside:
    'This request broke its section again and again and is not tried any more. What it did before is not known.',
  outcome_unknown: 'It is not known whether this took effect. Repeat it with the same Idempotency-Key.',
  internal: 'Something broke on our side.',
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** A coded no. `detail` is for people, `seatIds` names the seats that stood in the way, `retryAfterMs` when to try again. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly detail?: string;
  readonly seatIds?: readonly string[];
  readonly retryAfterMs?: number;
}

export const refuse = (code: RefusalCode, extra: Omit<Refusal, 'kind' | 'code'> = {}): Refusal => ({
  kind: 'refused',
  code,
  ...extra,
});

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'refused';

/** A part that was needed does not answer. Whether it did anything depends on who throws this; a read may say `unavailable`. */
export class PartAway extends Error {}

/** A refusal on its way through code that returns something else. The HTTP edge turns it into problem+json. */
export class RefusalError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.detail ?? REFUSALS[refusal.code]}`);
    this.name = 'RefusalError';
    this.refusal = refusal;
  }
}
