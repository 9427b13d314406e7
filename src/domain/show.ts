/** When and where the show itself is, and until when its tickets may be given back. Null or absent: nobody has said. */
export interface Show {
  readonly showAtMs?: number | null | undefined;
  readonly doorsAtMs?: number | null | undefined;
  /** Street and town, as a map service finds them; the venue's name stands beside it. */
  readonly address?: string | null | undefined;
  /** Until then a fan may give a paid order back for the whole money; absent: never. */
  readonly refundsUntilMs?: number | null | undefined;
}

/** What is wrong with these times together; null: nothing. */
export const showFault = ({ showAtMs, doorsAtMs }: Show): string | null => {
  if (doorsAtMs === undefined || doorsAtMs === null) return null;
  if (showAtMs === undefined || showAtMs === null) return 'doors open for a show, whose time is not given';
  return doorsAtMs > showAtMs ? 'doors open before the show begins' : null;
};

/** The show with the change in it: a member that is absent stays, null takes it away. */
export const changedShow = (show: Show, change: Show): Show => ({
  showAtMs: change.showAtMs === undefined ? show.showAtMs : change.showAtMs,
  doorsAtMs: change.doorsAtMs === undefined ? show.doorsAtMs : change.doorsAtMs,
  address: change.address === undefined ? show.address : change.address,
  refundsUntilMs: change.refundsUntilMs === undefined ? show.refundsUntilMs : change.refundsUntilMs,
});

/** Whether a paid order of this show may be given back at `nowMs`. */
export const isRefundable = ({ refundsUntilMs }: Show, nowMs: number): boolean =>
  refundsUntilMs !== undefined && refundsUntilMs !== null && nowMs < refundsUntilMs;
