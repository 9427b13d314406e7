import { signal, useSignal } from '@preact/signals';
import type { EventDocument } from '../../shared/documents.ts';
import { confirmed } from '../confirm.tsx';
import { n } from '../live/figures.tsx';
import { problemText } from '../problem-text.ts';
import { useRefresh } from '../refresh.ts';
import { Outcome } from '../screen.tsx';
import { call, mayAct, session } from '../session.ts';
import { t } from '../texts.ts';

interface Actor {
  readonly path: string;
  readonly kind: string;
  readonly mailbox: number;
  readonly mailboxLimit: number;
  readonly restarts: number;
  readonly state: 'starting' | 'running' | 'backing_off' | 'closed' | 'stopped';
}

/** A kill, and what was seen of the actor since. */
interface Killed {
  readonly path: string;
  readonly restartsBefore: number;
  readonly atMs: number;
  readonly backAfterMs: number | null;
}

const SIGNS: Readonly<Record<Actor['state'], string>> = {
  starting: '◔',
  running: '●',
  backing_off: '↻',
  closed: '✕',
  stopped: '■',
};
const TONES: Readonly<Record<Actor['state'], string>> = {
  starting: 'care',
  running: 'good',
  backing_off: 'care',
  closed: 'bad',
  stopped: 'bad',
};

const actors = signal<readonly Actor[] | null>(null);
const killed = signal<Killed | null>(null);
const problem = signal<string | null>(null);

const load = async (): Promise<void> => {
  const reply = await call<{ actors: Actor[] }>('GET', '/v1/operator/actors');
  problem.value = reply.ok ? null : problemText(reply.problem);
  if (reply.ok) actors.value = reply.body.actors;
};

/** Seen back: it runs, and counts one more start. */
const isBack = ({ path, restartsBefore }: Killed): boolean =>
  actors.value?.some(
    (actor) => actor.path === path && actor.restarts > restartsBefore && actor.state === 'running',
  ) === true;

const LOOK_FOR_MS = 20_000;

/** Looks as often as the network allows until the actor is there again. */
const watchReturn = async (kill: Killed): Promise<void> => {
  while (killed.value === kill && performance.now() - kill.atMs < LOOK_FOR_MS) {
    await load();
    if (!isBack(kill)) continue;
    killed.value = { ...kill, backAfterMs: performance.now() - kill.atMs };
    return;
  }
};

const kill = async (actor: Actor): Promise<void> => {
  const sure = await confirmed({
    title: t('confirmKill'),
    text: t('confirmKillText', { path: actor.path }),
    act: t('kill'),
  });
  if (!sure) return;
  const path = actor.path.replace(/^\/+/, '').split('/').map(encodeURIComponent).join('/');
  const atMs = performance.now();
  const reply = await call('DELETE', `/v1/operator/actors/${path}`);
  if (!reply.ok) {
    problem.value = problemText(reply.problem);
    return;
  }
  const mine: Killed = { path: actor.path, restartsBefore: actor.restarts, atMs, backAfterMs: null };
  killed.value = mine;
  await watchReturn(mine);
};

const LastKill = () => {
  const last = killed.value;
  if (last === null) return null;
  return last.backAfterMs === null ? (
    <Outcome tone="care" text={t('killedWaiting', { path: last.path })} />
  ) : (
    <Outcome
      tone="good"
      text={t('killedBack', {
        path: last.path,
        ms: Math.round(last.backAfterMs),
        restarts: last.restartsBefore + 1,
      })}
    />
  );
};

const depthOf = (path: string): number => path.replace(/^\/+/, '').split('/').length - 1;
const nameOf = (path: string): string => path.split('/').at(-1) ?? path;

const Row = ({
  actor,
  top,
  events,
}: {
  readonly actor: Actor;
  readonly top: number;
  readonly events: ReadonlyMap<string, string>;
}) => {
  const depth = depthOf(actor.path) - top;
  const share = actor.mailboxLimit === 0 ? 0 : actor.mailbox / actor.mailboxLimit;
  const name = nameOf(actor.path);
  return (
    <tr data-path={actor.path}>
      <th scope="row" style={{ paddingInlineStart: `${0.75 + depth * 1.4}rem` }}>
        {depth > 0 ? (
          <span class="branch" aria-hidden="true">
            {BRANCH}
          </span>
        ) : null}
        <span class="unseen">{t('depth', { depth: depth + 1 })}</span>
        {events.get(name) ?? name}
        {events.has(name) ? <span class="quiet small path">{name}</span> : null}
      </th>
      <td class="quiet">{actor.kind}</td>
      <td>
        <span class={`tag ${TONES[actor.state]}`}>
          <span aria-hidden="true">{SIGNS[actor.state]}</span>
          {t(`actor_${actor.state}`)}
        </span>
      </td>
      <td class="number">
        {n(actor.mailbox)} <span class="quiet small">{t('ofLimit', { limit: actor.mailboxLimit })}</span>
        <span class={`gauge ${share > 0.8 ? 'full' : ''}`} aria-hidden="true">
          <span style={{ width: `${Math.min(100, share * 100).toFixed(1)}%` }} />
        </span>
      </td>
      <td class="number">{n(actor.restarts)}</td>
      {session.value?.chaos === true && mayAct.value ? (
        <td>
          <button
            class="button small danger"
            type="button"
            aria-label={t('killNamed', { path: actor.path })}
            onClick={() => void kill(actor)}
          >
            {t('kill')}
          </button>
        </td>
      ) : null}
    </tr>
  );
};

const BRANCH = '└';

/** The tree of this node, refreshed every second; where chaos is allowed, each actor can be killed and seen to come back. */
export const Actors = () => {
  const wanted = useSignal('');
  const events = useSignal<ReadonlyMap<string, string>>(new Map());
  useRefresh(load, 1_000);
  useRefresh(async () => {
    const reply = await call<{ events: EventDocument[] }>('GET', '/v1/events');
    if (reply.ok) events.value = new Map(reply.body.events.map(({ eventId, name }) => [eventId, name]));
  }, 30_000);
  const all = actors.value ?? [];
  const top = Math.min(...all.map(({ path }) => depthOf(path)));
  const text = wanted.value.toLowerCase();
  const shown = all.filter(
    ({ path, kind, state }) =>
      text === '' ||
      [
        path,
        kind,
        t(`actor_${state}`),
        ...[...events.value].filter(([id]) => path.includes(id)).map(([, name]) => name),
      ].some((one) => one.toLowerCase().includes(text)),
  );
  return (
    <section class="stack" aria-labelledby="actors">
      <div class="row apart">
        <h2 id="actors">{t('actors')}</h2>
        <span class="quiet">
          {t('actorsCount', {
            count: all.length,
            waiting: all.reduce((sum, { mailbox }) => sum + mailbox, 0),
            restarts: all.reduce((sum, { restarts }) => sum + restarts, 0),
          })}
        </span>
      </div>
      {session.value?.chaos === true ? null : <p class="quiet small">{t('chaosOff')}</p>}
      <div class="field search">
        <label for="actor-search">{t('search')}</label>
        <input
          id="actor-search"
          type="search"
          value={wanted.value}
          onInput={(event) => (wanted.value = event.currentTarget.value)}
        />
      </div>
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      <LastKill />
      <div class="scroll tall" tabIndex={0} role="group" aria-label={t('actors')}>
        <table class="plain wide tree">
          <thead>
            <tr>
              <th scope="col">{t('actorName')}</th>
              <th scope="col">{t('actorKind')}</th>
              <th scope="col">{t('actorState')}</th>
              <th scope="col">{t('actorMailbox')}</th>
              <th scope="col">{t('actorRestarts')}</th>
              {session.value?.chaos === true && mayAct.value ? (
                <th scope="col">
                  <span class="unseen">{t('kill')}</span>
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {shown.map((actor) => (
              <Row key={actor.path} actor={actor} top={top} events={events.value} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
};
