export interface Lane {
  readonly id: string;
  readonly name: string;
  readonly sharePercent: number;
  readonly access: 'open' | 'code';
}

/** A lane as it stands in a form, as typed. */
export interface LaneDraft {
  /** Names the lane on this page, whatever is typed into it. */
  readonly key: number;
  readonly id: string;
  readonly name: string;
  readonly share: string;
  readonly access: Lane['access'];
}

let keys = 0;

export const laneDraftsOf = (lanes: readonly Lane[]): readonly LaneDraft[] =>
  lanes.map(({ id, name, sharePercent, access }) => ({
    key: (keys += 1),
    id,
    name,
    share: String(sharePercent),
    access,
  }));

/** What the shares of a form add up to; not a number where one is none. */
export const sumOf = (drafts: readonly LaneDraft[]): number =>
  drafts.reduce((sum, { share }) => sum + Number(share), 0);

/** One more, with what is left of the whole. */
export const withLane = (drafts: readonly LaneDraft[]): readonly LaneDraft[] => {
  const left = Math.max(0, 100 - (sumOf(drafts) || 0));
  return [
    ...drafts,
    { key: (keys += 1), id: `lane-${drafts.length + 1}`, name: '', share: String(left), access: 'open' },
  ];
};

/** What is sent. Whether it is right the server says. */
export const lanesOf = (drafts: readonly LaneDraft[]): readonly Lane[] =>
  drafts.map(({ id, name, share, access }) => ({ id, name, sharePercent: Number(share), access }));
