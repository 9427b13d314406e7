import type { SameShape } from '../../shared/texts.ts';
import type pt from './pt.ts';

const es: SameShape<typeof pt> = {
  title: 'Consola',
  token: 'Token de operador',
  tokenHint: 'El comando que inicia el servidor muestra uno; `npm run -s token` imprime otro.',
  signIn: 'Entrar',
  refused: 'Este token no vale aquí.',
  noAnswer: 'El servidor no respondió. Inténtelo de nuevo.',
  events: 'Eventos',
  left: '{left} de {seats} libres',
};

export default es;
