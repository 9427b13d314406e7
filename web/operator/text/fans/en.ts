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
} as const satisfies SameShape<typeof pt>;

export default en;
