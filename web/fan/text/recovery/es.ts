import type { SameShape } from '../../../shared/texts.ts';
import type pt from './pt.ts';

const es: SameShape<typeof pt> = {
  recoveryTitle: 'Siga en otro dispositivo',
  recoveryKeep:
    'Anote este código. Con él, su número y todo lo que reserve siguen en otro dispositivo. Quien tiene el código tiene su lugar: no se lo muestre a nadie.',
  recoveryHow:
    'En el otro dispositivo abra esta página y elija “Tengo un código de recuperación”. El código vale una vez; allí aparece uno nuevo.',
  haveCode: 'Tengo un código de recuperación',
  haveCodeText:
    '¿Ya está en la fila con otro dispositivo? Escriba el código que muestra y siga aquí, con el mismo número.',
  codeLabel: 'Código de recuperación',
  codeHint: 'Cuatro grupos de letras y números. Mayúsculas, espacios y guiones no importan.',
  goOn: 'Seguir aquí',
  goingOn: 'Buscando su lugar…',
  otherGuest: 'Los pedidos que este navegador hizo antes son de otro visitante y dejan de abrirse aquí.',
  elsewhereTitle: 'Su lugar sigue en otro dispositivo',
  elsewhereText:
    'Alguien escribió el código de recuperación en otro dispositivo y su número pasó allí. No se perdió nada. Para traerlo de vuelta, escriba aquí el código nuevo que aparece allí.',
  elsewhereNotMe:
    '¿No fue usted? Quien vio su código puede haber tomado su lugar. Pida ayuda a la organización.',
  codeInvalid: 'Este código no es de esta fila. Revise cada letra y cada número.',
  codeUsed: 'Este código ya se usó. El dispositivo que lo usó muestra uno nuevo.',
  codeExpired: 'El lugar de este código ya tuvo su turno o fue devuelto.',
  codeAccount: 'El lugar de este código es de una cuenta. Entre con ella para seguir.',
  codeTooMany: 'Muchos códigos incorrectos vinieron de su red. Espere unos minutos y revise el código.',
  codeBusy: 'Ahora no se pudo comprobar. El código sigue valiendo: inténtelo de nuevo.',
};
export default es;
