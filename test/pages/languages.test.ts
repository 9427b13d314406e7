import test from 'ava';
import { createTexts, language } from '../../web/shared/texts.ts';

const CATALOGUES = { pt: { hello: 'Olá' }, en: { hello: 'Hello' }, es: { hello: 'Hola' } } as const;

/** What of a browser this needs: a memory, and a document that has a language. */
const browser = () => {
  const kept = new Map<string, string>();
  const document = { documentElement: { lang: '' } };
  const localStorage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  };
  Object.assign(globalThis, { document, localStorage });
  return { kept, document };
};

test('a language is remembered when it is chosen, not when its file has come, and of two the last is spoken', async (t) => {
  const { kept, document } = browser();
  const come: Partial<Record<keyof typeof CATALOGUES, () => void>> = {};
  const file = (name: keyof typeof CATALOGUES) => () =>
    new Promise<{ default: { hello: string } }>((resolve) => {
      come[name] = () => resolve({ default: CATALOGUES[name] });
    });
  const texts = createTexts<{ hello: string }>({ pt: file('pt'), en: file('en'), es: file('es') });
  const english = texts.speak('en');
  t.deepEqual([...kept.values()], ['en'], 'whoever goes to the next page now finds it in English');
  const spanish = texts.speak('es');
  come.es?.();
  await spanish;
  come.en?.();
  await english;
  t.is(texts.t('hello'), 'Hola', 'the file that comes late is not the one that was asked for last');
  t.is(language.value, 'es');
  t.is(document.documentElement.lang, 'es');
  t.deepEqual([...kept.values()], ['es']);
});
