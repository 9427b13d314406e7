import { z } from 'zod';
import type { Show } from '../domain/show.ts';
import { iso } from './schemas.ts';

const time = z.iso.datetime({ offset: true }).meta({ example: '2026-12-20T23:00:00Z' });
const address = z.string().trim().min(1).max(300);

const described = {
  showAt: 'When the show begins. Goes into calendar files and on tickets.',
  doorsAt: 'When the doors open; not after `showAt`, and not without it.',
  address: 'Street and town of the venue.',
  refundsUntil: 'Until then a fan may give a paid order back for the whole money. Absent: never.',
};

/** Members of an event's definition. */
export const showShape = {
  showAt: time.optional().meta({ description: described.showAt }),
  doorsAt: time.optional().meta({ description: described.doorsAt }),
  address: address.optional().meta({ description: described.address }),
  refundsUntil: time.optional().meta({ description: described.refundsUntil }),
};

/** Members of a change; null takes one away. */
export const showChangeShape = {
  showAt: time.nullable().optional(),
  doorsAt: time.nullable().optional(),
  address: address.nullable().optional(),
  refundsUntil: time.nullable().optional(),
};

/** Members of the public document of an event. */
export const publicShowShape = {
  showAt: z.iso.datetime().optional().meta({ description: described.showAt }),
  doorsAt: z.iso.datetime().optional().meta({ description: described.doorsAt }),
  address: z.string().optional().meta({ description: described.address }),
  refundsUntil: z.iso.datetime().optional().meta({ description: described.refundsUntil }),
};

interface ShowMembers {
  readonly showAt?: string | null | undefined;
  readonly doorsAt?: string | null | undefined;
  readonly address?: string | null | undefined;
  readonly refundsUntil?: string | null | undefined;
}

const msOf = (text: string | null): number | null => (text === null ? null : Date.parse(text));

/** The show in the domain's words; a member that is absent stays absent. */
export const showOf = ({ showAt, doorsAt, address: at, refundsUntil }: ShowMembers): Show => ({
  ...(showAt === undefined ? {} : { showAtMs: msOf(showAt) }),
  ...(doorsAt === undefined ? {} : { doorsAtMs: msOf(doorsAt) }),
  ...(at === undefined ? {} : { address: at }),
  ...(refundsUntil === undefined ? {} : { refundsUntilMs: msOf(refundsUntil) }),
});

/** A body without the members of the show, which `showOf` has read. */
export const withoutShow = <T extends ShowMembers>(body: T): Omit<T, keyof ShowMembers> => {
  const { showAt: _showAt, doorsAt: _doorsAt, address: _address, refundsUntil: _until, ...rest } = body;
  return rest;
};

/** The other way: what is not known is left out. */
export const showDocument = ({ showAtMs, doorsAtMs, address: at, refundsUntilMs }: Show) => ({
  ...(typeof showAtMs === 'number' ? { showAt: iso(showAtMs) } : {}),
  ...(typeof doorsAtMs === 'number' ? { doorsAt: iso(doorsAtMs) } : {}),
  ...(typeof at === 'string' ? { address: at } : {}),
  ...(typeof refundsUntilMs === 'number' ? { refundsUntil: iso(refundsUntilMs) } : {}),
});
