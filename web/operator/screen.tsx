import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from './texts.ts';

/** The first screen is the page itself: there the browser has the focus, and it stays where it is. */
let opened = false;

/** One screen: its heading names the page and takes the focus, so that a reader of screens knows where he is. */
export const Screen = (props: {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · ${t('title')} · Catraca`;
  }, [props.title]);
  useEffect(() => {
    if (opened) heading.current?.focus();
    opened = true;
  }, []);
  return (
    <div class="screen stack">
      <div class="row apart screen-head">
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        {props.aside}
      </div>
      {props.children}
    </div>
  );
};

/** What went wrong, or well, with the last act; said aloud. */
export const Outcome = ({
  text,
  tone,
}: {
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'care';
}) => (
  <p class={`note ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
    <span aria-hidden="true">{SIGNS[tone]}</span>
    <span>{text}</span>
  </p>
);

const SIGNS = { good: '✓', bad: '✕', care: '!' } as const;
