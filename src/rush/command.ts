import { parseArgs } from 'node:util';
import { reportOf } from './report.ts';
import { runRush, type RushIo, type RushOptions } from './rush.ts';
import { RushError } from './sale.ts';

/** What the program around supplies: where the server of this folder is, and how to sign for an operator. */
export interface RushEnvironment extends RushIo {
  readonly defaults: {
    readonly url: string;
    readonly databaseUrl: string | null;
    readonly stripeApiUrl: string | null;
    readonly stripeSecretKey: string;
    readonly callTtlMs: number;
  };
}

export const RUSH_USAGE = `rush: simulated fans against a running server, then an audit of what they were promised

  --url URL             the server (default: the one started from this folder, else http://127.0.0.1:3000)
  --fans N              people who come (2000)
  --seats N             seats of the event that is made (1000)
  --event ID            an event that exists, instead
  --lanes               its line has lanes, one of which asks for a code, and codes go round
  --duration S          seconds over which people come (20)
  --deadline S          seconds after the start when everybody is sent home (duration + 240)
  --seed N              the same seed makes the same crowd (default: by the clock)
  --wait-for-seats S    fans vanish only with seats that come back within so many seconds (60)
  --settle S            how long the audit waits for what is under way (90)
  --sockets N           connections to each server (256)
  --token TOKEN         an operator's token (default: signed with the server's secret)
  --database-url URL    the server's Postgres, for the audit
  --stripe-api-url URL  the gateway, for the audit
  --json                one JSON object as the last line

Exit code 1: a promise was broken. 2: no run was possible.
`;

const OPTIONS = {
  url: { type: 'string' },
  fans: { type: 'string', default: '2000' },
  seats: { type: 'string', default: '1000' },
  event: { type: 'string' },
  lanes: { type: 'boolean', default: false },
  duration: { type: 'string', default: '20' },
  deadline: { type: 'string' },
  seed: { type: 'string' },
  'wait-for-seats': { type: 'string', default: '60' },
  settle: { type: 'string', default: '90' },
  sockets: { type: 'string', default: '256' },
  token: { type: 'string' },
  'database-url': { type: 'string' },
  'stripe-api-url': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const numberOf = (name: string, text: string, least: number): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least) {
    throw new RushError(`--${name} must be a number of at least ${least}, not "${text}"`);
  }
  return value;
};

const wholeOf = (name: string, text: string, least: number): number =>
  Math.floor(numberOf(name, text, least));

const valuesOf = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new RushError(error instanceof Error ? error.message : String(error));
  }
};

/** The arguments as options; throws a `RushError` that names what is wrong. */
export const optionsOf = (
  args: readonly string[],
  defaults: RushEnvironment['defaults'],
): {
  readonly options: RushOptions;
  readonly token: string | null;
  readonly json: boolean;
  readonly help: boolean;
} => {
  const values = valuesOf(args);
  const durationMs = numberOf('duration', values.duration, 0.1) * 1_000;
  const url = values.url ?? defaults.url;
  if (!URL.canParse(url)) throw new RushError(`--url must be a URL, not "${url}"`);
  return {
    token: values.token ?? null,
    json: values.json,
    help: values.help,
    options: {
      url,
      fans: wholeOf('fans', values.fans, 1),
      seats: wholeOf('seats', values.seats, 1),
      lanes: values.lanes,
      durationMs,
      deadlineMs:
        values.deadline === undefined
          ? durationMs + 240_000
          : numberOf('deadline', values.deadline, 1) * 1_000,
      seed: values.seed === undefined ? Date.now() % 4_294_967_296 : wholeOf('seed', values.seed, 0),
      eventId: values.event ?? null,
      waitForSeatsMs: numberOf('wait-for-seats', values['wait-for-seats'], 0) * 1_000,
      settleMs: numberOf('settle', values.settle, 0) * 1_000,
      sockets: wholeOf('sockets', values.sockets, 1),
      databaseUrl: values['database-url'] ?? defaults.databaseUrl,
      stripeApiUrl: values['stripe-api-url'] ?? defaults.stripeApiUrl,
      stripeSecretKey: defaults.stripeSecretKey,
      callTtlMs: defaults.callTtlMs,
    },
  };
};

/** The command line: runs, reports, and resolves to the exit code. */
export const rushCommand = async (args: readonly string[], environment: RushEnvironment): Promise<number> => {
  const { terminal } = environment;
  try {
    const { options, token, json, help } = optionsOf(args, environment.defaults);
    if (help) {
      terminal.write(RUSH_USAGE);
      return 0;
    }
    const operatorToken = token === null ? () => environment.operatorToken() : () => Promise.resolve(token);
    const result = await runRush(options, { terminal, operatorToken });
    terminal.write(`${reportOf(result)}\n`);
    if (json) terminal.write(`${JSON.stringify(result)}\n`);
    return result.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof RushError)) throw error;
    terminal.write(`${error.message}\n`);
    return 2;
  }
};
