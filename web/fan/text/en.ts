import type { SameShape } from '../../shared/texts.ts';
import type pt from './pt.ts';

const en: SameShape<typeof pt> = {
  title: 'Tickets',
  events: 'On sale',
  noEvents: 'Nothing is on sale now.',
  loading: 'Loading…',
  networkGone: 'The server cannot be reached. We keep trying by ourselves.',
  language: 'Language',
};

export default en;
