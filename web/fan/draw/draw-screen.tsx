import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Problem } from '../../shared/api.ts';
import { announce } from '../announcer.tsx';
import { later } from '../later/texts.ts';
import { number, sayProblem } from '../say.ts';
import { receiptOf } from '../state/receipt.ts';
import { asFan } from '../state/session.ts';
import type { Place } from '../state/stage.ts';
import { stored } from '../state/stored.ts';
import { Heading, Note } from '../ui.tsx';
import { bundleFrom, fetchDraw, fetchLanes, fetchLeaves, type DrawBundle } from './bundle.ts';
import { LaneLinks } from './lane-links.tsx';
import { Findings, Places } from './findings.tsx';
import type { Verification } from './verification.ts';
import './draw.css';

/** Whoever looks while the draw is open sees it drawn; an answer may have been kept by a cache for a second or two. */
const FOLLOW_EVERY_MS = 4_000;

/** In a worker, so that a million entries freeze nobody's page. */
const verifyApart = (bundle: DrawBundle, indices: readonly number[]): Promise<Verification> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./verify-worker.ts', import.meta.url), { type: 'module' });
    const end = (): void => worker.terminate();
    worker.addEventListener('message', ({ data }: MessageEvent<Verification>) => {
      end();
      resolve(data);
    });
    worker.addEventListener('error', (event) => {
      end();
      reject(new Error(event.message));
    });
    worker.postMessage({ bundle, indices }, { transfer: [] });
  });

const placeIn = (eventId: string): Place | null => stored<Place | null>(`place.${eventId}`, null).value;

/** The number that the line has given this fan; null: nobody can tell now. */
const toldNumber = async (eventId: string): Promise<number | null> => {
  const place = placeIn(eventId);
  if (place === null) return null;
  const headers = { 'catraca-place': place.place };
  const reply = await asFan<{ number: number; drawn: boolean }>('GET', `/v1/events/${eventId}/line/me`, {
    headers,
  });
  return reply.ok && reply.body.drawn ? reply.body.number : null;
};

const saved = (bundle: DrawBundle): string =>
  URL.createObjectURL(new Blob([JSON.stringify(bundle)], { type: 'application/json' }));

const OpenFile = ({ onText }: { readonly onText: (text: string) => void }) => (
  <div
    class="field"
    onDragOver={(event) => event.preventDefault()}
    onDrop={(event) => {
      event.preventDefault();
      void event.dataTransfer?.files[0]?.text().then(onText);
    }}
  >
    <label for="draw-file">{later('verifyFile')}</label>
    <input
      id="draw-file"
      type="file"
      accept="application/json,.json"
      aria-describedby="draw-file-hint"
      onChange={(event) => void event.currentTarget.files?.[0]?.text().then(onText)}
    />
    <p class="hint" id="draw-file-hint">
      {later('verifyFileHint')}
    </p>
  </div>
);

const AnyPlace = ({
  entrants,
  onIndex,
}: {
  readonly entrants: number;
  readonly onIndex: (index: number) => void;
}) => (
  <form
    class="draw-place"
    onSubmit={(event: SubmitEvent) => {
      event.preventDefault();
      const given = new FormData(event.currentTarget as HTMLFormElement).get('index');
      if (typeof given === 'string' && given !== '') onIndex(Number(given));
    }}
  >
    <div class="field">
      <label for="draw-index">{later('verifyIndex')}</label>
      <input id="draw-index" name="index" type="number" inputMode="numeric" min={1} max={entrants} required />
    </div>
    <button class="button" type="submit">
      {later('verifyCompute')}
    </button>
  </form>
);

interface DrawScreenProps {
  /** Null: a draw from a file alone. */
  readonly eventId: string | null;
  /** The lane that is asked for; null: that of this fan. */
  readonly wanted: string | null;
}

/** Recomputes a draw here, by the rules of the line itself, and tells what is right and what is not. */
export const DrawScreen = ({ eventId, wanted }: DrawScreenProps) => {
  const bundle = useSignal<DrawBundle | null>(null);
  const found = useSignal<Verification | null>(null);
  const problem = useSignal<Problem | null>(null);
  const wrongFile = useSignal(false);
  const fromFile = useSignal(false);
  const busy = useSignal<string | null>(null);
  const told = useSignal<number | null>(null);
  const asked = useSignal<readonly number[]>([]);
  const lanes = useSignal<Awaited<ReturnType<typeof fetchLanes>>>([]);
  const lane = useSignal<string | null>(null);

  const check = async (next: DrawBundle): Promise<void> => {
    bundle.value = next;
    busy.value = later('verifyBusy');
    const mine = next.receipt === undefined ? [] : [next.receipt.index];
    found.value = await verifyApart(next, [...mine, ...asked.value]);
    busy.value = null;
    const ok = found.value.checks.every(({ kept }) => kept !== false);
    announce(later(ok ? 'verifyOk' : 'verifyWrong'), 0);
  };

  const load = async (id: string): Promise<void> => {
    problem.value = null;
    lanes.value = await fetchLanes(id);
    const mine = placeIn(id)?.lane ?? null;
    lane.value = wanted ?? mine;
    const reply = await fetchDraw({ eventId: id, lane: lane.value });
    if ('problem' in reply) {
      problem.value = reply.problem;
      return;
    }
    if (reply.found.state === bundle.value?.draw.state) return;
    // A receipt is of the lane that was joined: held against another one's draw it would look like a lie.
    const isMine = lane.value === mine;
    told.value = isMine ? await toldNumber(id) : null;
    const receipt = isMine ? receiptOf(id).value : null;
    await check({ draw: reply.found, ...(receipt === null ? {} : { receipt }) });
  };

  const readFile = (text: string): void => {
    const read = bundleFrom(text);
    wrongFile.value = read === null;
    if (read === null) return;
    fromFile.value = true;
    told.value = null;
    asked.value = [];
    void check(read);
  };

  const loadAll = async (id: string, whole: DrawBundle): Promise<void> => {
    const { entrants } = whole.draw;
    const reply = await fetchLeaves({ eventId: id, lane: lane.value }, entrants, (count) => {
      busy.value = later('verifyLoading', { count: number(count), entrants: number(entrants) });
    });
    busy.value = null;
    if ('problem' in reply) problem.value = reply.problem;
    else await check({ ...whole, leaves: reply.found });
  };

  useEffect(() => {
    if (eventId === null) return;
    let timer: ReturnType<typeof setTimeout> | null = null;
    let isShown = true;
    const follow = async (): Promise<void> => {
      await load(eventId);
      if (isShown && !fromFile.value && bundle.value?.draw.state !== 'drawn')
        timer = setTimeout(() => void follow(), FOLLOW_EVERY_MS);
    };
    void follow();
    return () => {
      isShown = false;
      if (timer !== null) clearTimeout(timer);
    };
  }, [eventId]);

  const now = bundle.value;
  const result = found.value;
  const broken = result?.checks.some(({ kept }) => kept === false) === true;
  return (
    <section class="stack loose narrow">
      <header class="stack">
        <Heading>{later('verifyTitle')}</Heading>
        <p class="lead">{later('verifyText')}</p>
        {eventId === null || lanes.value.length < 2 ? null : (
          <LaneLinks eventId={eventId} lanes={lanes.value} shown={lane.value ?? lanes.value[0]?.id} />
        )}
      </header>
      {problem.value === null ? null : (
        <Note tone="bad" alert>
          <p>{sayProblem(problem.value)}</p>
        </Note>
      )}
      {wrongFile.value ? (
        <Note tone="bad" alert>
          <p>{later('verifyNoDraw')}</p>
        </Note>
      ) : null}
      {busy.value === null ? null : <p role="status">{busy.value}</p>}
      {now === null || result === null ? null : (
        <>
          <Note tone={broken ? 'bad' : now.draw.state === 'drawn' ? 'good' : 'plain'}>
            <p class="strong">{later(broken ? 'verifyWrong' : 'verifyOk')}</p>
            {now.draw.state === 'drawn' ? null : (
              <p>{later(now.draw.state === 'open' ? 'verifyOpen' : 'verifySealed')}</p>
            )}
            {now.draw.openedByHand ? <p>{later('verifyByHand')}</p> : null}
            {now.draw.state === 'drawn' && now.draw.entrants === 0 ? <p>{later('verifyArrival')}</p> : null}
          </Note>
          <Places
            found={result}
            entrants={now.draw.entrants}
            mine={now.receipt === undefined ? null : { index: now.receipt.index, told: told.value }}
          />
          <Findings found={result} />
          {now.draw.state === 'drawn' && now.draw.entrants > 0 ? (
            <AnyPlace
              entrants={now.draw.entrants}
              onIndex={(index) => {
                asked.value = [...asked.value, index];
                void check(now);
              }}
            />
          ) : null}
          <p class="row">
            {now.leaves === undefined && eventId !== null && now.draw.state !== 'open' ? (
              <button
                type="button"
                class="button"
                disabled={busy.value !== null}
                onClick={() => void loadAll(eventId, now)}
              >
                {later('verifyAll', { count: now.draw.entrants })}
              </button>
            ) : null}
            <a class="button plain" href={saved(now)} download="draw.json">
              {later('verifySave')}
            </a>
          </p>
        </>
      )}
      <OpenFile onText={readFile} />
      <p class="quiet small">{later('verifyHow')}</p>
    </section>
  );
};
