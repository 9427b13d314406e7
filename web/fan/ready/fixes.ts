import type { Problem } from '../../shared/api.ts';
import { dateTime, sayProblem, span } from '../say.ts';
import { serverNowMs } from '../state/clock.ts';
import { readyText } from './texts.ts';

const FIXES = {
  code_required: 'fixCodeRequired',
  code_invalid: 'fixCodeInvalid',
  invalid_request: 'fixCodeInvalid',
  code_revoked: 'fixCodeRevoked',
  code_used: 'fixCodeUsed',
  code_too_early: 'fixCodeEarly',
  code_expired: 'fixCodeExpired',
  code_attempts: 'fixCodeAttempts',
  lane_unknown: 'fixLane',
  line_closed: 'fixClosed',
  rate_limited: 'fixNetwork',
} as const;

/** What stands in the way and what to do about it, in a fan's words. */
export const sayFix = ({ code, retryAfterMs }: Pick<Problem, 'code' | 'retryAfterMs'>): string => {
  if (retryAfterMs !== undefined && code === 'code_too_early')
    return readyText('fixCodeEarlyAt', {
      when: dateTime(new Date(serverNowMs() + retryAfterMs).toISOString()),
    });
  if (retryAfterMs !== undefined && code === 'code_attempts')
    return readyText('fixCodeAttemptsFor', { span: span(Math.ceil(retryAfterMs / 1_000)) });
  const key = (FIXES as Readonly<Partial<Record<Problem['code'], (typeof FIXES)[keyof typeof FIXES]>>>)[code];
  return readyText(key ?? 'fixOther');
};

/** For an answer to a code: that nobody answered says nothing of the code. */
export const sayCodeProblem = (problem: Problem): string =>
  problem.code in FIXES && problem.code !== 'rate_limited' ? sayFix(problem) : sayProblem(problem);
