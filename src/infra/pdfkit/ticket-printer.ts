import type { TicketPrinter, TicketSheet } from '../../domain/ports/ticket-printer.ts';
import { fontsFor, type Fonts } from './fonts.ts';

/** Points; A4 is 595.28 × 841.89. */
const PAGE = { size: 'A4', margin: 56 } as const;
const WIDTH = 595.28 - 2 * PAGE.margin;
const QR_SIDE = 260;
const INK = '#14110f';
const QUIET_INK = '#5d5750';

type Page = PDFKit.PDFDocument;

const drawCode = (page: Page, sheet: TicketSheet): void => {
  const unit = QR_SIDE / sheet.modules.length;
  const left = PAGE.margin;
  const top = page.y;
  sheet.modules.forEach((row, y) => {
    // A run of dark modules is one rectangle: half as many, and the page is made while others wait.
    for (let x = 0; x < row.length; x += 1) {
      const from = x;
      while (row[x] === true) x += 1;
      if (x > from) page.rect(left + from * unit, top + y * unit, (x - from) * unit, unit);
    }
  });
  // One fill for all: separate ones leave hairlines between the modules on some screens.
  page.fill('#000000');
  page.y += QR_SIDE;
};

const drawSheet = (page: Page, sheet: TicketSheet, { regular, bold, printable }: Fonts): void => {
  page.rect(PAGE.margin, PAGE.margin, WIDTH, 3).fill(INK);
  page.y = PAGE.margin + 20;
  page.fillColor(QUIET_INK).font(bold).fontSize(10);
  page.text(printable(sheet.kicker).toUpperCase(), PAGE.margin, page.y, { characterSpacing: 1.5 });
  page.moveDown(0.6).fillColor(INK).fontSize(26).text(printable(sheet.title), { width: WIDTH });
  page.moveDown(0.3).font(regular).fontSize(12).fillColor(QUIET_INK);
  for (const line of sheet.lines) page.text(printable(line), { width: WIDTH });
  page.moveDown(1.2);
  const top = page.y;
  const column = WIDTH / Math.max(1, sheet.facts.length);
  let bottom = top;
  sheet.facts.forEach(({ label, value }, index) => {
    const x = PAGE.margin + index * column;
    page
      .fillColor(QUIET_INK)
      .font(regular)
      .fontSize(10)
      .text(printable(label), x, top, { width: column - 8 });
    page
      .fillColor(INK)
      .font(bold)
      .fontSize(18)
      .text(printable(value), x, page.y, { width: column - 8 });
    bottom = Math.max(bottom, page.y);
  });
  page.x = PAGE.margin;
  page.y = bottom + 18;
  drawCode(page, sheet);
  page.moveDown(0.5).font(regular).fontSize(10).fillColor(INK);
  page.text(printable(sheet.codeLabel), PAGE.margin, page.y, { width: WIDTH });
  page.moveDown(1).fontSize(9).fillColor(QUIET_INK).text(printable(sheet.footer), { width: WIDTH });
};

/** Tickets on paper by pdfkit. It is loaded for the first of them: a node that prints none does not carry it. */
export const createTicketPrinter = (): TicketPrinter => ({
  async print(sheets) {
    const [first] = sheets;
    const { default: PDFDocument } = await import('pdfkit');
    const page = new PDFDocument({
      ...PAGE,
      autoFirstPage: false,
      lang: first.language,
      displayTitle: true,
      info: {
        Title: `${first.title}: ${sheets.map(({ facts }) => facts.map(({ value }) => value).join(', ')).join('; ')}`,
        CreationDate: new Date(first.issuedAtMs),
      },
    });
    const chunks: Buffer[] = [];
    page.on('data', (chunk: Buffer) => chunks.push(chunk));
    const finished = new Promise<Buffer>((resolve, reject) => {
      page.on('end', () => resolve(Buffer.concat(chunks)));
      page.on('error', reject);
    });
    const fonts = await fontsFor(page, sheets);
    for (const sheet of sheets) drawSheet(page.addPage(PAGE), sheet, fonts);
    page.end();
    return finished;
  },
});
