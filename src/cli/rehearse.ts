import { readFile, writeFile } from 'node:fs/promises';
import { readConfig } from '../config.ts';
import { definitionOf, eventDefinitionSchema } from '../http/event-definition.ts';
import { isUuid } from '../domain/ids.ts';
import { readRecordedSale } from '../infra/postgres/recorded-sale.ts';
import { primaryOf } from '../infra/postgres/primary.ts';
import { AIMS, type Advice } from '../rehearsal/advice.ts';
import {
  DEFAULT_HOUSE,
  DEFAULT_SHAPE,
  ofDefinition,
  rehearse,
  replay,
  type RehearsalWish,
} from '../rehearsal/rehearsal.ts';
import { rehearsalPage } from '../rehearsal/html-report.ts';
import { adviceText } from '../rehearsal/report.ts';
import { readRunNote } from './run-note.ts';
import { parsed, UsageError } from './usage.ts';

const REHEARSE_USAGE = `rehearse: plays a sale with synthetic fans in fast time and recommends a rate

  --event FILE            an event's definition: seats, people inside, seats a fan (default: 20,000 seats)
  --replay EVENT_ID       the crowd of a sale that took place, read from Postgres
  --fans N                people who want to come (50000)
  --seats N               (20000)
  --inside N              people inside at most (2000)
  --arrivals MINUTES      over which those come who were not early (30)
  --early PERCENT         wait for the opening already (60)
  --absent PERCENT        are not there when called; half of them come back (15)
  --bots PERCENT          programs: at once there, take all they may, one in five pays (5)
  --never-pay PERCENT     of the people (10)
  --choosing SECONDS      median look at the map (40)
  --paying SECONDS        median from hold to payment (90); slow payments: 300
  --holds-per-second N    that all nodes decide together (500): see bench/README.md
  --rates A,B,C           people a minute (default: sixteen, from hours to a minute)
  --seeds N               crowds for each rate (5)
  --seed N                the first of them (1)
  --open-loop             without the closed loop
  --html FILE             the curves as a page
  --json                  one JSON object as the last line
`;

const OPTIONS = {
  event: { type: 'string' },
  replay: { type: 'string' },
  fans: { type: 'string' },
  seats: { type: 'string' },
  inside: { type: 'string' },
  arrivals: { type: 'string' },
  early: { type: 'string' },
  absent: { type: 'string' },
  bots: { type: 'string' },
  'never-pay': { type: 'string' },
  choosing: { type: 'string' },
  paying: { type: 'string' },
  'holds-per-second': { type: 'string' },
  rates: { type: 'string' },
  seeds: { type: 'string', default: '5' },
  seed: { type: 'string', default: '1' },
  'open-loop': { type: 'boolean', default: false },
  html: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parsed<{ options: typeof OPTIONS }>>['values'];

const numberOf = (values: Values, name: keyof Values, least: number, most: number): number | null => {
  const text = values[name];
  if (typeof text !== 'string') return null;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most)
    throw new UsageError(`--${name} is a number from ${least} to ${most}, not "${text}"`);
  return value;
};

const whole = (values: Values, name: keyof Values, most: number): number | null => {
  const value = numberOf(values, name, 1, most);
  if (value !== null && !Number.isInteger(value)) throw new UsageError(`--${name} is a whole number`);
  return value;
};

const share = (values: Values, name: keyof Values): number | null => {
  const percent = numberOf(values, name, 0, 100);
  return percent === null ? null : percent / 100;
};

const millisecondsOf = (values: Values, name: keyof Values, unitMs: number): number | null => {
  const value = numberOf(values, name, 0, 100_000);
  return value === null ? null : value * unitMs;
};

const ratesOf = (text: string | undefined): readonly number[] => {
  if (text === undefined) return [];
  const rates = text.split(',').map(Number);
  if (rates.some((rate) => !Number.isInteger(rate) || rate < 1 || rate > 10_000_000))
    throw new UsageError('--rates is a list of whole numbers from 1 to 10000000');
  return rates.sort((one, other) => one - other);
};

const definitionIn = async (file: string) => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    return definitionOf(eventDefinitionSchema.parse(JSON.parse(text)));
  } catch (error) {
    throw new UsageError(`${file} is not an event's definition: ${(error as Error).message}`);
  }
};

const wishOf = async (values: Values): Promise<RehearsalWish> => {
  const first = whole(values, 'seed', 4_294_967_295) ?? 1;
  const count = whole(values, 'seeds', 1_000) ?? 5;
  const plain: RehearsalWish = {
    house: { ...DEFAULT_HOUSE, closedLoop: !values['open-loop'] },
    shape: DEFAULT_SHAPE,
    aims: AIMS,
    rates: ratesOf(values.rates),
    seeds: Array.from({ length: count }, (_, index) => first + index),
  };
  const wish = values.event === undefined ? plain : ofDefinition(plain, await definitionIn(values.event));
  const { house, shape } = wish;
  return {
    ...wish,
    house: {
      ...house,
      seats: whole(values, 'seats', 1_000_000) ?? house.seats,
      insideMax: whole(values, 'inside', 10_000_000) ?? house.insideMax,
      holdsPerSecond: numberOf(values, 'holds-per-second', 1, 1_000_000) ?? house.holdsPerSecond,
    },
    shape: {
      ...shape,
      fans: whole(values, 'fans', 2_000_000) ?? shape.fans,
      arrivalsMs: millisecondsOf(values, 'arrivals', 60_000) ?? shape.arrivalsMs,
      early: share(values, 'early') ?? shape.early,
      absent: share(values, 'absent') ?? shape.absent,
      bots: share(values, 'bots') ?? shape.bots,
      neverPay: share(values, 'never-pay') ?? shape.neverPay,
      choosingMs: millisecondsOf(values, 'choosing', 1_000) ?? shape.choosingMs,
      payingMs: millisecondsOf(values, 'paying', 1_000) ?? shape.payingMs,
    },
  };
};

const replayed = async (
  eventId: string,
  wish: RehearsalWish,
  environment: NodeJS.ProcessEnv,
  played: (done: number, of: number) => void,
): Promise<Advice> => {
  if (!isUuid(eventId)) throw new UsageError('--replay takes the id of an event');
  const config = readConfig(environment);
  const url = config.DATABASE_URL ?? (await readRunNote(config))?.databaseUrl ?? null;
  if (url === null)
    throw new UsageError('no database: set DATABASE_URL, or start a server in this folder first');
  const sale = await readRecordedSale(await primaryOf(url), eventId);
  if (sale === null) throw new UsageError(`there is no event ${eventId} in this database`);
  if (sale.fans.every((fan) => fan.heldAtMs === null))
    throw new UsageError('nobody held a seat in this sale: there is nothing to go by');
  return replay(wish, sale, played);
};

/** Each rate without its minute-by-minute curves: what a program compares. */
const summaryOf = (advice: Advice): object => ({
  ...advice,
  outcomes: advice.outcomes.map(({ runs, ...outcome }) => ({ ...outcome, crowds: runs.length })),
});

/** Exit code 1: no rate meets the aims. */
export const rehearseCommand = async (
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> => {
  const { values } = parsed({ args: [...args], options: OPTIONS });
  if (values.help) {
    process.stdout.write(REHEARSE_USAGE);
    return 0;
  }
  const wish = await wishOf(values);
  const played = (done: number, of: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r  ${done} of ${of} sales played`);
    else if (done === of || done % 10 === 0) process.stderr.write(`  ${done} of ${of} sales played\n`);
  };
  const advice =
    values.replay === undefined
      ? rehearse(wish, played)
      : await replayed(values.replay, wish, environment, played);
  if (process.stderr.isTTY) process.stderr.write('\n');
  process.stdout.write(adviceText(advice));
  if (values.html !== undefined) {
    await writeFile(values.html, rehearsalPage(advice, 'Rehearsal of a sale'));
    process.stdout.write(`  The curves: ${values.html}\n\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(summaryOf(advice))}\n`);
  return advice.range === null ? 1 : 0;
};
