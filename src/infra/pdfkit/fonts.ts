import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Font } from 'fontkit';
import type { TicketSheet } from '../../domain/ports/ticket-printer.ts';

type Page = PDFKit.PDFDocument;

/** What a sheet is written with, and the text as these fonts can write it. */
export interface Fonts {
  readonly regular: string;
  readonly bold: string;
  /** A sign that the fonts lack becomes a question mark: left to itself it would come out as a wrong one, or as none. */
  readonly printable: (text: string) => string;
}

const tidied = (text: string): string => text.normalize('NFC').replaceAll(/\s+/g, ' ');

/** The fonts that every reader of PDF has, with the letters of Western Europe: nothing is embedded, and the file stays small. */
const STANDARD_LACK = /[^\x20-\x7E\xA0-\xFF\u2013\u2014\u2018\u2019\u201C\u201D\u2026\u20AC]/gu;
const STANDARD: Fonts = {
  regular: 'Helvetica',
  bold: 'Helvetica-Bold',
  printable: (text) => tidied(text).replaceAll(STANDARD_LACK, '?'),
};

/**
 * DejaVu Sans has more, of which these run from left to right, one sign after the other; Arabic and Hebrew would stand the wrong way round,
 * since pdfkit does not order what runs both ways.
 */
const EMBEDDED_LACK =
  /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Common}]/gu;

const require = createRequire(import.meta.url);
const fontOf = async (name: string): Promise<Font> => {
  const { create } = await import('fontkit');
  return create(await readFile(require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`))) as Font;
};
/** Read once: decoding its tables anew for each ticket made it 25 ms instead of 8, in which a node serves nobody else. */
let fonts: Promise<readonly [regular: Font, bold: Font]> | null = null;
const embeddable = () => (fonts ??= Promise.all([fontOf('DejaVuSans'), fontOf('DejaVuSans-Bold')]));

/** pdfkit takes a font of fontkit as it is, and its types do not say so. */
type Source = Parameters<Page['registerFont']>[1];

const segments = new Intl.Segmenter('und', { granularity: 'grapheme' });

const embedded = async (page: Page): Promise<Fonts> => {
  const [regular, bold] = await embeddable();
  page.registerFont('regular', regular as unknown as Source).registerFont('bold', bold as unknown as Source);
  const has = (sign: string): boolean =>
    Array.from(sign, (point) => regular.hasGlyphForCodePoint(point.codePointAt(0) ?? 0)).every(Boolean);
  return {
    regular: 'regular',
    bold: 'bold',
    printable: (text) =>
      Array.from(segments.segment(tidied(text).replaceAll(EMBEDDED_LACK, '?')), ({ segment }) =>
        has(segment) ? segment : '?',
      ).join(''),
  };
};

const textsOf = ({ kicker, title, lines, facts, codeLabel, footer }: TicketSheet): readonly string[] => [
  kicker,
  title,
  ...lines,
  ...facts.flatMap(({ label, value }) => [label, value]),
  codeLabel,
  footer,
];

/** The standard fonts where they have every sign of the sheets; else a part of DejaVu Sans goes into the file. */
export const fontsFor = async (page: Page, sheets: readonly TicketSheet[]): Promise<Fonts> =>
  sheets.flatMap(textsOf).some((text) => tidied(text).search(STANDARD_LACK) >= 0) ? embedded(page) : STANDARD;
