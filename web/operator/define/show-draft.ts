import { instantOf, localTime } from './local-time.ts';

/** The show's part of a definition, as the server has it. */
export interface ShowMembers {
  readonly showAt?: string;
  readonly doorsAt?: string;
  readonly address?: string;
  readonly refundsUntil?: string;
}

/** The same as typed; empty: not said. Times are in the operator's own time zone. */
export interface ShowDraft {
  readonly showAt: string;
  readonly doorsAt: string;
  readonly address: string;
  readonly refundsUntil: string;
}

export const EMPTY_SHOW: ShowDraft = { showAt: '', doorsAt: '', address: '', refundsUntil: '' };

const TIMES = ['showAt', 'doorsAt', 'refundsUntil'] as const;

export const showDraftOf = (members: ShowMembers): ShowDraft => ({
  showAt: localTime(members.showAt ?? ''),
  doorsAt: localTime(members.doorsAt ?? ''),
  address: members.address ?? '',
  refundsUntil: localTime(members.refundsUntil ?? ''),
});

/** What is sent when the event is made: only what was said. */
export const showMembersOf = (draft: ShowDraft): ShowMembers => ({
  ...Object.fromEntries(
    TIMES.flatMap((name) => (draft[name] === '' ? [] : [[name, instantOf(draft[name])]])),
  ),
  ...(draft.address.trim() === '' ? {} : { address: draft.address.trim() }),
});

/** Only what was changed; null takes away what was said. Times are compared to the minute, as the form has them. */
export const showChangeOf = (
  before: ShowMembers,
  draft: ShowDraft,
): Readonly<Record<string, string | null>> => {
  const old = showDraftOf(before);
  const now = showMembersOf(draft);
  const changed = (Object.keys(old) as (keyof ShowDraft)[]).filter(
    (name) => old[name] !== draft[name].trim(),
  );
  return Object.fromEntries(changed.map((name) => [name, now[name] ?? null]));
};
