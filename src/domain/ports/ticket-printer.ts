/** A ticket as it goes on paper: everything is in words already. */
export interface TicketSheet {
  /** BCP 47, for readers of screens. */
  readonly language: string;
  readonly kicker: string;
  readonly title: string;
  readonly lines: readonly string[];
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** The code as a QR symbol, row by row, with its white border; true is dark. */
  readonly modules: readonly (readonly boolean[])[];
  readonly codeLabel: string;
  readonly footer: string;
  readonly issuedAtMs: number;
}

export interface TicketPrinter {
  /** A PDF with an A4 page for each sheet, at least one. The same sheets make the same file. */
  print(sheets: readonly [TicketSheet, ...TicketSheet[]]): Promise<Buffer>;
}
