import type { LaneCounters } from '../../domain/ports/line.ts';

/** `line.counters.lanes`: joined and serving of each lane in turn; null: the line has none. */
export const laneColumn = (lanes: readonly LaneCounters[] | undefined): readonly number[] | null =>
  lanes === undefined ? null : lanes.flatMap(({ joined, serving }) => [joined, serving]);

/** Members of an array of bigint arrive as text. */
export const lanesFromColumn = (
  column: readonly (number | string)[] | null,
): readonly LaneCounters[] | undefined =>
  column === null
    ? undefined
    : Array.from({ length: column.length / 2 }, (_, lane) => ({
        joined: Number(column[2 * lane]),
        serving: Number(column[2 * lane + 1]),
      }));
