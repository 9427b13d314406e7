import { TEST_CARDS } from './cards.ts';
import { html, type Html } from './html.ts';
import type { IntentRecord } from './intent.ts';
import { PAGE_STYLE } from './page-style.ts';

/** The amount as people write it. The currency's own number of decimals tells what a minor unit is. */
export const formatAmount = (amountMinor: number, currency: string): string => {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amountMinor / 10 ** decimals);
};

const layout = (title: string, content: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${PAGE_STYLE}
      </head>
      <body>
        <main>
          <p class="tag">Test payment: no money moves</p>
          ${content}
        </main>
      </body>
    </html> `.html;

const heading = (record: IntentRecord): Html =>
  html`<h1>${record.description ?? 'Payment'}</h1>
    <p class="amount">${formatAmount(record.amountMinor, record.currency)}</p>`;

const note = (tone: 'good' | 'bad', title: string, text: string): Html =>
  html`<div class="note ${tone}" role="${tone === 'bad' ? 'alert' : 'status'}">
    <strong>${title}</strong>
    <p>${text}</p>
  </div>`;

const wayBack = (returnUrl: string | null): Html | null =>
  returnUrl === null ? null : html`<a class="button quiet" href="${returnUrl}">Back to the shop</a>`;

const hiddenReturn = (returnUrl: string | null): Html | null =>
  returnUrl === null ? null : html`<input type="hidden" name="return_url" value="${returnUrl}" />`;

const groups = (digits: string): string => digits.replaceAll(/(.{4})(?=.)/g, '$1 ');

const cardTable = (): Html =>
  html`<details>
    <summary>Test cards</summary>
    <table>
      <caption>
        Each card decides what its bank answers.
      </caption>
      <tbody>
        ${TEST_CARDS.map(
          (card) =>
            html`<tr>
              <th scope="row"><code>${groups(card.number)}</code></th>
              <td>${card.label}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </details>`;

const cardForm = (record: IntentRecord, returnUrl: string | null): Html => {
  const declined = record.lastDecline;
  return html`${declined === null ? null : note('bad', 'The payment was declined', `${declined.message} You can try again with another card.`)}
    <form method="post" action="/pay/${record.id}/pay" autocomplete="off">
      ${hiddenReturn(returnUrl)}
      <label for="card">Card number</label>
      <input
        type="text"
        id="card"
        name="card"
        inputmode="numeric"
        required
        maxlength="30"
        pattern="[0-9 \\-]{12,30}"
        placeholder="4242 4242 4242 4242"
        aria-describedby="hint"
        ${declined === null ? null : html` aria-invalid="true"`}
      />
      <p class="hint" id="hint">Only the test cards below work here. Never type a real one.</p>
      <button type="submit">Pay ${formatAmount(record.amountMinor, record.currency)}</button>
    </form>
    ${wayBack(returnUrl)} ${cardTable()}`;
};

const authenticationForm = (record: IntentRecord, returnUrl: string | null): Html =>
  html`<h2>Your bank wants to be sure</h2>
    <p>This is the 3-D Secure step: the bank asks the card's owner whether the payment is theirs.</p>
    <form method="post" action="/pay/${record.id}/pay">
      ${hiddenReturn(returnUrl)}
      <button type="submit" name="authenticate" value="approve">Approve the payment</button>
      <button type="submit" name="authenticate" value="deny" class="quiet">Deny it</button>
    </form>`;

const result = (
  record: IntentRecord,
  returnUrl: string | null,
): { readonly title: string; readonly content: Html } => {
  const told = (tone: 'good' | 'bad', title: string, text: string) => ({
    title,
    content: html`${note(tone, title, text)}${wayBack(returnUrl)}`,
  });
  switch (record.status) {
    case 'requires_payment_method':
    case 'requires_confirmation':
      return {
        title: record.lastDecline === null ? 'Pay' : 'Payment declined',
        content: cardForm(record, returnUrl),
      };
    case 'requires_action':
      return { title: 'Confirm with your bank', content: authenticationForm(record, returnUrl) };
    case 'processing':
      return told('good', 'Payment under way', 'The bank has not answered yet.');
    case 'requires_capture':
      return told(
        'good',
        'Paid',
        'The amount is reserved on your card. The shop takes it with your tickets.',
      );
    case 'succeeded':
      return record.refundedMinor > 0
        ? told(
            'good',
            'Refunded',
            `${formatAmount(record.refundedMinor, record.currency)} went back to your card.`,
          )
        : told('good', 'Paid', 'Thank you. The payment is complete.');
    default:
      return record.cancellationReason === 'automatic' || record.cancellationReason === 'abandoned'
        ? told('bad', 'Expired', 'The time to pay is over. Nothing was charged.')
        : told('bad', 'Cancelled', 'This payment was cancelled. Nothing was charged.');
  }
};

/** As Stripe tells the page that somebody comes back to: a hint for its words, never a reason to hand anything out. */
const redirectStatus = (record: IntentRecord): 'succeeded' | 'pending' | 'failed' | null => {
  switch (record.status) {
    case 'requires_capture':
    case 'succeeded':
      return 'succeeded';
    case 'processing':
      return 'pending';
    case 'canceled':
      return 'failed';
    default:
      return record.lastDecline === null ? null : 'failed';
  }
};

const wayBackOf = (record: IntentRecord, returnUrl: string): string => {
  const url = new URL(returnUrl);
  const status = redirectStatus(record);
  if (status !== null) url.searchParams.set('redirect_status', status);
  return url.href;
};

/** The page of an intent: what is paid, and either the form or how it ended. `returnUrl` must have been checked before. */
export const payPage = (record: IntentRecord, returnUrl: string | null): string => {
  const { title, content } = result(record, returnUrl === null ? null : wayBackOf(record, returnUrl));
  return layout(title, html`${heading(record)}${content}`);
};

/** For everything that has no intent to show. */
export const messagePage = (title: string, text: string): string =>
  layout(
    title,
    html`<h1>${title}</h1>
      <p>${text}</p>`,
  );
