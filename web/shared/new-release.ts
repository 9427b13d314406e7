/** One try: a file that is gone for good must not become a page that loads for ever. */
const TRIED = 'catraca.reloaded';

/** A part of an older release may be gone when it is wanted: the page is loaded anew, and with it the new parts. */
export const reloadOnNewRelease = (): void => {
  window.addEventListener('vite:preloadError', (event) => {
    if (sessionStorage.getItem(TRIED) !== null) return;
    sessionStorage.setItem(TRIED, '1');
    event.preventDefault();
    location.reload();
  });
  window.addEventListener('load', () => setTimeout(() => sessionStorage.removeItem(TRIED), 30_000));
};
