import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { DrawDocument, KeptReceipt } from '../domain/draw-proof.ts';

/** A published draw, and what came with it. What is absent could not be had, and is not checked. */
export interface DrawBundle {
  readonly draw: DrawDocument;
  readonly leaves?: readonly string[] | undefined;
  readonly receipt?: KeptReceipt | undefined;
}

/** Much more than any page of leaves. */
const ANSWER_MAX_BYTES = 4 * 1024 * 1024;
const ANSWER_WITHIN_MS = 15_000;

// Hashes are left to the check itself, which says which one is wrong; here only the shape is looked at.
const hex = z.string().max(128);
const count = z.int().min(0);

const drawSchema = z.object({
  version: z.string(),
  eventId: z.string(),
  method: z.enum(['draw', 'order_of_arrival']),
  state: z.enum(['open', 'sealed', 'drawn']),
  drawn: z.boolean(),
  joined: count,
  opensAt: z.string(),
  sealedAt: z.string().nullable(),
  openedByHand: z.boolean(),
  commitment: hex,
  entrants: count,
  head: hex,
  beacon: z.object({ source: z.string(), value: z.string().nullable() }).nullable(),
  secret: hex.nullable(),
});

const receiptSchema = z.object({
  index: z.int().min(1),
  fanId: z.string(),
  leaf: hex,
  head: hex,
  commitment: hex,
  entropy: z.string().optional(),
});

const leavesSchema = z.array(hex);

const bundleSchema = z.object({
  draw: drawSchema,
  leaves: leavesSchema.optional(),
  receipt: receiptSchema.optional(),
});

const pageSchema = z.object({ from: count, leaves: leavesSchema, next: count.nullable() });

const complaintOf = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    .join('; ');

const shaped = <T>(schema: z.ZodType<T>, value: unknown, what: string): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`${what} is not what it should be (${complaintOf(parsed.error)})`);
};

const jsonOf = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${what} is not JSON`);
  }
};

const fetchJson = async (url: URL): Promise<unknown> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  const text = await response.text();
  if (text.length > ANSWER_MAX_BYTES) throw new Error(`${url.href} answered more than anybody publishes`);
  const body = jsonOf(text, `the answer of ${url.href}`);
  if (response.ok) return body;
  const { code } = (body ?? {}) as { code?: unknown };
  throw new Error(`${url.href} answered ${response.status}${typeof code === 'string' ? ` ${code}` : ''}`);
};

const fetchLeaves = async (url: URL, entrants: number): Promise<readonly string[]> => {
  const leaves: string[] = [];
  for (let from: number | null = 1; from !== null && leaves.length < entrants;) {
    const pageUrl = new URL(`${url.pathname.replace(/\/$/, '')}/leaves?from=${from}`, url);
    const page: z.output<typeof pageSchema> = shaped(
      pageSchema,
      await fetchJson(pageUrl),
      'a page of leaves',
    );
    if (page.leaves.length === 0) break;
    for (const leaf of page.leaves) leaves.push(leaf);
    ({ next: from } = page);
  }
  return leaves;
};

const fetchBundle = async (url: URL): Promise<DrawBundle> => {
  const draw = shaped(drawSchema, await fetchJson(url), 'the draw');
  return draw.state === 'open' ? { draw } : { draw, leaves: await fetchLeaves(url, draw.entrants) };
};

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`, {
      cause: error,
    });
  }
};

/**
 * A draw from its address, with all its entries, or from a file: what `--save` wrote (`{draw, leaves, receipt}`), or the bare
 * answer of the address. Rejects with a sentence for people.
 */
export const readDrawBundle = async (source: string): Promise<DrawBundle> => {
  if (/^https?:\/\//.test(source)) return fetchBundle(new URL(source));
  const value = jsonOf(await readText(source), source);
  const isBare = typeof value === 'object' && value !== null && 'commitment' in value;
  return isBare ? { draw: shaped(drawSchema, value, source) } : shaped(bundleSchema, value, source);
};

/** A receipt from a file: that object, or the whole answer to joining with the `entropy` that was sent added to it. */
export const readReceipt = async (path: string): Promise<KeptReceipt> => {
  const value = jsonOf(await readText(path), path) as {
    readonly receipt?: object;
    readonly entropy?: string;
  } | null;
  const { receipt, entropy } = value ?? {};
  return shaped(
    receiptSchema,
    receipt === undefined ? value : { ...receipt, ...(entropy === undefined ? {} : { entropy }) },
    path,
  );
};
