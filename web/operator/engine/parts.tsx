import { useSignal } from '@preact/signals';
import { useRefresh } from '../refresh.ts';
import { t } from '../texts.ts';

interface Part {
  readonly name: string;
  readonly where: string;
  readonly state: 'up' | 'down';
  readonly vital: boolean;
  /** Who does its work meanwhile. */
  readonly standIn?: string;
}

interface Readiness {
  readonly status: 'ready' | 'not_ready' | 'draining';
  readonly parts: readonly Part[];
}

/** Not `ask`: a node that is not ready answers 503, and says in the same words what is missing. */
const readReadiness = async (): Promise<Readiness | null> => {
  try {
    const response = await fetch('/readyz', { signal: AbortSignal.timeout(4_000) });
    const body = (await response.json()) as Partial<Readiness>;
    return Array.isArray(body.parts) && body.status !== undefined
      ? { status: body.status, parts: body.parts }
      : null;
  } catch {
    return null;
  }
};

const toneOf = ({ state, standIn, vital }: Part): 'good' | 'care' | 'bad' => {
  if (state === 'up' && standIn === undefined) return 'good';
  return vital && standIn === undefined ? 'bad' : 'care';
};

const SIGNS = { good: '●', care: '◐', bad: '✕' } as const;

const stateText = ({ state, standIn }: Part): string => {
  if (standIn !== undefined) return t('partReplaced', { by: standIn });
  return t(state === 'up' ? 'partUp' : 'partDown');
};

const STATUS = { ready: 'nodeReady', not_ready: 'nodeNotReady', draining: 'nodeDraining' } as const;

/** What this node stands on: whether each part answers, and who does its work meanwhile. */
export const Parts = () => {
  const readiness = useSignal<Readiness | null>(null);
  const unreachable = useSignal(false);
  useRefresh(async () => {
    const found = await readReadiness();
    unreachable.value = found === null;
    if (found !== null) readiness.value = found;
  }, 2_000);
  const now = readiness.value;
  return (
    <section class="stack" aria-labelledby="parts">
      <div class="row apart">
        <h2 id="parts">{t('parts')}</h2>
        <span class={`tag ${!unreachable.value && now?.status === 'ready' ? 'good' : 'bad'}`} role="status">
          {unreachable.value ? t('noAnswer') : now === null ? t('connecting') : t(STATUS[now.status])}
        </span>
      </div>
      <ul class="parts-list">
        {now?.parts.map((part) => (
          <li key={part.name} class={`card part ${toneOf(part)}`}>
            <span class="row apart">
              <strong>{part.name}</strong>
              <span class={`tag ${toneOf(part)}`}>
                <span aria-hidden="true">{SIGNS[toneOf(part)]}</span>
                {stateText(part)}
              </span>
            </span>
            <span class="quiet small">
              {part.where === 'embedded' ? t('partEmbedded') : part.where}
              {part.vital ? ` · ${t('partVital')}` : ''}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};
