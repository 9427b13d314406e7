/**
 * Whether there will still be seats when somebody's turn comes. Said early, because the worst answer is the one that comes
 * after three hours; said as three words, because nobody knows how many seats the people in front will take.
 */

/** `likely`: there should be seats. `uncertain`: there may be. `standby`: only if seats come back, or people in front give up. */
export type Outlook = 'likely' | 'uncertain' | 'standby';

/** What fans read, in English; pages in other languages translate by the code. */
export const OUTLOOK_TEXTS: Readonly<Record<Outlook, string>> = {
  likely: 'There should be seats left when it is your turn.',
  uncertain: 'There may be seats left when it is your turn. It depends on how many the people in front take.',
  standby:
    'The seats will probably be gone before your turn. You are on stand-by: your place is kept, and you are called if seats come back.',
};

/** What everybody compares their own number with. */
export interface Sellout {
  /** Free, held and being paid for: all that may still be sold, at most a second old. */
  readonly seatsLeft: number;
  /** Up to this number there should be seats. */
  readonly likelyUpTo: number;
  /** Beyond this number there will be none, unless seats come back. */
  readonly possibleUpTo: number;
}

export interface SelloutInput {
  readonly seats: number;
  readonly seatsLeft: number;
  readonly serving: number;
  /** Calls in all, also of those who came late. */
  readonly admitted: number;
  /** Live passes and places called. */
  readonly inside: number;
  readonly seatsPerFan: number;
}

/** Before anybody has bought: one seat for each who is let in. So many people's worth of belief in it. */
const PRIOR_SEATS = 1;
const PRIOR_PEOPLE = 30;
/** Of what is expected, what is counted on; and what is thought possible. Wider while few have been seen. */
const CAUTION = 0.8;
const HOPE = 1.3;

/** How many seats a person who is let in takes on average, those who take none included. */
export const seatsPerPerson = (input: Omit<SelloutInput, 'serving'>): number => {
  const finished = Math.max(0, input.admitted - input.inside);
  const sold = Math.max(0, input.seats - input.seatsLeft);
  const mean = (sold + PRIOR_SEATS * PRIOR_PEOPLE) / (finished + PRIOR_PEOPLE);
  return Math.min(input.seatsPerFan, Math.max(mean, 0.05));
};

/** How far down the line the seats reach. Pure arithmetic on counters that every node has. */
export const selloutOf = (input: SelloutInput): Sellout => {
  const { seatsLeft, serving, inside } = input;
  const each = seatsPerPerson(input);
  // Who is inside goes first, and may have bought already: counted on in full for caution, half for hope.
  const cautious = Math.max(0, seatsLeft - inside * each);
  const hopeful = Math.max(0, seatsLeft - (inside * each) / 2);
  const likelyUpTo = serving + Math.floor((cautious / each) * CAUTION);
  return {
    seatsLeft,
    likelyUpTo,
    possibleUpTo: Math.max(likelyUpTo, serving + Math.ceil((hopeful / each) * HOPE)),
  };
};

/** What the figures mean for one number. */
export const outlookOf = (number: number, sellout: Sellout): Outlook => {
  if (number <= sellout.likelyUpTo) return 'likely';
  return number <= sellout.possibleUpTo ? 'uncertain' : 'standby';
};
