import { useSignal } from '@preact/signals';
import { formatMoney } from '../../shared/format.ts';
import { language, LOCALES } from '../../shared/texts.ts';
import { moment } from '../audit/audit-trail.tsx';
import { confirmed } from '../confirm.tsx';
import { problemText } from '../problem-text.ts';
import { useRefresh } from '../refresh.ts';
import { Outcome } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';

const ACTIONS = ['refund', 'honour', 'dismiss'] as const;
type Action = (typeof ACTIONS)[number];

type Kind =
  | 'amount_mismatch'
  | 'unknown_order'
  | 'capture_lost'
  | 'refund_refused'
  | 'second_intent'
  | 'refunded_elsewhere'
  | 'late_intent'
  | 'contradiction'
  | 'ledger_mismatch';

interface Review {
  readonly reviewId: string;
  readonly kind: Kind;
  readonly paymentRef: string;
  readonly orderId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly openedAt: string;
  /** What it can be decided as now. */
  readonly actions: readonly Action[];
  readonly resolution: {
    readonly action: Action;
    readonly note: string;
    readonly by: string;
    readonly at: string;
  } | null;
}

const amountOf = ({ details }: Review): string | null => {
  const { amountMinor, currency } = details;
  return typeof amountMinor === 'number' && typeof currency === 'string'
    ? formatMoney(amountMinor, currency, LOCALES[language.value])
    : null;
};

const ResolveForm = ({ review, onDone }: { readonly review: Review; readonly onDone: () => void }) => {
  const problem = useSignal<string | null>(null);
  const resolve = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const note = data.get('note');
    const action = ACTIONS.find((one) => one === data.get('action'));
    if (action === undefined || typeof note !== 'string') return;
    const sure = await confirmed({
      title: t('confirmReview', { action: t(`review_${action}`) }),
      text: t(`reviewMeans_${action}`),
      act: t('decide'),
    });
    if (!sure) return;
    const reply = await call('POST', `/v1/operator/reviews/${review.reviewId}/resolution`, {
      action,
      note,
    });
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (reply.ok) onDone();
  };
  const { reviewId } = review;
  return (
    <form class="resolve" onSubmit={(event: SubmitEvent) => void resolve(event)}>
      <div class="field">
        <label for={`action-${reviewId}`}>{t('decision')}</label>
        <select id={`action-${reviewId}`} name="action">
          {review.actions.map((action) => (
            <option key={action} value={action}>
              {t(`review_${action}`)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={`note-${reviewId}`}>{t('note')}</label>
        <input id={`note-${reviewId}`} name="note" required maxLength={2_000} />
      </div>
      <button class="button" type="submit">
        {t('decide')}
      </button>
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
    </form>
  );
};

const Decided = ({ resolution }: { readonly resolution: NonNullable<Review['resolution']> }) => (
  <p>
    <strong>{t(`review_${resolution.action}`)}</strong> · {resolution.by} · {moment(resolution.at)} ·{' '}
    {resolution.note}
  </p>
);

const ReviewCard = ({ review, onDone }: { readonly review: Review; readonly onDone: () => void }) => (
  <li class="card stack">
    <div class="row apart">
      <h3>{t(`kind_${review.kind}`)}</h3>
      <span class={`tag ${review.resolution === null ? 'care' : 'good'}`}>
        {t(review.resolution === null ? 'reviewOpen' : 'reviewDecided')}
      </span>
    </div>
    <dl class="details">
      <div>
        <dt>{t('when')}</dt>
        <dd>{moment(review.openedAt)}</dd>
      </div>
      <div>
        <dt>{t('amount')}</dt>
        <dd>{amountOf(review) ?? '–'}</dd>
      </div>
      <div>
        <dt>{t('payment')}</dt>
        <dd class="target">{review.paymentRef}</dd>
      </div>
      <div>
        <dt>{t('order')}</dt>
        <dd class="target">{review.orderId ?? '–'}</dd>
      </div>
    </dl>
    <details>
      <summary>{t('seen')}</summary>
      <pre class="small">{JSON.stringify(review.details, null, 2)}</pre>
    </details>
    {review.resolution === null ? (
      mayAct.value ? (
        <ResolveForm review={review} onDone={onDone} />
      ) : null
    ) : (
      <Decided resolution={review.resolution} />
    )}
  </li>
);

/** Money of which no rule may decide. */
export const Reviews = () => {
  const reviews = useSignal<readonly Review[] | null>(null);
  const all = useSignal(false);
  const problem = useSignal<string | null>(null);
  const load = async (): Promise<void> => {
    const reply = await call<{ reviews: Review[] }>(
      'GET',
      `/v1/operator/reviews?state=${all.value ? 'all' : 'open'}&limit=200`,
    );
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (reply.ok) reviews.value = reply.body.reviews;
  };
  useRefresh(load, 5_000, all.value);
  return (
    <section class="stack" aria-labelledby="reviews">
      <div class="row apart">
        <h2 id="reviews">{t('reviews')}</h2>
        <label class="row">
          <input
            type="checkbox"
            checked={all.value}
            onChange={(event) => (all.value = event.currentTarget.checked)}
          />
          {t('reviewsAll')}
        </label>
      </div>
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      {reviews.value?.length === 0 ? <p class="quiet">{t('reviewsNone')}</p> : null}
      <ul class="stack">
        {reviews.value?.map((review) => (
          <ReviewCard key={review.reviewId} review={review} onDone={() => void load()} />
        ))}
      </ul>
    </section>
  );
};
