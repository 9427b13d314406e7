import { BYPASS_LANE, laneOf } from '../domain/lanes.ts';
import type { AccessRecords, SaleRecords } from '../domain/sale-records.ts';
import type { ClientHistory } from './history.ts';
import { groupBy, judge, type Verdict } from './verdict.ts';

const NO_CODES = 'the event has no codes';

/** P7c: of any number who bring a code at the same moment as many get it as it is for. */
export const codesObeyed = ({ access }: SaleRecords): Verdict => {
  const redeemed = groupBy(access.redemptions, ({ codeId }) => codeId);
  const breaches = access.codes.flatMap(({ codeId, uses, usesMax }) => {
    const by = redeemed.get(codeId) ?? [];
    const fans = new Set(by.map(({ fanId }) => fanId)).size;
    return [
      ...(fans > (usesMax ?? fans) ? [`code ${codeId} is for ${usesMax}, and ${fans} redeemed it`] : []),
      ...(uses === fans && by.length === fans
        ? []
        : [`code ${codeId} counts ${uses} uses, and has ${by.length} of ${fans} fans`]),
    ];
  });
  const what = 'a code is redeemed by as many fans as it is for, each counted once';
  return judge('P7c', what, access.redemptions.length, breaches, NO_CODES);
};

/** Who has redeemed a code for what, as one word each. */
const openedBy = ({ codes, redemptions }: AccessRecords): ReadonlySet<string> => {
  const lanes = new Map(codes.map(({ codeId, laneId }) => [codeId, laneId]));
  return new Set(redemptions.map(({ codeId, fanId }) => `${fanId} ${lanes.get(codeId)}`));
};

/** P7c: whoever was told that a code let them in has redeemed one, and everybody past the line was counted first. */
export const entriesCounted = ({ access, places }: SaleRecords, history: ClientHistory | null): Verdict => {
  const opened = openedBy(access);
  const told = history?.lanesOpened ?? [];
  const past = places.filter(({ number }) => laneOf(number) >= BYPASS_LANE);
  const counted = new Set(access.bypasses.map(({ fanId }) => fanId));
  const breaches = [
    ...told
      .filter(({ fanId, laneId }) => !opened.has(`${fanId} ${laneId}`))
      .map(({ fanId, laneId }) => `fan ${fanId} was let into ${laneId ?? 'the bypass'} without a code`),
    ...past
      .filter(({ fanId }) => !counted.has(fanId))
      .map(({ fanId }) => `fan ${fanId} went past the line, and nobody counted it`),
    ...access.bypasses
      .filter(({ codeId, fanId }) => codeId === null || !opened.has(`${fanId} null`))
      .map(({ fanId }) => `fan ${fanId} was counted past the line without a code for it`),
  ];
  const what = 'nobody gets behind a code without it, or past the line uncounted';
  return judge('P7c', what, told.length + past.length + access.bypasses.length, breaches, NO_CODES);
};
