/** What keeps the line from moving faster right now, named to fans and operators. */
export type BindingLimit =
  | 'rate' // the operator's rate
  | 'schedule' // the rate that the launch curve has for this moment
  | 'inside' // as many people inside as the operator allows
  | 'nobody_waiting' // everybody who joined has been called
  | 'section_closed' // a section is closed after repeated faults, so fewer people are let in
  | 'stock' // nothing is left to sell
  | 'paused' // the operator paused admission
  | 'pending' // before the opening
  | 'closed' // the event is paused or closed
  | 'degraded' // a part the sale needs is away; places are kept
  // found by the closed loop (`closed-loop.ts`)
  | 'holds_slow' // holds take too long
  | 'payments_slow' // the gateway takes too long to open a checkout
  | 'database_busy' // connections to Postgres are waited for
  | 'messages_slow' // messages between the services are late
  | 'messages_blocked' // the broker is away or blocked; messages go through Postgres
  | 'server_busy' // this process is late with everything
  | 'seats_scarce' // more people are inside than seats are left
  | 'warming_up' // the line has just begun to call
  | 'recovering'; // it was slow, and goes up step by step

/** Figures that go with a limit, by name; durations in milliseconds. */
export type LimitParameters = Readonly<Record<string, number>>;

/** Why the line moves as it does: a code for programs, the figures it rests on, and a sentence for people. */
export interface Because {
  readonly code: BindingLimit;
  readonly parameters: LimitParameters;
  readonly text: string;
}

/**
 * What fans read, in English; pages in other languages translate by code and parameters. `{name}` is replaced by the
 * parameter of that name. A sentence says what happens to the reader, and what becomes of the place where that is in doubt.
 */
export const LIMIT_TEXTS: Readonly<Record<BindingLimit, string>> = {
  rate: 'The line moves at the speed that the organiser has set.',
  schedule: 'The line moves at the speed that is planned for this moment of the sale.',
  inside: 'As many people are choosing seats as there is room for. You move on as others finish.',
  nobody_waiting: 'Nobody is waiting: whoever joins is let in at once.',
  section_closed: 'A part of the house cannot be sold at the moment, so fewer people are let in.',
  stock: 'No seats are left at the moment. The line goes on if some come back.',
  paused: 'The organiser has paused the line. Your place is kept.',
  pending: 'The sale has not begun. Nobody is called before it does.',
  closed: 'The sale is not open. Nobody is called.',
  degraded: 'A part of the system is away, so fewer people are let in, or none. Your place is kept.',
  holds_slow:
    'Choosing seats takes longer than it should, so fewer people are let in until it is quick again.',
  payments_slow: 'The payment service answers slowly, so fewer people are let in until it is quick again.',
  database_busy: 'The system is busy with the people inside, so fewer people are let in for the moment.',
  messages_slow:
    'Payments take longer to be confirmed, so fewer people are let in until they are quick again.',
  messages_blocked: 'Payments are confirmed by a slower way at the moment, so fewer people are let in.',
  server_busy: 'The servers are very busy, so fewer people are let in for the moment.',
  seats_scarce:
    'Few seats are left for the people who are inside, so others are let in slowly: they shall not come in vain.',
  warming_up: 'The line has just been opened. It gets faster each second.',
  recovering: 'The sale was slow a moment ago. It gets faster step by step.',
};

/** Fills in the catalogue's sentence; a parameter that is not given stays as it is written. */
export const because = (code: BindingLimit, parameters: LimitParameters = {}): Because => ({
  code,
  parameters,
  text: LIMIT_TEXTS[code].replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    parameters[name] === undefined ? whole : String(parameters[name]),
  ),
});
