import type { ComponentChildren } from 'preact';
import { LANGUAGES, language, type Language } from '../shared/texts.ts';
import { Wordmark } from '../shared/wordmark.tsx';
import { ConfirmDialog } from './confirm.tsx';
import { Link, pathTo, place } from './router.tsx';
import { session, signOut } from './session.ts';
import { speak, t } from './texts.ts';

/** Languages are named in themselves. */
const NAMES: Readonly<Record<Language, string>> = { pt: 'Português', en: 'English', es: 'Español' };

const LanguageChoice = () => (
  <label class="language">
    <span class="unseen">{t('language')}</span>
    <select value={language.value} onChange={(event) => void speak(event.currentTarget.value as Language)}>
      {LANGUAGES.map((one) => (
        <option key={one} value={one} lang={one}>
          {NAMES[one]}
        </option>
      ))}
    </select>
  </label>
);

const Navigation = () => {
  const { screen } = place.value;
  const inEvents = ['events', 'live', 'edit', 'appeals', 'create'].includes(screen);
  return (
    <nav aria-label={t('screens')}>
      <ul class="row rail">
        <li>
          <Link to={pathTo.events} current={inEvents}>
            {t('events')}
          </Link>
        </li>
        <li>
          <Link to={pathTo.system} current={screen === 'system'}>
            {t('system')}
          </Link>
        </li>
        <li>
          <Link to={pathTo.money} current={screen === 'money'}>
            {t('money')}
          </Link>
        </li>
        <li>
          <Link to={pathTo.audit} current={screen === 'audit'}>
            {t('audit')}
          </Link>
        </li>
      </ul>
    </nav>
  );
};

const WhoIsHere = () => {
  const who = session.value;
  if (who === null) return null;
  return (
    <>
      <span class="tag" title={who.id}>
        {who.role === 'operator' ? t('roleOperator') : t('roleViewer')}
      </span>
      <button class="button small plain" type="button" onClick={signOut}>
        {t('signOut')}
      </button>
    </>
  );
};

/** What stands around every screen. */
export const Shell = ({ children }: { readonly children: ComponentChildren }) => (
  <div class="console">
    <a class="skip" href="#main">
      {t('skip')}
    </a>
    <header class="row apart bar">
      <div class="row">
        <Wordmark href={pathTo.events} />
        {session.value === null ? null : <Navigation />}
      </div>
      <div class="row">
        <LanguageChoice />
        <WhoIsHere />
      </div>
    </header>
    <main id="main">{children}</main>
    <ConfirmDialog />
  </div>
);
