import { useEffect } from 'preact/hooks';
import type { EventDocument } from '../../shared/documents.ts';
import { announce } from '../announcer.tsx';
import type { Visit } from '../state/visit.ts';
import { t } from '../texts.ts';
import { Heading, ProblemNote } from '../ui.tsx';
import { Prices } from './prices.tsx';

interface Props {
  readonly visit: Visit;
  readonly event: EventDocument;
}

/** A called fan's page opens the door by itself, but only before their eyes: the time inside is running from then on. */
export const Called = ({ visit }: Props) => {
  useEffect(() => {
    announce(t('calledTitle'), 0);
    const enter = (): void => {
      if (document.visibilityState === 'visible') void visit.comeIn();
    };
    enter();
    document.addEventListener('visibilitychange', enter);
    const again = setInterval(enter, 4_000);
    return () => {
      document.removeEventListener('visibilitychange', enter);
      clearInterval(again);
    };
  }, []);
  return (
    <section class="stack loose narrow centred turn">
      <svg class="turnstile" viewBox="0 0 64 64" aria-hidden="true">
        <g class="turnstile-arms">
          <path d="M32 32V6M32 32l22.5 13M32 32L9.5 45" />
        </g>
        <circle cx="32" cy="32" r="7" />
      </svg>
      <Heading tab={t('calledTitle')}>{t('calledTitle')}</Heading>
      <p class="lead">{t('calledText')}</p>
      <ProblemNote problem={visit.problem.value} />
      <p>
        <button
          type="button"
          class="button primary big"
          disabled={visit.busy.value}
          onClick={() => void visit.comeIn()}
        >
          {t('comeIn')}
        </button>
      </p>
    </section>
  );
};

export const Over = ({ visit, event }: Props) => (
  <section class="stack loose narrow">
    <p class="kicker">{event.name}</p>
    <Heading>{t('overTitle')}</Heading>
    <p class="lead">{t('overText')}</p>
    <ProblemNote problem={visit.problem.value} />
    <div class="row">
      <button
        type="button"
        class="button primary"
        disabled={visit.busy.value}
        onClick={() => void visit.join()}
      >
        {t('joinAgain')}
      </button>
      <a class="button" href="/orders">
        {t('myOrders')}
      </a>
    </div>
  </section>
);

export const SoldOut = ({ event }: Props) => (
  <section class="stack loose narrow">
    <p class="kicker">{event.name}</p>
    <Heading>
      <span class="stamp">{t('soldOutTitle')}</span>
    </Heading>
    <p class="lead">{t('soldOutText')}</p>
    <Prices event={event} />
  </section>
);

export const Closed = ({ event }: Props) => (
  <section class="stack loose narrow">
    <p class="kicker">{event.name}</p>
    <Heading>{t('closedTitle')}</Heading>
    <p class="lead">{t('closedText')}</p>
    <p>
      <a class="button" href="/orders">
        {t('myOrders')}
      </a>
    </p>
  </section>
);
