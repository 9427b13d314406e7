import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { checkDraw, turnsOf, type DrawCheck, type DrawDocument } from '../domain/draw-proof.ts';
import { nodeHashes } from '../infra/hashes.ts';
import { table } from '../rush/report.ts';
import { readDrawBundle, readReceipt, type DrawBundle } from './draw-bundle.ts';
import { parsed, UsageError } from './usage.ts';

/** It could not look, so nothing is said about the draw. */
const COULD_NOT_LOOK = 2;

const OPTIONS = {
  receipt: { type: 'string' },
  index: { type: 'string', multiple: true },
  turns: { type: 'string' },
  save: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

const WAITS_FOR: Readonly<Record<DrawDocument['state'], string>> = {
  open: 'The draw is open: people still join, and the secret is published after the opening.',
  sealed: 'Nobody enters any more; the draw waits for its public randomness.',
  drawn: '',
};

interface Place {
  readonly index: number;
  readonly turn: number;
}

const indexOf = (text: string): number => {
  const index = Number(text);
  if (!Number.isSafeInteger(index) || index < 1) throw new UsageError('--index is a whole number from 1 on');
  return index;
};

/** `index,turn` of everybody. Written as it is computed: a million lines need not be in memory. */
const writeTurns = async (path: string, entrants: number, turnOf: (index: number) => number) => {
  const file = createWriteStream(path);
  await once(file, 'open');
  file.write('index,turn\n');
  for (let index = 1; index <= entrants; index += 1) {
    if (!file.write(`${index},${turnOf(index)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
};

const markOf = ({ kept }: DrawCheck): string => (kept === null ? 'not checked' : kept ? 'ok' : 'BROKEN');

const reportOf = (draw: DrawDocument, checks: readonly DrawCheck[], places: readonly Place[]): string => {
  const rows = checks.map((check) => [markOf(check), check.name, check.says]);
  const found = places.map(({ index, turn }) => `  Index ${index} is number ${turn} of ${draw.entrants}.\n`);
  const waits = WAITS_FOR[draw.state] === '' ? '' : `\n  ${WAITS_FOR[draw.state]}\n`;
  const arrival =
    draw.method === 'order_of_arrival' ? '\n  Nobody joined before the opening: arrival decided.\n' : '';
  const hand = draw.openedByHand
    ? '\n  Opened by an operator before its time: whoever chose the moment may have chosen among orders.\n'
    : '';
  const ok = checks.every(({ kept }) => kept !== false);
  const said = ok ? 'Nothing that was checked is wrong.' : 'THE DRAW IS NOT WHAT IT WAS SAID TO BE.';
  return `\n  Draw of event ${draw.eventId}, ${draw.entrants} entrants.\n\n${table(rows, 2)}\n\n${found.join('')}${waits}${arrival}${hand}\n  ${said}\n\n`;
};

const gather = async (source: string, receiptPath: string | undefined): Promise<DrawBundle> => {
  const bundle = await readDrawBundle(source);
  return receiptPath === undefined ? bundle : { ...bundle, receipt: await readReceipt(receiptPath) };
};

/**
 * `verify-draw FILE|URL`: recomputes a draw with the code of the line itself, and nothing that the server could bend. From a
 * URL it fetches the draw and all entries; `--save` keeps them, so that the same check runs without a network. Exit code 0:
 * nothing that was checked is wrong; 1: something is; 2: it could not look, or the order is not drawn yet.
 */
export const verifyDrawCommand = async (args: readonly string[]): Promise<number> => {
  const { values, positionals } = parsed({ args: [...args], options: OPTIONS, allowPositionals: true });
  const [source, ...more] = positionals;
  if (source === undefined || more.length > 0) throw new UsageError('verify-draw FILE|URL');
  const asked = (values.index ?? []).map(indexOf);
  let bundle: DrawBundle;
  try {
    bundle = await gather(source, values.receipt);
  } catch (error) {
    process.stderr.write(`It could not look: ${(error as Error).message}.\n`);
    return COULD_NOT_LOOK;
  }
  const { draw, receipt } = bundle;
  const checks = checkDraw(nodeHashes, draw, bundle);
  const turnOf = turnsOf(nodeHashes, draw);
  const indices = [...new Set([...asked, ...(receipt === undefined ? [] : [receipt.index])])];
  const beyond = indices.find((index) => index > draw.entrants);
  if (beyond !== undefined) {
    process.stderr.write(`It could not look: there is no index ${beyond} among ${draw.entrants}.\n`);
    return COULD_NOT_LOOK;
  }
  const places = turnOf === null ? [] : indices.map((index) => ({ index, turn: turnOf(index) }));
  if (values.save !== undefined) await writeFile(values.save, JSON.stringify(bundle));
  if (values.turns !== undefined && turnOf !== null) await writeTurns(values.turns, draw.entrants, turnOf);
  const ok = checks.every(({ kept }) => kept !== false);
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ eventId: draw.eventId, state: draw.state, ok, checks, places })}\n`
      : reportOf(draw, checks, places),
  );
  if (!ok) return 1;
  return turnOf === null ? COULD_NOT_LOOK : 0;
};
