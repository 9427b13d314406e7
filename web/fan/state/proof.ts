import type { Challenge } from 'altcha-lib';
import type { Reply } from '../../shared/api.ts';
import { asFan } from './session.ts';

interface Puzzle {
  readonly required: boolean;
  readonly puzzle: Challenge | null;
}

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/**
 * Solves the puzzle that a join must bring where the crowd is no crowd (docs/BOTS.md). Null: none is asked for, or it could not be
 * solved here. The solver is loaded only by those who are asked, and lets the page breathe between its tries.
 */
export const proofFor = async (eventId: string): Promise<string | null> => {
  const reply: Reply<Puzzle> = await asFan<Puzzle>('GET', `/v1/events/${eventId}/line/puzzle`);
  if (!reply.ok || reply.body.puzzle === null) return null;
  const challenge = reply.body.puzzle;
  try {
    const [{ solveChallenge }, { deriveKey }] = await Promise.all([
      import('altcha-lib'),
      import('altcha-lib/algorithms/web/sha'),
    ]);
    const solution = await solveChallenge({ challenge, deriveKey });
    return solution === null ? null : base64(JSON.stringify({ challenge, solution }));
  } catch {
    // Browsers compute digests only over a secure connection.
    return null;
  }
};
