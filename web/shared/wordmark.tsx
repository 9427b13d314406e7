/** The name with its sign: a turnstile's three arms, one of them letting somebody through. */
export const Wordmark = ({ href }: { readonly href: string }) => (
  <a class="wordmark" href={href}>
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <g fill="none" stroke-linecap="round" stroke-width="4.4">
        <path d="M16 17V4" stroke="var(--signal)" />
        <path d="M16 17l11 6.6M16 17L5 23.6" stroke="currentColor" />
      </g>
      <circle cx="16" cy="17" r="4.8" fill="currentColor" />
    </svg>
    <span>{NAME}</span>
  </a>
);

/** A name is not translated. */
const NAME = 'Catraca';
