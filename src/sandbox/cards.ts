/** What the card's bank answers when it is asked for the money. */
export type CardOutcome =
  | { readonly kind: 'approve' }
  | { readonly kind: 'authenticate' }
  | { readonly kind: 'processing' }
  | {
      readonly kind: 'decline';
      readonly code: string;
      readonly declineCode: string | null;
      readonly message: string;
    };

export interface PaymentMethod {
  readonly id: string;
  readonly brand: string;
  readonly last4: string;
  readonly outcome: CardOutcome;
}

/** One of Stripe's documented test cards. */
export interface TestCard {
  readonly number: string;
  readonly brand: string;
  readonly label: string;
  readonly paymentMethodIds: readonly string[];
  readonly outcome: CardOutcome;
}

const decline = (code: string, declineCode: string | null, message: string): CardOutcome => ({
  kind: 'decline',
  code,
  declineCode,
  message,
});

const DECLINED = 'Your card was declined.';
const APPROVE: CardOutcome = { kind: 'approve' };
const AUTHENTICATE: CardOutcome = { kind: 'authenticate' };

const INCORRECT_NUMBER = decline('incorrect_number', null, 'Your card number is incorrect.');

const card = (
  number: string,
  label: string,
  paymentMethodIds: readonly string[],
  outcome: CardOutcome,
  brand = 'visa',
): TestCard => ({ number, brand, label, paymentMethodIds, outcome });

/** https://docs.stripe.com/testing, the part of it that this gateway knows. */
export const TEST_CARDS: readonly TestCard[] = [
  card('4242424242424242', 'Succeeds', ['pm_card_visa'], APPROVE),
  card('5555555555554444', 'Succeeds (Mastercard)', ['pm_card_mastercard'], APPROVE, 'mastercard'),
  card('378282246310005', 'Succeeds (American Express)', ['pm_card_amex'], APPROVE, 'amex'),
  card(
    '4000000000000002',
    'Declined',
    ['pm_card_visa_chargeDeclined', 'pm_card_chargeDeclined'],
    decline('card_declined', 'generic_decline', DECLINED),
  ),
  card(
    '4000000000009995',
    'Insufficient funds',
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'pm_card_chargeDeclinedInsufficientFunds'],
    decline('card_declined', 'insufficient_funds', 'Your card has insufficient funds.'),
  ),
  card(
    '4000000000009987',
    'Lost card',
    ['pm_card_visa_chargeDeclinedLostCard'],
    decline('card_declined', 'lost_card', DECLINED),
  ),
  card(
    '4000000000009979',
    'Stolen card',
    ['pm_card_visa_chargeDeclinedStolenCard'],
    decline('card_declined', 'stolen_card', DECLINED),
  ),
  card(
    '4000000000000069',
    'Expired card',
    ['pm_card_chargeDeclinedExpiredCard'],
    decline('expired_card', null, 'Your card has expired.'),
  ),
  card(
    '4000000000000127',
    'Incorrect CVC',
    ['pm_card_chargeDeclinedIncorrectCvc'],
    decline('incorrect_cvc', null, "Your card's security code is incorrect."),
  ),
  card(
    '4000000000000119',
    'Processing error',
    ['pm_card_chargeDeclinedProcessingError'],
    decline(
      'processing_error',
      null,
      'An error occurred while processing your card. Try again in a little bit.',
    ),
  ),
  card(
    '4000000000003220',
    'Asks for 3-D Secure',
    ['pm_card_threeDSecure2Required', 'pm_card_threeDSecureRequired'],
    AUTHENTICATE,
  ),
  card('4000002500003155', 'Asks for 3-D Secure', ['pm_card_authenticationRequiredOnSetup'], AUTHENTICATE),
];

/** A bank debit that stays in `processing`, for whoever wants to see a gateway that does not know yet. */
const PENDING_DEBIT: PaymentMethod = {
  id: 'pm_usBankAccount_processing',
  brand: 'us_bank_account',
  last4: '6789',
  outcome: { kind: 'processing' },
};

const cardsByNumber = new Map(TEST_CARDS.map((known) => [known.number, known]));

const methodOf = (known: TestCard, id: string): PaymentMethod => ({
  id,
  brand: known.brand,
  last4: known.number.slice(-4),
  outcome: known.outcome,
});

const methodsById = new Map<string, PaymentMethod>([
  [PENDING_DEBIT.id, PENDING_DEBIT],
  ...TEST_CARDS.flatMap((known) =>
    known.paymentMethodIds.map((id): [string, PaymentMethod] => [id, methodOf(known, id)]),
  ),
]);

/** One of Stripe's test payment methods (`pm_card_visa`, …), or null. */
export const testPaymentMethod = (id: string): PaymentMethod | null => methodsById.get(id) ?? null;

/** The check digit of ISO/IEC 7812. */
export const hasValidCheckDigit = (digits: string): boolean => {
  if (!/^\d{12,19}$/.test(digits)) return false;
  const sum = digits
    .split('')
    .reverse()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
};

/**
 * The method behind a card number as a person types it (spaces and dashes allowed). A number that is not one of the test
 * cards is no card here: it is declined with `incorrect_number`, and not kept.
 */
export const paymentMethodOfCard = (typed: string, methodId: string): PaymentMethod => {
  const digits = typed.replaceAll(/[\s-]/g, '');
  const known = hasValidCheckDigit(digits) ? cardsByNumber.get(digits) : undefined;
  if (known !== undefined) return methodOf(known, methodId);
  return { id: methodId, brand: 'unknown', last4: '????', outcome: INCORRECT_NUMBER };
};
