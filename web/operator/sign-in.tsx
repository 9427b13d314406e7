import { Screen } from './screen.tsx';
import { refusedWhy, signIn } from './session.ts';
import { t } from './texts.ts';

const onSubmit = (event: SubmitEvent): void => {
  event.preventDefault();
  const given = new FormData(event.currentTarget as HTMLFormElement).get('token');
  if (typeof given === 'string') void signIn(given.trim());
};

export const SignIn = () => (
  <div class="sign-in">
    <Screen title={t('title')}>
      <form class="card stack" onSubmit={onSubmit}>
        <div class="field">
          <label for="token">{t('token')}</label>
          <input
            id="token"
            name="token"
            type="password"
            autocomplete="off"
            required
            aria-describedby="hint"
          />
          <p class="hint" id="hint">
            {t('tokenHint')}
          </p>
        </div>
        {refusedWhy.value === null ? null : (
          <p class="note bad" role="alert">
            {t(refusedWhy.value)}
          </p>
        )}
        <button class="button primary" type="submit">
          {t('signIn')}
        </button>
      </form>
    </Screen>
  </div>
);
