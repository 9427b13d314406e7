import { useSignal } from '@preact/signals';
import { formatMoney, formatSpan } from '../../shared/format.ts';
import { language, LOCALES } from '../../shared/texts.ts';
import { moment } from '../audit/audit-trail.tsx';
import { problemText } from '../problem-text.ts';
import { useRefresh } from '../refresh.ts';
import { Outcome } from '../screen.tsx';
import { call } from '../session.ts';
import { t } from '../texts.ts';

type MoneyClass = 'sold' | 'refund_pending' | 'refunded' | 'review' | 'under_way' | 'unbalanced';
type Kind = 'unknown_intent' | 'second_intent' | 'amount' | 'state' | 'missing';
type Remedy = 'cancel' | 'refund' | 'apply' | 'review';

interface Difference {
  readonly kind: Kind;
  readonly remedy: Remedy;
  readonly subject: string;
  readonly ours: string | null;
  readonly gateway: string | null;
  readonly keptMinor: number;
  readonly currency: string;
  readonly standingMs: number;
}

interface Money {
  readonly lookedAt: string | null;
  readonly unbalanced: number;
  readonly classes: readonly {
    readonly class: MoneyClass;
    readonly currency: string;
    readonly payments: number;
    readonly amountMinor: number;
  }[];
  readonly differences: readonly Difference[];
}

const Verdict = ({ money }: { readonly money: Money }) => {
  if (money.lookedAt === null) return <Outcome tone="care" text={t('moneyNotLooked')} />;
  const at = moment(money.lookedAt);
  return money.unbalanced === 0 ? (
    <Outcome tone="good" text={t('moneyBalanced', { at })} />
  ) : (
    <Outcome tone="bad" text={t('moneyUnbalanced', { count: money.unbalanced, at })} />
  );
};

const Classes = ({ money, locale }: { readonly money: Money; readonly locale: string }) => (
  <ul class="money-classes">
    {money.classes.map((line) => (
      <li key={line.class + line.currency} class={`card ${line.class === 'unbalanced' ? 'alarm' : ''}`}>
        <span class="label">{t(`money_${line.class}`)}</span>
        <span class="figure">{formatMoney(line.amountMinor, line.currency, locale)}</span>
        <span class="quiet small">{t('paymentsCount', { count: line.payments })}</span>
      </li>
    ))}
  </ul>
);

const Differences = ({ money, locale }: { readonly money: Money; readonly locale: string }) => (
  <div class="scroll" tabIndex={0} role="group" aria-label={t('differences')}>
    <table class="plain wide">
      <caption>{t('differences')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('difference')}</th>
          <th scope="col">{t('payment')}</th>
          <th scope="col">{t('ours')}</th>
          <th scope="col">{t('theirs')}</th>
          <th scope="col">{t('amount')}</th>
          <th scope="col">{t('standing')}</th>
          <th scope="col">{t('remedy')}</th>
        </tr>
      </thead>
      <tbody>
        {money.differences.map((one) => (
          <tr key={one.kind + one.subject}>
            <td>{t(`difference_${one.kind}`)}</td>
            <td class="target">{one.subject}</td>
            <td>{one.ours ?? '–'}</td>
            <td>{one.gateway ?? '–'}</td>
            <td class="number">{formatMoney(one.keptMinor, one.currency, locale)}</td>
            <td>{formatSpan(one.standingMs / 1_000, locale)}</td>
            <td>{t(`remedy_${one.remedy}`)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** Where all taken money belongs, as the last look at both ledgers found it. */
export const Balance = () => {
  const money = useSignal<Money | null>(null);
  const problem = useSignal<string | null>(null);
  useRefresh(async () => {
    const reply = await call<Money>('GET', '/v1/operator/money');
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (reply.ok) money.value = reply.body;
  }, 5_000);
  const locale = LOCALES[language.value];
  const now = money.value;
  return (
    <section class="stack" aria-labelledby="balance">
      <h2 id="balance">{t('balance')}</h2>
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      {now === null ? null : (
        <>
          <Verdict money={now} />
          <Classes money={now} locale={locale} />
          {now.differences.length === 0 ? null : <Differences money={now} locale={locale} />}
          {now.lookedAt !== null && now.classes.length === 0 ? <p class="quiet">{t('moneyNone')}</p> : null}
        </>
      )}
    </section>
  );
};
