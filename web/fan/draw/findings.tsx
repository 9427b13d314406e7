import { later } from '../later/texts.ts';
import { number } from '../say.ts';
import { CHECK_TEXTS } from './check-texts.ts';
import type { Verification } from './verification.ts';

const sayCheck = (name: string): string => {
  const key = CHECK_TEXTS[name];
  return key === undefined ? name : later(key);
};

const MARKS = { kept: '✓', broken: '✕', open: '–' } as const;
const stateOf = (kept: boolean | null): keyof typeof MARKS =>
  kept === null ? 'open' : kept ? 'kept' : 'broken';
const WORDS = { kept: 'verifyKept', broken: 'verifyBroken', open: 'verifyNotChecked' } as const;

/** What was found, check by check, with the figures it rests on. */
export const Findings = ({ found }: { readonly found: Verification }) => (
  <ul class="checks">
    {found.checks.map(({ name, kept, says }) => {
      const state = stateOf(kept);
      return (
        <li key={name} class={`check ${state === 'kept' ? 'yes' : state === 'broken' ? 'no' : 'checking'}`}>
          <span aria-hidden="true">{MARKS[state]}</span>
          <span>
            {sayCheck(name)} <span class="quiet small">{later(WORDS[state])}</span>
            {kept === null ? null : (
              <details class="small">
                <summary>{later('verifyFigures')}</summary>
                <code class="verify-figures" lang="en">
                  {says}
                </code>
              </details>
            )}
          </span>
        </li>
      );
    })}
  </ul>
);

interface PlacesProps {
  readonly found: Verification;
  readonly entrants: number;
  readonly mine: { readonly index: number; readonly told: number | null } | null;
}

/** The turns that follow from the draw; a fan's own beside the one the line has given. */
export const Places = ({ found, entrants, mine }: PlacesProps) => (
  <ul class="stack tight">
    {found.places.map(({ index, turn }) => {
      const told = mine?.index === index ? mine.told : null;
      const places = { index: number(index), turn: number(turn), entrants: number(entrants) };
      return (
        <li key={index} class="lead">
          <strong>{later(mine?.index === index ? 'verifyMine' : 'verifyPlace', places)}</strong>{' '}
          {told === null ? null : (
            <span class={`tag ${told === turn ? 'good' : 'bad'}`}>
              {told === turn
                ? `✓ ${later('verifyTold')}`
                : `✕ ${later('verifyToldOther', { told: number(told) })}`}
            </span>
          )}
        </li>
      );
    })}
  </ul>
);
