import type { ComponentChildren } from 'preact';
import { LANGUAGES, language } from '../shared/texts.ts';
import { Wordmark } from '../shared/wordmark.tsx';
import { EventList } from './event-list.tsx';
import { speak, t } from './texts.ts';

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
    <header class="row apart">
      <Wordmark href="/" />
    </header>
    <main>{children}</main>
    <footer>
      <Languages />
    </footer>
  </div>
);

export const FanPage = () => (
  <Frame>
    <EventList />
  </Frame>
);
