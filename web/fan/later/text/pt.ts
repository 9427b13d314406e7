/** What is said to fans after the waiting, or beside it: of returns, appeals and the draw. Loaded when it is needed. */
const pt = {
  giveBackTitle: 'Devolver os ingressos',
  giveBackUntil: 'Até {when} você pode devolver o pedido inteiro e receber tudo de volta.',
  giveBack: 'Devolver este pedido',
  giveBackSure: 'Todos os ingressos deste pedido deixam de valer na hora. Devolver?',
  giveBackYes: 'Sim, devolver',
  giveBackNo: 'Não, ficar com eles',
  giveBackTooLate: 'Este pedido não pode mais ser devolvido.',
  appealTitle: 'Fale com uma pessoa',
  appealText:
    'A fila recusou você? Conte o que houve. Alguém da organização lê e decide; os que forem aceitos entram sem prova.',
  appealWhy: 'O que houve?',
  appealSend: 'Enviar pedido',
  appealFiled: 'Pedido enviado',
  appealFiledText: 'Deixe esta página aberta ou volte mais tarde: a resposta aparece aqui.',
  appealGranted: 'Você pode entrar',
  appealDenied: 'O pedido foi negado',
  appealJoin: 'Entrar na fila agora',
} as const;

export default pt;
