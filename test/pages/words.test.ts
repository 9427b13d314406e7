import test from 'ava';
import { calendarFile } from '../../src/domain/calendar.ts';
import laterEn from '../../web/fan/later/text/en.ts';
import laterEs from '../../web/fan/later/text/es.ts';
import laterPt from '../../web/fan/later/text/pt.ts';
import en from '../../web/fan/text/en.ts';
import es from '../../web/fan/text/es.ts';
import recoveryEn from '../../web/fan/text/recovery/en.ts';
import recoveryEs from '../../web/fan/text/recovery/es.ts';
import recoveryPt from '../../web/fan/text/recovery/pt.ts';
import pt from '../../web/fan/text/pt.ts';
import fansEn from '../../web/operator/text/fans/en.ts';
import fansEs from '../../web/operator/text/fans/es.ts';
import fansPt from '../../web/operator/text/fans/pt.ts';
import consoleEn from '../../web/operator/text/en.ts';
import consoleEs from '../../web/operator/text/es.ts';
import consolePt from '../../web/operator/text/pt.ts';
import { formatClock, formatMoney, formatSpan } from '../../web/shared/format.ts';
import { chooseLanguage, render, type Text } from '../../web/shared/texts.ts';

type Catalogue = Readonly<Record<string, Text>>;

const placesOf = (text: Text): string =>
  [...(typeof text === 'string' ? text : `${text.one} ${text.other}`).matchAll(/\{(\w+)\}/g)]
    .map((match) => match[1] ?? '')
    .filter((name, index, all) => all.indexOf(name) === index)
    .toSorted()
    .join(' ');

const FAN: readonly Catalogue[] = [pt, en, es];
const LATER: readonly Catalogue[] = [laterPt, laterEn, laterEs];
const RECOVERY: readonly Catalogue[] = [recoveryPt, recoveryEn, recoveryEs];
const CONSOLE: readonly Catalogue[] = [consolePt, consoleEn, consoleEs];
const FANS: readonly Catalogue[] = [fansPt, fansEn, fansEs];

for (const [name, [first, ...others]] of [
  ['fan page', FAN],
  ['fan page after the waiting', LATER],
  ['fan page about recovery', RECOVERY],
  ['console', CONSOLE],
  ['console about fans', FANS],
] as const) {
  test(`every language of the ${name} has every text, with the same places to fill`, (t) => {
    for (const other of others) {
      t.deepEqual(Object.keys(other), Object.keys(first ?? {}));
      for (const [key, text] of Object.entries(first ?? {})) {
        t.is(placesOf(other[key] ?? ''), placesOf(text), key);
        t.is(typeof other[key], typeof text, key);
      }
    }
  });
}

test('numbers in texts are written, and plurals chosen, as the language does it', (t) => {
  t.is(render(en.left, { count: 1_234 }, 'en'), '1,234 left');
  t.is(render(pt.left, { count: 1_234 }, 'pt-BR'), '1.234 livres');
  t.is(render(pt.left, { count: 1 }, 'pt-BR'), '1 livre');
  t.is(render(pt.left, { count: 0 }, 'pt-BR'), '0 livre');
  t.is(render(es.left, { count: 2 }, 'es'), '2 libres');
});

test('the language is the one chosen before, else the first that the browser likes and we speak', (t) => {
  t.is(chooseLanguage('es', ['en-GB']), 'es');
  t.is(chooseLanguage(null, ['de', 'en-GB', 'pt']), 'en');
  t.is(chooseLanguage('klingon', ['fr']), 'pt');
});

test('money knows how many decimals a currency has, and spans speak in the largest unit that says enough', (t) => {
  t.is(formatMoney(45_000, 'BRL', 'pt-BR').replaceAll('\u00A0', ' '), 'R$ 450,00');
  t.is(formatMoney(1_000, 'JPY', 'en'), '¥1,000');
  t.is(formatSpan(45, 'en'), '45 seconds');
  t.is(formatSpan(600, 'pt-BR'), '10 minutos');
  t.is(formatSpan(3 * 3_600, 'es'), '3 horas');
  t.deepEqual([formatClock(61_000), formatClock(3_661_000), formatClock(-5)], ['1:01', '1:01:01', '0:00']);
});

test('a calendar file has its lines folded at 75 bytes, its commas escaped, and its times in UTC', (t) => {
  const file = calendarFile({
    uid: 'x',
    title: `Abre a venda: ${'Ação, emoção; '.repeat(8)}`,
    place: 'Arena\nCatraca',
    startsAtMs: Date.parse('2026-12-01T12:00:00.000Z'),
    stampedAtMs: Date.parse('2026-11-01T00:00:00Z'),
    minutes: 30,
    url: 'https://tickets.example/e/1',
  });
  const lines = file.split('\r\n');
  t.true(lines.every((line) => Buffer.byteLength(line) <= 75));
  t.true(lines.includes('DTSTART:20261201T120000Z'));
  t.true(lines.includes('DTEND:20261201T123000Z'));
  t.true(lines.includes(String.raw`LOCATION:Arena\nCatraca`));
  const unfolded = file.replaceAll('\r\n ', '');
  t.true(unfolded.includes(String.raw`Ação\, emoção\; `));
});
