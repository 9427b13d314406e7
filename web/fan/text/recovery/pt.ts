/** The place that goes along: the code, and what another device does with it. */
export default {
  recoveryTitle: 'Continue em outro aparelho',
  recoveryKeep:
    'Anote este código. Com ele, a sua senha, e tudo o que você reservar, continua em outro aparelho. Quem tem o código tem o seu lugar: não o mostre a ninguém.',
  recoveryHow:
    'No outro aparelho, abra esta página e escolha “Tenho um código de recuperação”. O código vale uma vez; lá aparece um novo.',
  haveCode: 'Tenho um código de recuperação',
  haveCodeText:
    'Você já está na fila com outro aparelho? Digite o código que ele mostra e continue aqui, com a mesma senha.',
  codeLabel: 'Código de recuperação',
  codeHint: 'Quatro grupos de letras e números. Maiúsculas, espaços e traços não importam.',
  goOn: 'Continuar aqui',
  goingOn: 'Procurando o seu lugar…',
  otherGuest: 'Os pedidos que este navegador fez antes são de outro visitante e deixam de abrir aqui.',
  elsewhereTitle: 'O seu lugar continua em outro aparelho',
  elsewhereText:
    'Alguém digitou o código de recuperação em outro aparelho, e a senha foi para lá. Nada se perdeu. Para trazê-la de volta, digite aqui o código novo que aparece lá.',
  elsewhereNotMe: 'Não foi você? Quem viu o seu código pode ter usado o seu lugar. Fale com a organização.',
  codeInvalid: 'Este código não é desta fila. Confira cada letra e cada número.',
  codeUsed: 'Este código já foi usado. O aparelho que o usou mostra um novo.',
  codeExpired: 'O lugar deste código já teve a sua vez ou foi devolvido.',
  codeAccount: 'O lugar deste código pertence a uma conta. Entre com ela para continuar.',
  codeTooMany: 'Muitos códigos errados vieram da sua rede. Espere alguns minutos e confira o código.',
  codeBusy: 'Agora não deu para conferir. O código continua valendo: tente de novo.',
} as const;
