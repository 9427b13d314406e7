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
  joinProof: 'Prueba al entrar en la fila',
  joinProof_off: 'Ninguna',
  joinProof_auto: 'Bajo presión',
  joinProof_always: 'Siempre',
  joinProofHint:
    'Un acertijo que el navegador resuelve solo. Vale en un segundo, para quien aún no tiene lugar.',
  appeals: 'Fans rechazados',
  appealsText:
    'Quien es admitido entra sin prueba y más allá del límite de la dirección. El fan lee su nota.',
  appealsAll: 'También los decididos',
  appealsNone: 'Nadie espera una decisión.',
  appealsWaiting: { one: '{count} fan rechazado espera', other: '{count} fans rechazados esperan' },
  appealFan: 'Fan {fan}',
  appealNote: 'Nota para el fan',
  appealGrant: 'Dejar entrar',
  appealDeny: 'Denegar',
  appealOpen: 'espera',
  appealGranted: 'admitido',
  appealDenied: 'denegado',
} as const satisfies SameShape<typeof pt>;

export default es;
