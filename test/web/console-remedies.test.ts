import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'ava';
import type { Locator } from 'playwright-core';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { axeFindings, openConsole } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import { pay } from '../support/fan.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

interface Entry {
  readonly action: string;
  readonly target: string;
  readonly actor: string;
}

test.serial(
  'a parked message is seen with its reason, sent round again after a second word, and does its work',
  async (t) => {
    const shared = stage.of(t);
    if (shared === null) return;
    const { app, browser } = shared;
    const eventId = await app.createEvent();
    const fan = await app.fan();
    const { order } = await fan.reachCheckout(eventId, ['A-1-1']);
    const { rows } = await app.database.query<{ attempt_id: string }>(
      'SELECT attempt_id FROM tickets.orders WHERE order_id = $1',
      [order.orderId],
    );
    const id = randomUUID();
    const envelope = {
      id,
      type: 'PagamentoFalhou',
      occurredAtMs: Date.now(),
      eventId,
      orderId: order.orderId,
      data: { attemptId: rows[0]?.attempt_id, reason: 'declined' },
    };
    await app.database.query(
      `INSERT INTO bus.messages (queue, message_id, envelope, attempt, parked_at, reason)
     VALUES ('tickets', $1, $2, 6, now(), 'the database was away')`,
      [id, JSON.stringify(envelope)],
    );
    const { page, complaints } = await openConsole(t, app, browser, { path: '/system' });
    const queue = page.getByRole('region', { name: 'Queue of the tickets' });
    await queue.getByText('the database was away').waitFor();
    await queue.getByText(order.orderId).waitFor();
    t.deepEqual(await axeFindings(page), []);
    await queue.getByRole('button', { name: 'Send again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    t.is((await fan.read(order.orderId)).status, 'awaiting_payment');
    await queue.getByRole('button', { name: 'Send again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click();
    t.is((await fan.until(order.orderId, 'failed')).reason, 'declined');
    await queue.getByText('0 messages').waitFor();
    await app.seatIs(eventId, 'A-1-1', 'free');
    const { body } = await app.operator<{ entries: Entry[] }>('GET', '/audit');
    t.true(body.entries.some(({ action }) => action === 'queue.redrive'));
    t.deepEqual(complaints, []);
  },
);

test.serial(
  'money of which no rule may decide goes back by an operator’s word, with a note, once',
  async (t) => {
    const shared = stage.of(t);
    if (shared === null) return;
    const { app, browser } = shared;
    const eventId = await app.createEvent();
    const fan = await app.fan();
    const { order } = await fan.reachCheckout(eventId, ['B-1-1']);
    // As after a restore of one service from an older copy: money comes for an order that is not there.
    await app.database.query('DELETE FROM tickets.orders WHERE order_id = $1', [order.orderId]);
    await pay(order);
    const { page, complaints } = await openConsole(t, app, browser, { path: '/money' });
    const card = page.getByRole('listitem').filter({ hasText: order.orderId });
    await card.getByRole('heading', { name: 'Payment for an order that we do not have' }).waitFor();
    t.deepEqual(await axeFindings(page), []);
    const offered = (of: Locator) => of.getByLabel('Decision').getByRole('option').allTextContents();
    t.deepEqual(await offered(card), ['Return the money', 'Honour', 'Call it settled']);
    await card.getByLabel('Decision').selectOption({ label: 'Return the money' });
    await card.getByRole('button', { name: 'Decide' }).click();
    t.is(await page.getByRole('dialog').count(), 0, 'a decision without a note is none');
    await card.getByLabel('Note').fill('Restored from yesterday');
    await card.getByRole('button', { name: 'Decide' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Decide' }).click();
    await page.getByText('Nothing waits for a decision.').waitFor();
    await eventually(async () => {
      const { status } = await app.intentOf(order.orderId);
      assert.equal(status, 'canceled');
    });
    await page.getByLabel('Also those decided').or(page.getByRole('checkbox')).first().check();
    await card.getByText('Restored from yesterday').waitFor();
    const { body } = await app.operator<{ entries: Entry[] }>('GET', '/audit');
    t.true(body.entries.some(({ action }) => action.startsWith('review.')));
    // Of a payment that is none of ours only the gateway's own pages can settle anything.
    await app.database.query(
      `INSERT INTO payments.reviews (kind, payment_ref, details) VALUES ('late_intent', 'pi_of_nobody', '{}')`,
    );
    const foreign = page.getByRole('listitem').filter({ hasText: 'pi_of_nobody' });
    await foreign.waitFor();
    t.deepEqual(await offered(foreign), ['Call it settled']);
    t.deepEqual(complaints, []);
  },
);
