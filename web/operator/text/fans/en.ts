import type { SameShape } from '../../../shared/texts.ts';
import type pt from './pt.ts';

const en = {
  showTitle: 'The show',
  showAt: 'Begins at',
  showAtHint: 'Goes on tickets and into the fans’ calendars. Optional.',
  doorsAt: 'Doors open at',
  doorsAtHint: 'Not after it begins.',
  address: 'Address',
  addressHint: 'Street and town, as a map finds them.',
  refundsUntil: 'Refunds until',
  refundsUntilHint: 'Until then a buyer may give tickets back for the whole money. Empty: never.',
  joinProof: 'Proof of work at the join',
  joinProof_off: 'None',
  joinProof_auto: 'Under pressure',
  joinProof_always: 'Always',
  joinProofHint:
    'A puzzle that the browser solves by itself. In force within a second, for whoever has no place yet.',
  appeals: 'Fans who were refused',
  appealsText:
    'Who is let in joins without proof and beyond the limit of an address. The fan reads your note.',
  appealsAll: 'Also those decided',
  appealsNone: 'Nobody waits for a decision.',
  appealsWaiting: { one: '{count} refused fan waits', other: '{count} refused fans wait' },
  appealFan: 'Fan {fan}',
  appealNote: 'Note for the fan',
  appealGrant: 'Let in',
  appealDeny: 'Deny',
  appealOpen: 'waiting',
  appealGranted: 'let in',
  appealDenied: 'denied',
} as const satisfies SameShape<typeof pt>;

export default en;
