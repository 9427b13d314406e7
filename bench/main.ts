import { parseArgs } from 'node:util';
import { benchActorKit } from './actor-kit.bench.ts';
import { benchArena } from './arena.bench.ts';
import { benchCosts } from './costs.bench.ts';
import { benchHold } from './hold.ts';
import { benchLine } from './line.bench.ts';
import { benchOverload } from './overload.ts';
import { benchRecovery } from './recovery.bench.ts';
import { benchOutages } from './outages.bench.ts';
import { benchWorkers } from './workers.bench.ts';

const USAGE = `usage: npm run bench -- <name> [options]

  hold        durable holds and refusals over HTTP, next to a bare Koa route in the same process
      --rounds <n>        rounds of bare, holds, refusals (3)
      --seconds <n>       how long each phase of a round lasts (5)
      --connections <n>   keep-alive connections, one request at a time on each (128)
      --seats <n>         seats of the event of one round (60000)
      --profile <folder>  write a CPU profile of the server there
  overload    joins at one and at ten times the capacity of a node: goodput, refusals, memory, recovery
      --seconds <n>       how long each phase lasts (5)
      --crowd <n>         keep-alive connections of those who all come at once (2000)
  line        a line of a million: joins, memory, draw, tick, frame, each beside a bare route or command
      --entrants <n>      people in the line (1000000); 20000 is a short form
      --seconds, --connections as above
  recovery    a killed section's way back to a true answer, next to the first use of one
  arena       first paint of a seat map of 20,000 seats in Chromium, and 500 changes
  actor-kit   asks through the actor kit, next to bare nact dispatch
  outages     how long each part's death and return are felt, next to what is promised
      --rounds <n>        deaths of each part (3)
      --away-minutes <n>  then RabbitMQ stays away for so long, while orders are paid (0)

  costs       what a join, a frame, a tick and a hold cost node, Redis and Postgres (docs/GROWTH.md)
      --ended <n>         seats of events that are over, for a second look at a hold (1000000)
      --events <n>        lines open at once (95); --seconds, --connections, --seats as above
  workers     holds and refusals of one process against several behind one port
      --workers <n>       how many (2); --rounds, --seconds, --connections, --seats as above

  --json      the result as one JSON object, in the last line of stdout
`;

const whole = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} wants a whole number, 1 or more, and got ${text}`);
  return value;
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '128' },
    seats: { type: 'string', default: '60000' },
    crowd: { type: 'string', default: '2000' },
    entrants: { type: 'string', default: '1000000' },
    workers: { type: 'string', default: '2' },
    events: { type: 'string', default: '95' },
    ended: { type: 'string', default: '1000000' },
    'away-minutes': { type: 'string', default: '0' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const run = async (name: string | undefined): Promise<object | null> => {
  switch (values.help ? undefined : name) {
    case 'hold':
      return benchHold({
        rounds: whole('rounds', values.rounds),
        seconds: whole('seconds', values.seconds),
        connections: whole('connections', values.connections),
        seats: whole('seats', values.seats),
        profileFolder: values.profile ?? null,
      });
    case 'overload':
      return benchOverload({
        seconds: whole('seconds', values.seconds),
        connections: whole('crowd', values.crowd),
      });
    case 'line':
      return benchLine({
        entrants: whole('entrants', values.entrants),
        seconds: whole('seconds', values.seconds),
        connections: whole('connections', values.connections),
      });
    case 'recovery':
      return benchRecovery();
    case 'arena':
      return benchArena();
    case 'actor-kit':
      return benchActorKit();
    case 'costs':
      return benchCosts({
        seconds: whole('seconds', values.seconds),
        connections: whole('connections', values.connections),
        seats: whole('seats', values.seats),
        endedSeats: whole('ended', values.ended),
        events: whole('events', values.events),
      });
    case 'workers':
      return benchWorkers({
        workers: whole('workers', values.workers),
        rounds: whole('rounds', values.rounds),
        seconds: whole('seconds', values.seconds),
        connections: whole('connections', values.connections),
        seats: whole('seats', values.seats),
      });
    case 'outages':
      return benchOutages({
        rounds: whole('rounds', values.rounds),
        awayMinutes: values['away-minutes'] === '0' ? 0 : whole('away-minutes', values['away-minutes']),
      });
    default:
      return null;
  }
};

// Servers of a run are ended when the process exits, and a signal alone would not let it: they would be left behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const result = await run(positionals[0]);
if (result === null) {
  console.error(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else if (values.json) console.log(JSON.stringify(result));
