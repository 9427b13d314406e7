#!/usr/bin/env node
import { chaosCommand } from './cli/chaos.ts';
import { eventCommand } from './cli/event.ts';
import { migrateCommand } from './cli/migrate.ts';
import { rehearseCommand } from './cli/rehearse.ts';
import { rushCommand } from './cli/rush.ts';
import { serveCommand } from './cli/serve.ts';
import { simulateCommand } from './cli/simulate.ts';
import { tokenCommand } from './cli/token.ts';
import { UsageError } from './cli/usage.ts';
import { verifyDrawCommand } from './cli/verify-draw.ts';
import { verifyCommand } from './cli/verify.ts';
import { StartError } from './app/start-error.ts';
import { ConfigError } from './config.ts';

/** Each takes its arguments and the environment, and resolves to the exit code. */
const COMMANDS: Readonly<
  Record<string, (args: readonly string[], environment: NodeJS.ProcessEnv) => Promise<number>>
> = {
  serve: serveCommand,
  migrate: migrateCommand,
  event: eventCommand,
  token: tokenCommand,
  rush: rushCommand,
  chaos: chaosCommand,
  verify: verifyCommand,
  'verify-draw': verifyDrawCommand,
  simulate: simulateCommand,
  rehearse: rehearseCommand,
};

const USAGE = `catraca <command>

  serve [--role gateway,tickets,payments,sandbox] [--workers N] [--demo]
                                                             serves the roles named (default: all) in N processes (1; 0: one a core)
  migrate                                                    brings the database to the newest schema
  event import FILE                                          creates an event from its definition
  token --role operator|viewer|fan [--subject ID]            prints a bearer token
  rush [--fans N] [--seats N] [--duration S] [--url URL]     sends simulated fans to a running server
  chaos [--short] [--minutes N] [--seed N] [--report FILE]   breaks servers and nodes of its own under load, then audits
  verify --event ID [--json] [--settle S] [--without-gateway] audits Postgres and the gateway's ledger, read-only
  verify-draw FILE|URL [--receipt FILE] [--index N] [--turns FILE] [--save FILE] [--json] recomputes the draw of a line
  simulate [--seed N] [--seeds K] [--steps M] [--json]       the whole sale from a seed, with faults; needs no server
  rehearse [--fans N] [--event FILE] [--replay ID] [--html FILE]  plays a sale in fast time and recommends a rate

All settings are environment variables: see .env.example.
`;

const run = async (): Promise<number> => {
  const [name = '', ...args] = process.argv.slice(2);
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const command = COMMANDS[name];
  if (command === undefined) {
    process.stderr.write(
      `${name === '' ? 'A command is needed.' : `There is no command "${name}".`}\n\n${USAGE}`,
    );
    return 2;
  }
  return command(args, process.env);
};

try {
  process.exitCode = await run();
  // Not left to the loop: at its end Node closes what is open, and has been seen to turn there for ever, at a whole core, after an
  // hour of chaos whose verdict stood on the screen. Whoever waits for the exit code would have waited as long.
  process.exit();
} catch (error) {
  if (error instanceof ConfigError)
    process.stderr.write(`The environment is not right:\n${indented(error.message)}\n`);
  else if (error instanceof StartError) process.stderr.write(`${error.message}\n`);
  else if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${USAGE}`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
  // Something half started may still keep the loop alive, and whoever started us waits for the exit code.
  process.exit();
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
