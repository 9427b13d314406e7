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
  appealTitle: 'Hable con una persona',
  appealText:
    '¿La fila lo rechazó? Cuente qué pasó. Alguien de la organización lo lee y decide; quien sea admitido entra sin prueba.',
  appealWhy: '¿Qué pasó?',
  appealSend: 'Enviar',
  appealFiled: 'Mensaje enviado',
  appealFiledText: 'Deje esta página abierta o vuelva más tarde: la respuesta aparece aquí.',
  appealGranted: 'Puede entrar',
  appealDenied: 'La solicitud fue denegada',
  appealJoin: 'Entrar en la fila ahora',
};

export default es;
