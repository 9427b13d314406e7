import type { SameShape } from '../../../shared/texts.ts';
import type pt from './pt.ts';

const en: SameShape<typeof pt> = {
  recoveryTitle: 'Go on on another device',
  recoveryKeep:
    'Write this code down. With it your number, and whatever you reserve, goes on on another device. Whoever has the code has your place: show it to nobody.',
  recoveryHow:
    'On the other device open this page and choose “I have a recovery code”. The code is good once; the other device shows a new one.',
  haveCode: 'I have a recovery code',
  haveCodeText:
    'Are you in the line with another device? Enter the code that it shows and go on here, with the same number.',
  codeLabel: 'Recovery code',
  codeHint: 'Four groups of letters and numbers. Capitals, spaces and dashes do not matter.',
  goOn: 'Go on here',
  goingOn: 'Looking for your place…',
  otherGuest: 'The orders that this browser made before belong to another visitor and no longer open here.',
  elsewhereTitle: 'Your place goes on on another device',
  elsewhereText:
    'Somebody entered the recovery code on another device, and your number went there. Nothing is lost. To bring it back, enter the new code that is shown there.',
  elsewhereNotMe:
    'Was it not you? Whoever saw your code may have taken your place. Ask the organiser for help.',
  codeInvalid: 'This code is not of this line. Check every letter and number.',
  codeUsed: 'This code was used before. The device that used it shows a new one.',
  codeExpired: 'The place of this code has had its turn, or was given back.',
  codeAccount: 'The place of this code belongs to an account. Sign in with it to go on.',
  codeTooMany: 'Many wrong codes came from your network. Wait some minutes, then read the code again.',
  codeBusy: 'The code could not be checked now. It is still good: try again.',
};
export default en;
