import { useEffect } from 'preact/hooks';

/** Asks again and again while the screen stands, never twice at once, and not while nobody looks at it. */
export const useRefresh = (load: () => Promise<unknown>, everyMs: number, about: unknown = null): void => {
  useEffect(() => {
    let timer = 0;
    let over = false;
    const round = async (): Promise<void> => {
      if (document.visibilityState === 'visible') await load();
      if (!over) timer = window.setTimeout(() => void round(), everyMs);
    };
    void round();
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [everyMs, about]);
};
