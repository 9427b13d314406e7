import { signal } from '@preact/signals';
import { render } from 'preact';
import { ask, insist } from '../shared/api.ts';
import type { EventDocument } from '../shared/documents.ts';
import '../shared/design/tokens.css';
import '../shared/design/base.css';
import '../shared/design/parts.css';
import './console.css';
import { Wordmark } from '../shared/wordmark.tsx';
import { reloadOnNewRelease } from '../shared/new-release.ts';
import { start, t } from './texts.ts';

/** Kept for this tab alone: a token that lies around in a browser is a token lost. */
const KEPT = 'catraca.operator';

const token = signal(sessionStorage.getItem(KEPT) ?? '');
const complaint = signal<string | null>(null);
const events = signal<readonly EventDocument[] | null>(null);

const signIn = async (given: string): Promise<void> => {
  const allowed = await ask('GET', '/v1/operator/actors', { token: given });
  if (!allowed.ok) {
    const refused = allowed.problem.code === 'unauthenticated' || allowed.problem.code === 'forbidden';
    complaint.value = t(refused ? 'refused' : 'noAnswer');
    return;
  }
  sessionStorage.setItem(KEPT, given);
  token.value = given;
  complaint.value = null;
  const reply = await insist<{ events: EventDocument[] }>('GET', '/v1/events');
  if (reply.ok) events.value = reply.body.events;
};

const onSignIn = (event: SubmitEvent): void => {
  event.preventDefault();
  const given = new FormData(event.currentTarget as HTMLFormElement).get('token');
  if (typeof given === 'string') void signIn(given.trim());
};

const SignIn = () => (
  <form class="card stack sign-in" onSubmit={onSignIn}>
    <h1>{t('title')}</h1>
    <div class="field">
      <label for="token">{t('token')}</label>
      <input id="token" name="token" type="password" autocomplete="off" required aria-describedby="hint" />
      <p class="hint" id="hint">
        {t('tokenHint')}
      </p>
    </div>
    {complaint.value === null ? null : (
      <p class="note bad" role="alert">
        {complaint.value}
      </p>
    )}
    <button class="button primary" type="submit">
      {t('signIn')}
    </button>
  </form>
);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const Events = () => (
  <section class="stack">
    <h1>{t('events')}</h1>
    <ul class="stack">
      {events.value?.map(({ eventId, name, venue, sections }) => (
        <li class="card row apart" key={eventId}>
          <span>
            <strong>{name}</strong> <span class="quiet">{venue}</span>
          </span>
          <span>
            {t('left', {
              left: sum(sections.map(({ left }) => left)),
              seats: sum(sections.map(({ seats }) => seats)),
            })}
          </span>
        </li>
      ))}
    </ul>
  </section>
);

const Console = () => (
  <div class="console">
    <header>
      <Wordmark href="/operator" />
    </header>
    <main>{events.value === null ? <SignIn /> : <Events />}</main>
  </div>
);

reloadOnNewRelease();
await start();
document.title = `${t('title')} · Catraca`;
if (token.value !== '') await signIn(token.value);
const page = document.querySelector('#page');
if (page !== null) render(<Console />, page);
