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
} as const;

export default pt;
