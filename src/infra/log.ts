import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

export type Logger = Pick<
  PinoLogger,
  'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child' | 'isLevelEnabled'
>;

export interface LogOptions {
  readonly level: string;
  readonly destination?: DestinationStream;
}

/** Secrets never reach the log, wherever in the object they stand up to two levels down. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'token',
  'pass',
  'place',
  'recoveryCode',
  'secret',
  'password',
  'card',
];

/** Structured logs: one JSON object a line on stdout. */
export const createLog = (options: LogOptions): Logger =>
  pino(
    {
      level: options.level,
      redact: {
        paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[secret]',
      },
      base: { pid: process.pid },
    },
    ...(options.destination === undefined ? [] : [options.destination]),
  );

/** For tests and tools that have their own way of telling. */
export const silentLog: Logger = pino({ level: 'silent' });
