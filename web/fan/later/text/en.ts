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
  appealTitle: 'Ask a person',
  appealText:
    'The line refused you? Say what happened. Somebody of the house reads it and decides; whoever is let in needs no proof.',
  appealWhy: 'What happened?',
  appealSend: 'Send',
  appealFiled: 'Your message was sent',
  appealFiledText: 'Keep this page open or come back later: the answer appears here.',
  appealGranted: 'You are let in',
  appealDenied: 'You were not let in',
  appealJoin: 'Join the line now',
};

export default en;
