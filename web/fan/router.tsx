import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from './texts.ts';

/** The address that the page shows. */
export const path = signal(location.pathname);
/** What comes behind it, from its question mark on. */
export const query = signal(location.search);

const follow = (): void => {
  path.value = location.pathname;
  query.value = location.search;
};

/** Goes to an address of ours without loading the page anew. */
export const go = (to: string, replace = false): void => {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  follow();
  if (!replace) window.scrollTo(0, 0);
};

const OURS = /^\/(?:$|e\/|draw$|orders(?:\/|$))/;

/** Links of ours change the screen; all others, and those opened elsewhere, are the browser's. */
export const followLinks = (): void => {
  window.addEventListener('popstate', follow);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (
      link === null ||
      link.origin !== location.origin ||
      link.target !== '' ||
      link.hasAttribute('download')
    )
      return;
    if (!OURS.test(link.pathname)) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
};

/** A component whose code is loaded when it is first shown. */
export const lazily = <P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> => {
  let loaded: ComponentType<P> | null = null;
  return (props: P) => {
    const [Component, show] = useState<ComponentType<P> | null>(() => loaded);
    const [failed, fail] = useState(false);
    useEffect(() => {
      if (loaded !== null) return;
      const fetch = async (): Promise<void> => {
        try {
          const component = await load();
          loaded = component;
          show(() => component);
        } catch {
          fail(true);
        }
      };
      void fetch();
    }, []);
    if (Component !== null) return <Component {...props} />;
    return <p role="status">{t(failed ? 'networkGone' : 'loading')}</p>;
  };
};
