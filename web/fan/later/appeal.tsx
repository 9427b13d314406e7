import { useEffect, useState } from 'preact/hooks';
import { jittered, newKey, pause, type Problem } from '../../shared/api.ts';
import { announce } from '../announcer.tsx';
import { sayProblem } from '../say.ts';
import { asFan } from '../state/session.ts';
import type { Visit } from '../state/visit.ts';
import { Note } from '../ui.tsx';
import { later } from './texts.ts';

interface AppealDocument {
  readonly message: string;
  readonly resolution: { readonly decision: 'granted' | 'denied'; readonly note: string } | null;
}

const LOOK_MS = 8_000;
const MESSAGE_MAX = 2_000;

const Form = (props: { readonly onSend: (message: string) => Promise<Problem | null> }) => {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const message = new FormData(event.currentTarget as HTMLFormElement).get('message');
    if (busy || typeof message !== 'string' || message.trim() === '') return;
    setBusy(true);
    setProblem(await props.onSend(message));
    setBusy(false);
  };
  return (
    <form class="stack tight" onSubmit={(event: SubmitEvent) => void send(event)}>
      <div class="field">
        <label for="appeal">{later('appealWhy')}</label>
        <textarea id="appeal" name="message" rows={3} required maxLength={MESSAGE_MAX} />
      </div>
      <button type="submit" class="button self-start" disabled={busy}>
        {later('appealSend')}
      </button>
      {problem === null ? null : <p role="alert">{sayProblem(problem)}</p>}
    </form>
  );
};

const Filed = ({ appeal, visit }: { readonly appeal: AppealDocument; readonly visit: Visit }) => {
  const { resolution } = appeal;
  if (resolution === null)
    return (
      <Note tone="plain">
        <p class="strong">{later('appealFiled')}</p>
        <p>{later('appealFiledText')}</p>
      </Note>
    );
  const granted = resolution.decision === 'granted';
  return (
    <Note tone={granted ? 'good' : 'bad'}>
      <p class="strong">{later(granted ? 'appealGranted' : 'appealDenied')}</p>
      <p>{resolution.note}</p>
      {granted ? (
        <button
          type="button"
          class="button primary"
          disabled={visit.busy.value}
          onClick={() => void visit.join()}
        >
          {later('appealJoin')}
        </button>
      ) : null}
    </Note>
  );
};

/** For a fan whom the line has refused: asks a person, and tells what became of it while the page is open. */
export const Appeal = ({ visit }: { readonly visit: Visit }) => {
  const path = `/v1/events/${visit.eventId}/line/appeals`;
  const [appeal, setAppeal] = useState<AppealDocument | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const watch = async (): Promise<void> => {
      let before: string | null = null;
      while (!abort.signal.aborted) {
        const reply = await asFan<AppealDocument>('GET', `${path}/mine`, { tries: 1 });
        if (abort.signal.aborted) return;
        if (reply.ok) {
          setAppeal(reply.body);
          const decision = reply.body.resolution?.decision ?? null;
          if (decision !== null && decision !== before)
            announce(later(decision === 'granted' ? 'appealGranted' : 'appealDenied'), 0);
          before = decision;
        }
        await pause(jittered(LOOK_MS), abort.signal);
      }
    };
    void watch();
    return () => abort.abort();
  }, [path]);
  const [key] = useState(newKey);
  const send = async (message: string): Promise<Problem | null> => {
    const reply = await asFan<AppealDocument>('POST', path, { key, body: { message } });
    if (!reply.ok) return reply.problem;
    setAppeal(reply.body);
    return null;
  };
  return (
    <section class="card stack" aria-labelledby="appeal-title">
      <h2 id="appeal-title">{later('appealTitle')}</h2>
      {appeal === null ? (
        <>
          <p>{later('appealText')}</p>
          <Form onSend={send} />
        </>
      ) : (
        <Filed appeal={appeal} visit={visit} />
      )}
    </section>
  );
};
