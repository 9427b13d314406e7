import { useEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { Problem } from '../shared/api.ts';
import { formatClock } from '../shared/format.ts';
import { sayProblem } from './say.ts';
import { now } from './state/clock.ts';
import { t } from './texts.ts';

/** The first screen of a visit leaves the focus where the browser put it; each later one takes it to its title. */
let screensShown = 0;

interface HeadingProps {
  readonly children: ComponentChildren;
  /** The title of the browser's tab while this screen is shown. */
  readonly tab?: string;
}

/** The title of a screen. It takes the focus when the screen comes, so that keyboard and screen reader are there too. */
export const Heading = ({ children, tab }: HeadingProps) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (screensShown > 0) heading.current?.focus();
    screensShown += 1;
  }, []);
  useEffect(() => {
    document.title = `${tab ?? heading.current?.textContent ?? t('title')} · Catraca`;
  }, [tab, children]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
};

type Tone = 'good' | 'care' | 'bad' | 'plain';

const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', care: '!', bad: '✕', plain: '→' };

interface NoteProps {
  readonly tone: Tone;
  readonly children: ComponentChildren;
  readonly alert?: boolean;
}

/** Something to know. A sign stands beside the colour. */
export const Note = ({ tone, children, alert = false }: NoteProps) => (
  <div class={`note ${tone}`} {...(alert ? { role: 'alert' } : {})}>
    <span class="note-sign" aria-hidden="true">
      {SIGNS[tone]}
    </span>
    <div class="stack tight">{children}</div>
  </div>
);

export const ProblemNote = ({ problem }: { readonly problem: Problem | null }) =>
  problem === null ? null : (
    <Note tone="bad" alert>
      <p>{sayProblem(problem)}</p>
    </Note>
  );

/** Time left until a moment, running. The screen reader may ask for it, and is not told each second. */
export const Clock = ({ until }: { readonly until: string }) => (
  <span class="clock" role="timer" aria-live="off">
    {formatClock(Date.parse(until) - now.value)}
  </span>
);
