import type { Place } from './stage.ts';
import { stored } from './stored.ts';

interface KeptPlace extends Place {
  readonly fanId: string;
  readonly token: string;
  readonly expiresAt: string;
}

/** Somebody joined while scripts were off, and has switched them on: the page goes on where the other one was. */
export const adoptPlainPlace = (eventId: string): void => {
  const prefix = `catraca-plain-${eventId}=`;
  const value = document.cookie
    .split('; ')
    .find((one) => one.startsWith(prefix))
    ?.slice(prefix.length);
  const session = stored<{ fanId: string; token: string; expiresAt: string } | null>('fan', null);
  const place = stored<Place | null>(`place.${eventId}`, null);
  if (value === undefined || place.value !== null) return;
  try {
    const kept = JSON.parse(atob(value.replaceAll('-', '+').replaceAll('_', '/'))) as KeptPlace;
    if (session.value !== null && session.value.fanId !== kept.fanId) return;
    session.value = { fanId: kept.fanId, token: kept.token, expiresAt: kept.expiresAt };
    place.value = { place: kept.place, number: kept.number, recoveryCode: kept.recoveryCode };
  } catch {
    // Not ours: the door is still open.
  }
};
