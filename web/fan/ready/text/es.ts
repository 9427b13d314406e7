import type { SameShape } from '../../../shared/texts.ts';
import type pt from './pt.ts';

const es: SameShape<typeof pt> = {
  checks: 'Comprobado con el servidor',
  checkSignIn: 'Está identificado en este navegador',
  checkSale: 'La fila le admite',
  checkAccess: 'Puede entrar en esta fila',
  checkCode: 'Su acceso está guardado: {lane}',
  checkBypass: 'Pasa por delante de la fila',
  checkDoor: 'Ningún límite se lo impide',
  isReady: 'Todo listo. No se le pedirá nada más cuando entre en la fila.',
  isReadyProof: 'Todo listo. Este navegador resolverá solo un pequeño acertijo cuando entre.',
  notReady: 'Todavía falta una cosa: abajo dice cómo resolverla.',
  notChecked: 'El servidor no pudo comprobarlo ahora. No pierde nada por ello; inténtelo de nuevo.',
  again: 'Comprobar de nuevo',
  codeTitle: 'Código de acceso',
  codeText:
    '¿Recibió un código, de preventa o de club de fans? Escríbalo ahora: queda guardado solo para usted.',
  codeLabel: 'Su código de acceso',
  codeHint: 'Mayúsculas, espacios y guiones no importan. ¿Sin código? Déjelo vacío.',
  codeSend: 'Comprobar el código',
  codeSending: 'Comprobando…',
  codeGood: 'Su código vale y está guardado para usted: {lane}. No hace falta escribirlo otra vez.',
  codeGoodBypass: 'Su código vale y está guardado para usted: entra sin esperar en la fila.',
  laneTitle: '¿En qué carril de la fila quiere estar?',
  laneText: 'Cada carril tiene su propio orden y recibe su parte de los cupos.',
  fixCodeRequired: 'Esta fila es para quien tiene un código o una invitación. Escriba su código.',
  fixCodeInvalid: 'Este código no es de este evento. Revise cada letra y número.',
  fixCodeRevoked: 'La organización retiró este código. Pida otro a quien se lo dio.',
  fixCodeUsed: 'Otra persona ya usó este código. Pida otro a quien se lo dio.',
  fixCodeEarly: 'Este código todavía no vale. Vuelva más tarde, con el mismo código.',
  fixCodeEarlyAt: 'Este código vale desde {when}. Vuelva entonces, con el mismo código.',
  fixCodeExpired: 'El plazo de este código terminó. Pida otro a quien se lo dio.',
  fixCodeAttempts:
    'Llegaron demasiados códigos erróneos desde aquí. Espere unos minutos y lea el código otra vez.',
  fixCodeAttemptsFor:
    'Llegaron demasiados códigos erróneos desde aquí. Espere {span} y lea el código otra vez.',
  fixLane: 'Este carril ya no existe. Recargue la página y elija otro.',
  fixClosed: 'La venta terminó: ya nadie puede entrar en la fila.',
  fixNetwork:
    'Demasiada gente entra desde su red. Use los datos móviles u otra red, o vuelva en unos minutos.',
  fixOther: 'El servidor no puede admitirle ahora. Compruebe de nuevo en un minuto.',
};

export default es;
