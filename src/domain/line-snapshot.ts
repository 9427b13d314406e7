import { furthestLanes, withLanes } from './lanes.ts';
import type { LaneCounters, LineSnapshot } from './ports/line.ts';

export interface SnapshotSources {
  /** As saved; `joined` and `serving` are those of the first lane where no lanes were saved. */
  readonly counters: Pick<LineSnapshot, 'epoch' | 'joined' | 'serving' | 'admitted'>;
  readonly saved: readonly LaneCounters[] | undefined;
  /** What places and admissions show of each lane. */
  readonly furthest: readonly LaneCounters[];
  readonly admitted: number;
  /** Nothing was ever saved. */
  readonly firstUse: boolean;
  readonly passes: LineSnapshot['passes'];
}

/** What is left of a line: of everything that was saved and is there whatever is further. */
export const furthestSnapshot = (sources: SnapshotSources): LineSnapshot => {
  const { counters, furthest, passes } = sources;
  const saved = sources.saved ?? [{ joined: counters.joined, serving: counters.serving }];
  const lanes = (furthestLanes(saved, furthest) ?? []).map(({ joined, serving }) => ({
    joined: Math.max(joined, serving),
    serving,
  }));
  const [first = { joined: 0, serving: 0 }] = lanes;
  return {
    epoch: counters.epoch,
    ...withLanes(first, lanes.length > 1 ? lanes : undefined),
    admitted: Math.max(counters.admitted, sources.admitted),
    firstUse: sources.firstUse && furthest.every((lane) => lane.joined === 0),
    passes,
  };
};
