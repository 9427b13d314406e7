import { effect, signal } from '@preact/signals';

/** The languages that every catalogue has. */
export const LANGUAGES = ['pt', 'en', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What `Intl` is asked for: Portuguese is Brazil's here. */
export const LOCALES: Readonly<Record<Language, string>> = { pt: 'pt-BR', en: 'en', es: 'es' };

/** A text, or one that differs by number: the forms are those of `Intl.PluralRules`, chosen by `{count}`. */
export type Text = string | { readonly one: string; readonly other: string };

/** A catalogue in another language has the same members and the same places to fill, which its type demands. */
export type SameShape<C> = { readonly [K in keyof C]: C[K] extends string ? string : Text };

type Filled = Readonly<Record<string, string | number>>;
type PlacesIn<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlacesIn<Rest>
  : never;
type FormsOf<T> = T extends string ? T : T extends { readonly other: infer O extends string } ? O : never;
type Places<T> = PlacesIn<FormsOf<T>> | (T extends string ? never : 'count');
/** What a text needs: nothing, or a value for each of its places. */
export type Needs<T> = [Places<T>] extends [never]
  ? []
  : [places: Readonly<Record<Places<T>, string | number>>];

const REMEMBERED = 'catraca.language';

const isLanguage = (text: string | null | undefined): text is Language =>
  (LANGUAGES as readonly (string | null | undefined)[]).includes(text);

/** Of the languages a browser likes, the first that we speak; Portuguese if none. */
export const chooseLanguage = (remembered: string | null, liked: readonly string[]): Language => {
  if (isLanguage(remembered)) return remembered;
  return liked.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => isLanguage(tag)) ?? 'pt';
};

const rememberedLanguage = (): string | null => {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
};

/** The language in which the page speaks. */
export const language = signal<Language>('pt');

export const fill = (text: string, places: Filled): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));

/** Picks the plural form and fills the places; numbers are written as the language writes them. */
export const render = (text: Text, places: Filled, locale: string): string => {
  const form =
    typeof text === 'string'
      ? text
      : new Intl.PluralRules(locale).select(Number(places['count'])) === 'one'
        ? text.one
        : text.other;
  const format = new Intl.NumberFormat(locale);
  return fill(
    form,
    Object.fromEntries(
      Object.entries(places).map(([name, value]) => [
        name,
        typeof value === 'number' ? format.format(value) : value,
      ]),
    ),
  );
};

type Loaders<C> = Readonly<Record<Language, () => Promise<{ readonly default: SameShape<C> }>>>;

export interface Texts<C> {
  /** A text in the page's language. Reading it in a component subscribes that component to a change of language. */
  readonly t: <K extends keyof C>(key: K, ...places: Needs<C[K]>) => string;
  /** Loads a language and speaks it from then on. */
  readonly speak: (next: Language) => Promise<void>;
  /** Loads the language that this browser was asked for last, or likes best. */
  readonly start: () => Promise<void>;
}

const say = <C extends Readonly<Record<string, Text>>>(
  catalogue: SameShape<C> | null,
  key: keyof C,
  places: Filled | undefined,
): string => {
  const text: Text | undefined = catalogue?.[key];
  return text === undefined ? '' : render(text, places ?? {}, LOCALES[language.value]);
};

/** Texts of a part that is loaded later. From `ready` on they follow the language of the page. */
export const createLaterTexts = <C extends Readonly<Record<string, Text>>>(
  loaders: Loaders<C>,
): Pick<Texts<C>, 't'> & { readonly ready: () => Promise<void> } => {
  const catalogue = signal<SameShape<C> | null>(null);
  const load = async (wanted: Language): Promise<void> => {
    const loaded = (await loaders[wanted]()).default;
    // Whoever changes the language twice in a moment gets the last one.
    if (language.value === wanted) catalogue.value = loaded;
  };
  let begun: Promise<void> | null = null;
  const begin = async (): Promise<void> => {
    await load(language.value);
    effect(() => void load(language.value));
  };
  return {
    t: (key, ...places) => say(catalogue.value, key, places[0]),
    ready: () => (begun ??= begin()),
  };
};

/** The texts of one page: each language is a file of its own, and only the one spoken is loaded. */
export const createTexts = <C extends Readonly<Record<string, Text>>>(loaders: Loaders<C>): Texts<C> => {
  const catalogue = signal<SameShape<C> | null>(null);
  let wanted: Language | null = null;
  const load = async (next: Language): Promise<void> => {
    wanted = next;
    const loaded = (await loaders[next]()).default;
    // Whoever changes the language twice in a moment gets the last one.
    if (wanted !== next) return;
    catalogue.value = loaded;
    language.value = next;
    document.documentElement.lang = LOCALES[next];
  };
  return {
    t: (key, ...places) => say(catalogue.value, key, places[0]),
    async speak(next) {
      // First, so that whoever goes on before the file of texts has come finds the next page in it.
      try {
        localStorage.setItem(REMEMBERED, next);
      } catch {
        // A browser that keeps nothing asks again next time.
      }
      await load(next);
    },
    start: () => load(chooseLanguage(rememberedLanguage(), navigator.languages)),
  };
};
