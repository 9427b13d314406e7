import type { DrawDocument, KeptReceipt } from '../../../src/domain/draw-proof.ts';
import { insist, type Problem } from '../../shared/api.ts';

/** A published draw and what came with it: the form that `catraca verify-draw --save` writes. */
export interface DrawBundle {
  readonly draw: DrawDocument;
  readonly leaves?: readonly string[] | undefined;
  readonly receipt?: KeptReceipt | undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether it has the form of a draw; whether it is a right one is the check's business. */
const isDraw = (value: unknown): value is DrawDocument =>
  isObject(value) &&
  ['version', 'eventId', 'opensAt', 'commitment', 'head'].every((name) => isText(value[name])) &&
  ['open', 'sealed', 'drawn'].includes(String(value['state'])) &&
  isTextOrNull(value['secret']) &&
  isCount(value['entrants']) &&
  (value['beacon'] === null ||
    (isObject(value['beacon']) &&
      isText(value['beacon']['source']) &&
      isTextOrNull(value['beacon']['value'])));

const isReceipt = (value: unknown): value is KeptReceipt =>
  isObject(value) &&
  isCount(value['index']) &&
  value['index'] >= 1 &&
  ['fanId', 'leaf', 'head', 'commitment'].every((name) => isText(value[name])) &&
  (value['entropy'] === undefined || isText(value['entropy']));

const isLeaves = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);

/** A draw from a file's text: a saved one, or the bare answer of `GET …/draw`. Null: it is none. */
export const bundleFrom = (text: string): DrawBundle | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (isDraw(value)) return { draw: value };
  if (!isObject(value) || !isDraw(value['draw'])) return null;
  const { draw, leaves, receipt } = value;
  if (leaves !== undefined && !isLeaves(leaves)) return null;
  if (receipt !== undefined && !isReceipt(receipt)) return null;
  return { draw, leaves, receipt };
};

type Fetched<T> = { readonly found: T } | { readonly problem: Problem };

const WRONG: Problem = { code: 'internal', status: 200, detail: '' };

/** Whose draw: an event's, or that of one of its lanes. A lane's draw has an id of its own, by which nothing is found. */
export interface DrawAt {
  readonly eventId: string;
  /** Null: the event has one line for all. */
  readonly lane: string | null;
}

const pathOf = ({ eventId, lane }: DrawAt): string =>
  lane === null
    ? `/v1/events/${eventId}/draw`
    : `/v1/events/${eventId}/lanes/${encodeURIComponent(lane)}/draw`;

/** The lanes of an event, the first of which its own draw is; none: it has one line for all. */
export const fetchLanes = async (
  eventId: string,
): Promise<readonly { readonly id: string; readonly name: string }[]> => {
  const reply = await insist<{ lanes?: readonly { id: string; name: string }[] }>(
    'GET',
    `/v1/events/${eventId}/line`,
  );
  return reply.ok ? (reply.body.lanes ?? []) : [];
};

/** The published draw of an event or of a lane. */
export const fetchDraw = async (at: DrawAt): Promise<Fetched<DrawDocument>> => {
  const reply = await insist<unknown>('GET', pathOf(at));
  if (!reply.ok) return { problem: reply.problem };
  return isDraw(reply.body) ? { found: reply.body } : { problem: WRONG };
};

/** What every entrant added to the chain, page by page; `onProgress` hears how many have come. */
export const fetchLeaves = async (
  at: DrawAt,
  entrants: number,
  onProgress: (count: number) => void,
): Promise<Fetched<readonly string[]>> => {
  const leaves: string[] = [];
  for (let from: number | null = 1; from !== null && leaves.length < entrants;) {
    const path: string = `${pathOf(at)}/leaves?from=${from}`;
    const reply = await insist<{ leaves: unknown; next: unknown }>('GET', path);
    if (!reply.ok) return { problem: reply.problem };
    const { leaves: page, next } = reply.body;
    if (!isLeaves(page)) return { problem: WRONG };
    if (page.length === 0) break;
    for (const leaf of page) leaves.push(leaf);
    onProgress(leaves.length);
    from = isCount(next) ? next : null;
  }
  return { found: leaves };
};
