import type { EventId, FanId } from '../domain/ids.ts';
import type { EventDefinition } from '../domain/event.ts';
import type { AccessBook } from '../domain/ports/access-book.ts';
import { createAccessCodes } from '../infra/access-codes.ts';
import type { KnownCode } from '../rush/known-codes.ts';
import { seededIds, type Chance } from './chance.ts';
import { START_MS } from './settings.ts';
import { OUTSIDE, type World } from './world.ts';

/** One secret for all nodes of all runs. */
export const codeHashes = createAccessCodes('the secret of every simulated node');

/** What is about in town: codes for few, too many fans who have heard of them, and who is on the list. */
export interface Codes {
  readonly about: readonly KnownCode[];
  readonly invited: ReadonlySet<FanId>;
}

interface Issue {
  readonly usesMax: number | null;
  readonly startsAtMs?: number;
  readonly endsAtMs?: number;
  /** Taken back so long after the beginning. */
  readonly revokedAfterMs?: number;
}

const issuesOf = (chance: Chance): readonly Issue[] => [
  { usesMax: 1 },
  { usesMax: 2 },
  { usesMax: 3, startsAtMs: START_MS + chance.whole(1_000, 6_000) },
  { usesMax: null, endsAtMs: START_MS + chance.whole(5_000, 30_000) },
  { usesMax: 4, revokedAfterMs: chance.whole(2_000, 20_000) },
];

export interface CodeParts {
  readonly world: World;
  /** The book itself, without a network: an operator's request is no part of what is simulated. */
  readonly book: AccessBook;
  readonly eventId: EventId;
  readonly show: EventDefinition;
  readonly fans: readonly FanId[];
  readonly chance: Chance;
}

/** Makes codes for each lane that asks for one, now and then some to go past the line, and invites some fans. */
export const issueCodes = async (parts: CodeParts): Promise<Codes> => {
  const { world, book, eventId, show, fans, chance } = parts;
  const ids = seededIds(chance, 'codes');
  const about: KnownCode[] = [];
  const issue = async (
    laneId: string | null,
    { usesMax, startsAtMs, endsAtMs, revokedAfterMs }: Issue,
  ): Promise<void> => {
    const codeId = ids.next();
    const text = codeHashes.make(codeId, 0);
    const hash = codeHashes.hash(eventId, text);
    if (hash === null) throw new Error(`${text} is no code`);
    const times = { startsAtMs: startsAtMs ?? null, endsAtMs: endsAtMs ?? null };
    await book.add({ eventId, laneId, label: '', usesMax, ...times }, [{ codeId, hash }]);
    about.push({ text, laneId });
    if (revokedAfterMs === undefined) return;
    world.plan(OUTSIDE, revokedAfterMs, `code ${codeId} is taken back`, () => {
      void book.revoke(eventId, codeId);
    });
  };
  const coded = (show.lanes ?? []).filter(({ access }) => access === 'code');
  for (const { id } of coded) for (const one of issuesOf(chance)) await issue(id, one);
  if (chance.happens(0.4)) await issue(null, { usesMax: chance.whole(1, 3) });
  const invited = coded.length === 0 ? [] : fans.filter(() => chance.happens(0.2));
  for (const { id } of coded) await book.invite(eventId, { fanIds: invited, networks: [] }, id);
  return { about, invited: new Set(invited) };
};
