/**
 * Where the money of one attempt stands. One column, changed under a row lock: that is what makes capture and return,
 * and `PagamentoOK` and `PagamentoFalhou`, exclude each other.
 *
 * - `new`         tickets wants the money; whether the gateway has an intent for it is not known
 * - `open`        the intent exists and the fan may pay, also with another card after a decline
 * - `cancelling`  it shall end without money, but the gateway can still take it: nothing may be said before it agrees
 * - `authorised`  the money is reserved and `PagamentoOK` is said; tickets decides what becomes of it
 * - `cancelled`   the gateway can never take it any more and `PagamentoFalhou` is said
 * - `late`        the money came after `PagamentoFalhou` was said: `PagamentoOK` follows it, and tickets decides whether the
 *                 seats can still be had
 * - `lapsed`      the gateway let go of a reserved sum before tickets had decided; a rejection then needs nothing more
 * - `capturing`   the seats are sold; captured until the gateway's answer is definite
 * - `captured`    the money is ours
 * - `voiding`     tickets will not sell: the intent is cancelled whatever it stands at
 * - `voided`      the reserved sum is free again
 * - `refunding`   taken money that must go back, whole
 * - `refunded`    it went back
 * - `review`      order and money disagree and no rule may decide: a person does
 * - `honouring`   a person wants the order honoured: `PagamentoOK` is said once more, approved; tickets decides
 * - `keeping`     tickets has honoured it; captured if it is only reserved
 * - `kept`        the money is ours by a person's word
 * - `returning`   a person sends back whatever the gateway has
 * - `dismissed`   a person has settled it by other means
 */
export type AttemptStatus =
  | 'new'
  | 'open'
  | 'cancelling'
  | 'authorised'
  | 'cancelled'
  | 'late'
  | 'lapsed'
  | 'capturing'
  | 'captured'
  | 'voiding'
  | 'voided'
  | 'refunding'
  | 'refunded'
  | 'review'
  | 'honouring'
  | 'keeping'
  | 'kept'
  | 'returning'
  | 'dismissed';

/** Every change of status goes to a higher rank, so repeats, reorderings and late news can never lead back. */
export const RANK: Readonly<Record<AttemptStatus, number>> = {
  new: 0,
  open: 1,
  cancelling: 2,
  authorised: 3,
  capturing: 4,
  lapsed: 4,
  cancelled: 5,
  late: 6,
  captured: 7,
  voiding: 8,
  voided: 9,
  refunding: 10,
  review: 11,
  honouring: 12,
  keeping: 13,
  kept: 14,
  returning: 15,
  dismissed: 16,
  refunded: 17,
};

export const ATTEMPT_STATUSES = Object.keys(RANK) as readonly AttemptStatus[];

/** What a change amounts to, once it has been held against the attempt: the column of the table. */
export type Signal =
  | 'opened' // the intent can still be paid
  | 'authorised'
  | 'captured'
  | 'refunded'
  | 'gone' // cancelled at the gateway: it can never be paid any more
  | 'wrong_amount' // not the sum or currency that was asked for; nothing taken yet
  | 'wrong_amount_taken'
  | 'other_intent' // a second intent that claims the same attempt
  | 'appeared' // an intent where the gateway had said there would be none
  | 'open_refused'
  | 'cancel_refused' // and the money is reserved: no cancel of ours can reach it any more
  | 'capture_refused'
  | 'refund_refused'
  | 'cancel_wanted'
  | 'capture_wanted'
  | 'return_wanted'
  | 'overtaken' // wanted before a return that is known already
  | 'review_wanted' // tickets cannot decide either
  | 'honour_ordered' // this and the next two: by a person
  | 'return_ordered'
  | 'dismissed';

export const SIGNALS: readonly Signal[] = [
  'opened',
  'authorised',
  'captured',
  'refunded',
  'gone',
  'wrong_amount',
  'wrong_amount_taken',
  'other_intent',
  'appeared',
  'open_refused',
  'cancel_refused',
  'capture_refused',
  'refund_refused',
  'cancel_wanted',
  'capture_wanted',
  'return_wanted',
  'overtaken',
  'review_wanted',
  'honour_ordered',
  'return_ordered',
  'dismissed',
];

/**
 * - `wrong_amount`      the gateway's intent is not for what was asked: its fault, and never sold on
 * - `second_intent`     two intents for one attempt: only one may ever be paid
 * - `open_refused`      the gateway will not open it: a setting or an account is wrong
 * - `capture_lost`      the seats are sold and the gateway will not capture
 * - `refund_refused`    the money should go back and the gateway will not
 * - `void_refused`      the reserved sum should be freed and the gateway will not
 * - `lapsed`            a reserved sum was let go before tickets decided
 * - `late_intent`       an intent exists after the gateway had refused to open one; it is cancelled
 * - `late_money`        money moved after everything had been settled; tickets may still find seats for it, else it goes back
 * - `refunded_elsewhere` somebody returned money that we had not asked to return
 * - `undecided`         tickets cannot tell what the money is for
 * - `contradiction`     tickets or the gateway said what cannot be; nothing was done
 */
export type Alarm =
  | 'wrong_amount'
  | 'second_intent'
  | 'open_refused'
  | 'capture_lost'
  | 'refund_refused'
  | 'void_refused'
  | 'lapsed'
  | 'late_intent'
  | 'late_money'
  | 'refunded_elsewhere'
  | 'undecided'
  | 'contradiction';

/** A cell. None written: nothing changes. */
export interface Rule {
  readonly to?: AttemptStatus;
  /** Where it goes instead when a return is wanted already (the attempt has a reason). */
  readonly ifReturning?: AttemptStatus;
  /** Keeps the status but notes the reason. Nothing to note: nothing changes, and nothing is said. */
  readonly note?: true;
  /**
   * `ok` and `no` are said once, and never both. What comes after them: `late`, the OK of money that came after the no;
   * `approved`, an OK by a person's word; `undone`, that a person sends the money back.
   */
  readonly say?: 'ok' | 'no' | 'late' | 'approved' | 'undone';
  readonly alarm?: Alarm;
}

const SECOND: Rule = { alarm: 'second_intent' };
const CONTRADICTION: Rule = { alarm: 'contradiction' };
const NOTED: Rule = { note: true };
const ELSEWHERE: Rule = { to: 'refunded', alarm: 'refunded_elsewhere' };
const LATE_MONEY: Rule = { to: 'refunding', alarm: 'late_money' };
const UNDECIDED: Rule = { to: 'review', alarm: 'undecided' };
const ORDERED: Partial<Record<Signal, Rule>> = {
  return_ordered: { to: 'returning', say: 'undone' },
  dismissed: { to: 'dismissed' },
};

const UNPAID: Partial<Record<Signal, Rule>> = {
  opened: { to: 'open' },
  authorised: { to: 'authorised', say: 'ok' },
  captured: { to: 'captured', say: 'ok' },
  refunded: { to: 'refunded', say: 'no', alarm: 'refunded_elsewhere' },
  gone: { to: 'cancelled', say: 'no' },
  wrong_amount: { to: 'cancelling', alarm: 'wrong_amount' },
  // Taken already: no cancel can help, the refund follows, and no OK can come any more. So the no may be said at once.
  wrong_amount_taken: { to: 'refunding', say: 'no', alarm: 'wrong_amount' },
  cancel_refused: { to: 'authorised', say: 'ok' },
  cancel_wanted: { to: 'cancelling' },
  capture_wanted: CONTRADICTION,
  return_wanted: { to: 'voiding' },
  other_intent: SECOND,
};

/** Status × signal → what follows. */
export const TABLE: Readonly<Record<AttemptStatus, Partial<Record<Signal, Rule>>>> = {
  new: { ...UNPAID, open_refused: { to: 'cancelled', say: 'no', alarm: 'open_refused' } },
  open: { ...UNPAID, opened: {} },
  cancelling: {
    // `authorised` is not written on purpose: our cancel is on its way and will void it. Saying OK now could sell seats
    // for money that the cancel then lets go.
    captured: { to: 'captured', say: 'ok' },
    refunded: { to: 'refunded', say: 'no', alarm: 'refunded_elsewhere' },
    gone: { to: 'cancelled', say: 'no' },
    wrong_amount_taken: { to: 'refunding', say: 'no', alarm: 'wrong_amount' },
    open_refused: { to: 'cancelled', say: 'no', alarm: 'open_refused' },
    cancel_refused: { to: 'authorised', say: 'ok' },
    capture_wanted: CONTRADICTION,
    return_wanted: { to: 'voiding' },
    other_intent: SECOND,
  },
  authorised: {
    captured: { to: 'captured' },
    refunded: ELSEWHERE,
    gone: { to: 'lapsed', alarm: 'lapsed' },
    wrong_amount: { alarm: 'wrong_amount' },
    wrong_amount_taken: { to: 'review', alarm: 'wrong_amount' },
    capture_wanted: { to: 'capturing' },
    return_wanted: { to: 'voiding' },
    review_wanted: UNDECIDED,
    other_intent: SECOND,
  },
  capturing: {
    captured: { to: 'captured', ifReturning: 'refunding' },
    refunded: ELSEWHERE,
    gone: { to: 'review', ifReturning: 'voided', alarm: 'capture_lost' },
    wrong_amount: { alarm: 'wrong_amount' },
    wrong_amount_taken: { to: 'review', ifReturning: 'refunding', alarm: 'wrong_amount' },
    capture_refused: { to: 'review', ifReturning: 'voiding', alarm: 'capture_lost' },
    // A void beside a capture in flight could do either or both: the capture is finished first, then refunded.
    return_wanted: { note: true },
    other_intent: SECOND,
  },
  captured: {
    refunded: ELSEWHERE,
    gone: CONTRADICTION,
    wrong_amount: CONTRADICTION,
    wrong_amount_taken: CONTRADICTION,
    return_wanted: { to: 'refunding' },
    review_wanted: UNDECIDED,
    other_intent: SECOND,
  },
  cancelled: {
    appeared: { to: 'voiding', alarm: 'late_intent' },
    captured: { to: 'late', say: 'late', alarm: 'late_money' },
    wrong_amount_taken: LATE_MONEY,
    refunded: ELSEWHERE,
    capture_wanted: CONTRADICTION,
    other_intent: SECOND,
  },
  late: {
    refunded: ELSEWHERE,
    capture_wanted: { to: 'captured' },
    return_wanted: { to: 'refunding' },
    review_wanted: UNDECIDED,
    other_intent: SECOND,
  },
  lapsed: {
    captured: { to: 'captured' },
    wrong_amount_taken: { to: 'review', alarm: 'wrong_amount' },
    refunded: ELSEWHERE,
    capture_wanted: { to: 'review', alarm: 'capture_lost' },
    return_wanted: { to: 'voided' },
    review_wanted: { to: 'voided' },
    other_intent: SECOND,
  },
  voiding: {
    captured: { to: 'refunding' },
    wrong_amount_taken: { to: 'refunding' },
    refunded: { to: 'refunded' },
    gone: { to: 'voided' },
    open_refused: { to: 'voided' },
    cancel_refused: { alarm: 'void_refused' },
    capture_wanted: CONTRADICTION,
    other_intent: SECOND,
  },
  voided: {
    appeared: { alarm: 'late_intent' },
    captured: LATE_MONEY,
    wrong_amount_taken: LATE_MONEY,
    refunded: ELSEWHERE,
    capture_wanted: CONTRADICTION,
    other_intent: SECOND,
  },
  refunding: {
    refunded: { to: 'refunded' },
    gone: CONTRADICTION,
    refund_refused: { to: 'review', alarm: 'refund_refused' },
    capture_wanted: CONTRADICTION,
    other_intent: SECOND,
  },
  refunded: {
    // It went back at the gateway's own pages while tickets stood for it: a person takes them back too. Without this cell the
    // fan kept both, because his word found nothing left to return.
    return_ordered: { note: true, say: 'undone' },
    capture_wanted: CONTRADICTION,
    other_intent: SECOND,
  },
  review: {
    ...ORDERED,
    honour_ordered: { to: 'honouring', say: 'approved' },
    refunded: { to: 'refunded' },
    capture_wanted: CONTRADICTION,
    return_wanted: CONTRADICTION,
    other_intent: SECOND,
  },
  honouring: {
    refunded: ELSEWHERE,
    capture_wanted: { to: 'keeping' },
    return_wanted: { to: 'returning' },
    // Not to be decided even so: then it is not to be honoured.
    review_wanted: { to: 'returning' },
    dismissed: { to: 'dismissed' },
    other_intent: SECOND,
  },
  keeping: {
    ...ORDERED,
    captured: { to: 'kept', ifReturning: 'returning' },
    wrong_amount_taken: { to: 'kept', ifReturning: 'returning' },
    refunded: ELSEWHERE,
    // As while it is captured by the rules: the capture is finished first.
    return_wanted: NOTED,
    // The tickets stand by a person's word, and there is no money for them: he is told, and may take them back. Until then a
    // capture that was only refused is tried again. Where a return is wanted already, nobody need be told.
    gone: { to: 'refunded', ifReturning: 'refunded', alarm: 'capture_lost' },
    capture_refused: { note: true, ifReturning: 'returning', alarm: 'capture_lost' },
    other_intent: SECOND,
  },
  kept: { refunded: ELSEWHERE, return_wanted: { to: 'returning' }, other_intent: SECOND },
  returning: {
    refunded: { to: 'refunded' },
    gone: { to: 'refunded' },
    refund_refused: { alarm: 'refund_refused' },
    dismissed: { to: 'dismissed' },
    other_intent: SECOND,
  },
  // The fan gives the tickets back, and what a person has settled may have left money here: he must look again.
  dismissed: { refunded: { to: 'refunded' }, return_wanted: CONTRADICTION, other_intent: SECOND },
};
