/** What the console says about the show itself, about refunds, and about fans who were refused. */
const pt = {
  showTitle: 'O espetáculo',
  showAt: 'Começa em',
  showAtHint: 'Vai para os ingressos e para a agenda dos fãs. Opcional.',
  doorsAt: 'Portas abrem em',
  doorsAtHint: 'Não depois do começo.',
  address: 'Endereço',
  addressHint: 'Rua e cidade, como um mapa as encontra.',
  refundsUntil: 'Devolução até',
  refundsUntilHint: 'Até lá, quem comprou pode devolver e recebe tudo de volta. Vazio: nunca.',
  joinProof: 'Prova na entrada da fila',
  joinProof_off: 'Nenhuma',
  joinProof_auto: 'Sob pressão',
  joinProof_always: 'Sempre',
  joinProofHint:
    'Um enigma que o navegador resolve sozinho. Vale em um segundo, para quem ainda não tem lugar.',
  appeals: 'Pedidos de fãs recusados',
  appealsText: 'Quem é aceito entra na fila sem prova e além do limite do endereço. O fã lê a sua nota.',
  appealsAll: 'Também os decididos',
  appealsNone: 'Ninguém espera por uma decisão.',
  appealsWaiting: { one: '{count} fã recusado espera', other: '{count} fãs recusados esperam' },
  appealFan: 'Fã {fan}',
  appealNote: 'Nota para o fã',
  appealGrant: 'Deixar entrar',
  appealDeny: 'Negar',
  appealOpen: 'espera',
  appealGranted: 'aceito',
  appealDenied: 'negado',
} as const;

export default pt;
