/** What the console says, in Portuguese: the catalogue whose members all others must have. */
const pt = {
  title: 'Console',
  token: 'Token de operador',
  tokenHint: 'O comando que inicia o servidor mostra um; `npm run -s token` imprime outro.',
  signIn: 'Entrar',
  refused: 'Este token não vale aqui.',
  noAnswer: 'O servidor não respondeu. Tente de novo.',
  events: 'Eventos',
  left: '{left} de {seats} livres',
} as const;

export default pt;
