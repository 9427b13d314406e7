/** What a ticket on paper says. The server prints it, so its words stand here and not in `web/`. */
const pt = {
  ticket: 'Ingresso',
  area: 'Setor',
  row: 'Fila',
  seat: 'Lugar',
  begins: 'Começa',
  doors: 'Portas',
  codeLabel: 'Mostre este código na entrada. Ele vale uma vez.',
  footer: 'Pedido',
};

type PaperWords = Readonly<Record<keyof typeof pt, string>>;

const en: PaperWords = {
  ticket: 'Ticket',
  area: 'Area',
  row: 'Row',
  seat: 'Seat',
  begins: 'Begins',
  doors: 'Doors',
  codeLabel: 'Show this code at the entrance. It is valid once.',
  footer: 'Order',
};

const es: PaperWords = {
  ticket: 'Entrada',
  area: 'Sector',
  row: 'Fila',
  seat: 'Asiento',
  begins: 'Empieza',
  doors: 'Puertas',
  codeLabel: 'Muestre este código en la entrada. Vale una vez.',
  footer: 'Pedido',
};

export const PAPER_LANGUAGES = ['pt', 'en', 'es'] as const;
export type PaperLanguage = (typeof PAPER_LANGUAGES)[number];

const WORDS: Readonly<Record<PaperLanguage, PaperWords>> = { pt, en, es };

/** What `Intl` is asked for: Portuguese is Brazil's here. */
export const LOCALES: Readonly<Record<PaperLanguage, string>> = { pt: 'pt-BR', en: 'en', es: 'es' };

export const paperWords = (language: PaperLanguage): PaperWords => WORDS[language];
