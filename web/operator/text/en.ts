import type { SameShape } from '../../shared/texts.ts';
import type pt from './pt.ts';

const en: SameShape<typeof pt> = {
  title: 'Console',
  token: 'Operator token',
  tokenHint: 'The command that starts the server shows one; `npm run -s token` prints another.',
  signIn: 'Sign in',
  refused: 'This token is not valid here.',
  noAnswer: 'The server did not answer. Try again.',
  events: 'Events',
  left: '{left} of {seats} free',
};

export default en;
