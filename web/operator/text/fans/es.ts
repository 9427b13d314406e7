import type { SameShape } from '../../../shared/texts.ts';
import type pt from './pt.ts';

const es = {
  showTitle: 'El espectáculo',
  showAt: 'Empieza a las',
  showAtHint: 'Va en las entradas y en el calendario de los fans. Opcional.',
  doorsAt: 'Apertura de puertas',
  doorsAtHint: 'No después de que empiece.',
  address: 'Dirección',
  addressHint: 'Calle y ciudad, como las encuentra un mapa.',
  refundsUntil: 'Devoluciones hasta',
  refundsUntilHint: 'Hasta entonces quien compró puede devolver y recupera todo el dinero. Vacío: nunca.',
} as const satisfies SameShape<typeof pt>;

export default es;
