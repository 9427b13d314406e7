import type { SameShape } from '../../shared/texts.ts';
import type pt from './pt.ts';

const es: SameShape<typeof pt> = {
  title: 'Entradas',
  events: 'A la venta',
  noEvents: 'No hay nada a la venta ahora.',
  loading: 'Cargando…',
  networkGone: 'No hay conexión con el servidor. Lo intentamos de nuevo solos.',
  language: 'Idioma',
};

export default es;
