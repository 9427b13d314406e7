/** What the page without scripts says. It is written by the server, so its words stand here and not in `web/`. */
const pt = {
  title: 'Fila',
  intro: 'Você está vendo a fila sem JavaScript. Ela funciona assim também: a página se atualiza sozinha.',
  join: 'Entrar na fila',
  waiting: 'Você está na fila',
  ahead: 'à sua frente',
  joined: 'inscrições até agora, a sua incluída',
  undrawn: 'A ordem da fila é sorteada na abertura. Todos os que entraram antes têm a mesma chance.',
  next: 'Ninguém à sua frente: você é o próximo.',
  number: 'Sua senha',
  called: 'Senha chamada agora',
  eta: 'Espera estimada, em minutos',
  unknown: 'Ainda não dá para dizer.',
  keep: 'Pode fechar esta página e voltar pelo mesmo endereço neste navegador. Código de recuperação',
  turn: 'É a sua vez!',
  turnText:
    'Para escolher os lugares, ligue o JavaScript neste navegador e abra a página do evento: o seu lugar continua seu.',
  open: 'Abrir a página do evento',
  over: 'Este lugar já foi usado.',
  closed: 'A venda terminou.',
  busy: 'O servidor está ocupado. O seu lugar está guardado; a página tenta de novo sozinha.',
};

export type PlainTexts = Readonly<Record<keyof typeof pt, string>>;

const en: PlainTexts = {
  title: 'The line',
  intro: 'You see the line without JavaScript. It works all the same: the page refreshes itself.',
  join: 'Join the line',
  waiting: 'You are in the line',
  ahead: 'in front of you',
  joined: 'in the draw so far, you among them',
  undrawn:
    'The order of the line is drawn at the opening. Everybody who joined before it has the same chance.',
  next: 'Nobody in front of you: you are next.',
  number: 'Your number',
  called: 'Number called now',
  eta: 'Estimated wait in minutes',
  unknown: 'Nothing can be said yet.',
  keep: 'You may close this page and come back to the same address in this browser. Recovery code',
  turn: 'It is your turn!',
  turnText:
    'To choose seats, switch on JavaScript in this browser and open the page of the event: the place stays yours.',
  open: 'Open the page of the event',
  over: 'This place has been used.',
  closed: 'The sale has ended.',
  busy: 'The server is busy. Your place is kept; the page tries again by itself.',
};

const es: PlainTexts = {
  title: 'La fila',
  intro: 'Ve la fila sin JavaScript. Funciona igual: la página se actualiza sola.',
  join: 'Entrar en la fila',
  waiting: 'Está en la fila',
  ahead: 'delante',
  joined: 'inscripciones hasta ahora, la suya incluida',
  undrawn:
    'El orden de la fila se sortea en la apertura. Todos los que entraron antes tienen la misma probabilidad.',
  next: 'Nadie delante: usted es el siguiente.',
  number: 'Su número',
  called: 'Número llamado ahora',
  eta: 'Espera estimada, en minutos',
  unknown: 'Todavía no se puede decir.',
  keep: 'Puede cerrar esta página y volver a la misma dirección en este navegador. Código de recuperación',
  turn: '¡Es su turno!',
  turnText:
    'Para elegir lugares, active JavaScript en este navegador y abra la página del evento: el lugar sigue siendo suyo.',
  open: 'Abrir la página del evento',
  over: 'Este lugar ya se usó.',
  closed: 'La venta ha terminado.',
  busy: 'El servidor está ocupado. Su lugar está guardado; la página lo intenta sola otra vez.',
};

const LANGUAGES = { pt, en, es } as const;
export type PlainLanguage = keyof typeof LANGUAGES;

/** The first language of `Accept-Language` that we speak; Portuguese if none. Weights are rarely out of order. */
export const languageOf = (accepted: string | undefined): PlainLanguage => {
  const tags = (accepted ?? '').split(',').map((one) => one.trim().slice(0, 2).toLowerCase());
  return (tags.find((tag) => Object.hasOwn(LANGUAGES, tag)) as PlainLanguage | undefined) ?? 'pt';
};

export const textsOf = (language: PlainLanguage): PlainTexts => LANGUAGES[language];
