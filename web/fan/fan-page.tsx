import type { ComponentChildren } from 'preact';
import { LANGUAGES, language } from '../shared/texts.ts';
import { Wordmark } from '../shared/wordmark.tsx';
import { Announcer } from './announcer.tsx';
import { laterTexts } from './later/texts.ts';
import { lazily, path, query } from './router.tsx';
import { EventList } from './screens/event-list.tsx';
import { EventScreen } from './screens/event-screen.tsx';
import { NotFound } from './screens/not-found.tsx';
import { speak, t } from './texts.ts';

const Orders = lazily(async () => {
  const [{ OrdersScreen }] = await Promise.all([import('./orders/orders-screen.tsx'), laterTexts()]);
  return OrdersScreen;
});
const Order = lazily(async () => {
  const [{ OrderScreen }] = await Promise.all([import('./orders/order-screen.tsx'), laterTexts()]);
  return OrderScreen;
});

const Draw = lazily(async () => {
  const [{ DrawScreen }] = await Promise.all([import('./draw/draw-screen.tsx'), laterTexts()]);
  return DrawScreen;
});

/** Each language by its own name. */
const NAMES = { pt: 'Português', en: 'English', es: 'Español' } as const;

const Languages = () => (
  <nav class="languages" aria-label={t('language')}>
    {LANGUAGES.map((one) => (
      <button
        key={one}
        type="button"
        lang={one}
        aria-pressed={language.value === one}
        onClick={() => void speak(one)}
      >
        {NAMES[one]}
      </button>
    ))}
  </nav>
);

const Frame = ({ children }: { readonly children: ComponentChildren }) => (
  <div class="fan">
    <a class="skip" href="#content">
      {t('skip')}
    </a>
    <header class="top">
      <Wordmark href="/" />
      <a class="small" href="/orders">
        {t('myOrders')}
      </a>
    </header>
    <main id="content" tabIndex={-1}>
      {children}
    </main>
    <footer>
      <Languages />
    </footer>
    <Announcer />
  </div>
);

/** The lane whose draw the address wants. */
const DrawOf = ({ eventId }: { readonly eventId: string }) => {
  const lane = new URLSearchParams(query.value).get('lane');
  return <Draw key={`${eventId} ${lane}`} eventId={eventId} wanted={lane} />;
};

const screenOf = (address: string) => {
  const [, first = '', id, third] = address.split('/');
  if (first === '') return <EventList />;
  if (first === 'draw') return <Draw eventId={null} wanted={null} />;
  if (first === 'e' && id !== undefined && third === 'draw') return <DrawOf eventId={id} />;
  if (first === 'e' && id !== undefined) return <EventScreen key={id} eventId={id} />;
  if (first === 'orders') return id === undefined ? <Orders /> : <Order key={id} orderId={id} />;
  return <NotFound />;
};

export const FanPage = () => <Frame>{screenOf(path.value)}</Frame>;
