/** What is said to fans after the waiting, or beside it: of returns, appeals and the draw. Loaded when it is needed. */
const pt = {
  giveBackTitle: 'Devolver os ingressos',
  giveBackUntil: 'Até {when} você pode devolver o pedido inteiro e receber tudo de volta.',
  giveBack: 'Devolver este pedido',
  giveBackSure: 'Todos os ingressos deste pedido deixam de valer na hora. Devolver?',
  giveBackYes: 'Sim, devolver',
  giveBackNo: 'Não, ficar com eles',
  giveBackTooLate: 'Este pedido não pode mais ser devolvido.',
} as const;

export default pt;
