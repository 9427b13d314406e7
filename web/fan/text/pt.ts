/** What the fan's page says, in Portuguese: the catalogue whose members all others must have. */
const pt = {
  title: 'Ingressos',
  events: 'À venda',
  noEvents: 'Nada à venda agora.',
  loading: 'Carregando…',
  networkGone: 'Sem conexão com o servidor. Tentamos de novo sozinhos.',
  language: 'Idioma',
} as const;

export default pt;
