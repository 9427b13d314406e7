import type { Order } from '../../shared/documents.ts';
import type pt from '../text/pt.ts';
import type { Return } from './checkout.ts';

type Key = keyof typeof pt;
type Title = Extract<Key, `${string}Title`>;

/** What an order's screen says. Either `plainText`, or `untilText` with the moment `until` which it names. */
export interface Face {
  readonly title: Exclude<Title, 'remindTitle' | 'rowTitle' | 'seatTitle'>;
  readonly plainText: PlainText;
  readonly untilText: 'awaitingText' | 'declinedText';
  readonly until: string | null;
  /** Something is under way, and nobody has to do anything. */
  readonly busy: boolean;
  /** Nothing more will come of it. */
  readonly ended: boolean;
}

type PlainText =
  | 'checkingText'
  | 'openingText'
  | 'unknownText'
  | 'confirmingText'
  | 'confirmedText'
  | 'failedText'
  | 'cancelledText'
  | 'expiredText'
  | 'rejectedText'
  | 'refundedText'
  | 'givenBackText'
  | 'reviewText';

const REST = { untilText: 'awaitingText', until: null, busy: false, ended: false } as const;

const awaiting = (order: Order, came: Return, nowMs: number): Face => {
  if (order.checkoutUrl === null)
    return { ...REST, title: 'openingTitle', plainText: 'openingText', busy: true };
  const due = Date.parse(order.payBy) > nowMs ? order.payBy : null;
  if (came.status === 'failed' && due !== null)
    return {
      ...REST,
      title: 'declinedTitle',
      plainText: 'unknownText',
      untilText: 'declinedText',
      until: due,
    };
  if (came.status !== null && due !== null)
    return { ...REST, title: 'checkingTitle', plainText: 'checkingText', busy: true };
  // Back from the gateway, or past the time: whether money is on its way is not known, and said so.
  if (came.back || due === null)
    return { ...REST, title: 'unknownTitle', plainText: 'unknownText', busy: true };
  return { ...REST, title: 'awaitingTitle', plainText: 'unknownText', until: due };
};

/** Each way in which an order can stand has a screen of its own. */
export const faceOf = (order: Order, came: Return, nowMs: number): Face => {
  if (order.ending === 'review') return { ...REST, title: 'reviewTitle', plainText: 'reviewText' };
  switch (order.status) {
    case 'awaiting_payment':
      return awaiting(order, came, nowMs);
    case 'confirming':
      return { ...REST, title: 'confirmingTitle', plainText: 'confirmingText', busy: true };
    case 'confirmed':
      return { ...REST, title: 'confirmedTitle', plainText: 'confirmedText' };
    case 'failed':
      return order.reason === 'cancelled'
        ? { ...REST, title: 'cancelledTitle', plainText: 'cancelledText', ended: true }
        : { ...REST, title: 'failedTitle', plainText: 'failedText', ended: true };
    case 'expired':
      return { ...REST, title: 'expiredTitle', plainText: 'expiredText', ended: true };
    case 'rejected':
      return { ...REST, title: 'rejectedTitle', plainText: 'rejectedText', ended: true };
    case 'refunded':
      return {
        ...REST,
        title: 'refundedTitle',
        plainText: order.reason === 'cancelled' ? 'givenBackText' : 'refundedText',
        ended: true,
      };
  }
};
