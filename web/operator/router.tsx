import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

const ROOT = '/operator';

export type Place =
  | { readonly screen: 'events' | 'system' | 'money' | 'audit' | 'create' | 'lost' }
  | { readonly screen: 'live' | 'edit' | 'appeals' | 'lanes'; readonly eventId: string };

const NAMED = { '': 'events', system: 'system', money: 'money', audit: 'audit', new: 'create' } as const;

const OF_EVENT = ['edit', 'appeals', 'lanes'] as const;

/** Which screen a path names. */
export const placeOf = (pathname: string): Place => {
  const [first = '', eventId = '', third = ''] = pathname
    .slice(ROOT.length)
    .split('/')
    .filter((part) => part !== '');
  if (first === 'e' && eventId !== '')
    return { screen: OF_EVENT.find((one) => one === third) ?? 'live', eventId };
  const screen = NAMED[first as keyof typeof NAMED];
  return { screen: screen ?? 'lost' };
};

export const place = signal<Place>(placeOf(location.pathname));

export const pathTo = {
  events: ROOT,
  system: `${ROOT}/system`,
  money: `${ROOT}/money`,
  audit: `${ROOT}/audit`,
  create: `${ROOT}/new`,
  live: (eventId: string): string => `${ROOT}/e/${eventId}`,
  edit: (eventId: string): string => `${ROOT}/e/${eventId}/edit`,
  appeals: (eventId: string): string => `${ROOT}/e/${eventId}/appeals`,
  lanes: (eventId: string): string => `${ROOT}/e/${eventId}/lanes`,
};

/** Another screen without another page; readers of screens are taken to its heading by `Screen`. */
export const go = (path: string): void => {
  if (path !== location.pathname) history.pushState(null, '', path);
  place.value = placeOf(path);
  window.scrollTo(0, 0);
};

window.addEventListener('popstate', () => {
  place.value = placeOf(location.pathname);
});

/** A link of the console: a click stays in the page, everything else (a new tab, say) is the browser's. */
export const Link = (props: {
  readonly to: string;
  readonly class?: string;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}) => (
  <a
    href={props.to}
    class={props.class}
    aria-current={props.current === true ? 'page' : undefined}
    onClick={(event: MouseEvent) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      go(props.to);
    }}
  >
    {props.children}
  </a>
);
