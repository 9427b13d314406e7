import type { SameShape } from '../../../shared/texts.ts';
import type pt from './pt.ts';

const en: SameShape<typeof pt> = {
  giveBackTitle: 'Give the tickets back',
  giveBackUntil: 'Until {when} you may give the whole order back and get all of your money.',
  giveBack: 'Give this order back',
  giveBackSure: 'All tickets of this order become void at once. Give them back?',
  giveBackYes: 'Yes, give them back',
  giveBackNo: 'No, keep them',
  giveBackTooLate: 'This order can no longer be given back.',
};

export default en;
