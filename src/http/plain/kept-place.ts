import { z } from 'zod';

/**
 * Whom the page without scripts knows a fan by. The page with scripts takes it over (`web/fan/state/plain-place.ts`), so it is
 * readable there: it is worth what that page keeps in the browser itself.
 */
const keptSchema = z.strictObject({
  fanId: z.string().max(100),
  token: z.string().max(4_000),
  expiresAt: z.string().max(40),
  place: z.string().max(2_000),
  number: z.int().min(1),
  recoveryCode: z.string().max(100),
});
export type KeptPlace = z.output<typeof keptSchema>;

const nameOf = (eventId: string): string => `catraca-plain-${eventId}`;

/** A cookie for the pages of that event alone. */
export const placeCookie = (
  eventId: string,
  kept: KeptPlace,
  maxAgeSeconds: number,
  secure: boolean,
): string =>
  `${nameOf(eventId)}=${Buffer.from(JSON.stringify(kept)).toString('base64url')}; Path=/e/${eventId}; Max-Age=${maxAgeSeconds}; SameSite=Lax${secure ? '; Secure' : ''}`;

/** What the browser sent back; null: nothing, or nothing of ours. Signatures are checked by whoever uses it. */
export const readPlaceCookie = (eventId: string, header: string | undefined): KeptPlace | null => {
  const prefix = `${nameOf(eventId)}=`;
  const value = (header ?? '')
    .split(';')
    .map((one) => one.trim())
    .find((one) => one.startsWith(prefix))
    ?.slice(prefix.length);
  if (value === undefined) return null;
  try {
    return keptSchema.parse(JSON.parse(Buffer.from(value, 'base64url').toString()));
  } catch {
    return null;
  }
};
