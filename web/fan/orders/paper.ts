import type { Problem } from '../../shared/api.ts';
import { tokenNow } from '../state/session.ts';
import { readerQuery } from './reader.ts';

const NETWORK: Problem = { code: 'network', status: 0, detail: '' };

/** Made by the server page by page, while it has others to serve. */
const TIMEOUT_MS = 20_000;

const save = (file: Blob, name: string): void => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has begun to read it by the next turn; kept, it would stay in memory with the page.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
};

/** Fetches all tickets of an order as one file and saves it, which a link cannot: it sends no token. Null: done. */
export const savePaper = async (orderId: string): Promise<Problem | null> => {
  try {
    const response = await fetch(`/v1/orders/${orderId}/tickets.pdf?${readerQuery()}`, {
      headers: { authorization: `Bearer ${tokenNow() ?? ''}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return { code: 'unavailable', status: response.status, detail: '' };
    save(await response.blob(), 'tickets.pdf');
    return null;
  } catch {
    return NETWORK;
  }
};
