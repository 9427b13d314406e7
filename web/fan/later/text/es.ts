import type { SameShape } from '../../../shared/texts.ts';
import type pt from './pt.ts';

const es: SameShape<typeof pt> = {
  giveBackTitle: 'Devolver las entradas',
  giveBackUntil: 'Hasta {when} puede devolver el pedido entero y recuperar todo el dinero.',
  giveBack: 'Devolver este pedido',
  giveBackSure: 'Todas las entradas de este pedido dejan de valer al momento. ¿Devolver?',
  giveBackYes: 'Sí, devolver',
  giveBackNo: 'No, conservarlas',
  giveBackTooLate: 'Este pedido ya no se puede devolver.',
};

export default es;
