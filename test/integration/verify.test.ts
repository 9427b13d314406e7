import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { Verdict } from '../../src/audit/verdict.ts';
import { startTestApp, temporaryFolder, type TestApp } from '../support/app.ts';
import { pay } from '../support/fan.ts';
import { startProcess } from '../support/process.ts';

interface Said {
  readonly ok: boolean;
  readonly figures: {
    readonly seats: Readonly<Record<string, number>>;
    readonly tickets: { readonly live: number };
    readonly soldMinor: number;
    readonly gateway: { readonly capturedMinor: number } | null;
  };
  readonly audit: readonly Verdict[];
}

/** `catraca verify` as an operator runs it, in a process of its own that knows nothing but the addresses. */
const verifyWith = async (
  t: ExecutionContext,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
) => {
  const dataDir = await temporaryFolder(t);
  const command = startProcess(t, ['verify', ...args], { ...settings, CATRACA_DATA_DIR: dataDir });
  const { code } = await command.ended();
  return { code, stdout: command.stdout(), stderr: command.stderr() };
};

/** Postgres refuses whoever tries to write with these. */
const addressesOf = (app: TestApp) => ({
  DATABASE_URL: `${app.app.databaseUrl ?? ''}?options=-c%20default_transaction_read_only%3Don`,
  STRIPE_API_URL: app.sandboxUrl,
});

const broken = (stdout: string): readonly string[] =>
  (JSON.parse(stdout) as Said).audit.flatMap((verdict) =>
    verdict.state === 'broken' ? verdict.notes.map((note) => `${verdict.promise} ${note}`) : [],
  );

test.serial(
  'a sold house is verified clean; a missing ticket and money without an order are named',
  async (t) => {
    const app = await startTestApp(t, 'real');
    if (app === null) return;
    const eventId = await app.createEvent();
    const fan = await app.fan();
    const { order } = await fan.reachCheckout(eventId, ['A-1-1', 'A-1-2']);
    await pay(order);
    await fan.until(order.orderId, 'confirmed');
    const verify = (...args: string[]) => verifyWith(t, ['--event', eventId, ...args], addressesOf(app));

    const clean = await verify('--json', '--settle', '60');
    t.is(clean.code, 0, clean.stdout + clean.stderr);
    const said = JSON.parse(clean.stdout) as Said;
    t.true(said.ok);
    t.is(said.figures.seats['sold'], 2);
    t.is(said.figures.tickets.live, 2);
    t.is(said.figures.gateway?.capturedMinor, said.figures.soldMinor);
    const decided = said.audit.filter((verdict) => verdict.state === 'ok').map((verdict) => verdict.promise);
    for (const promise of ['P1', 'P2', 'P3', 'P4', 'P5', 'money', 'seats'])
      t.true(decided.includes(promise), promise);

    const forPeople = await verify();
    t.is(forPeople.code, 0, forPeople.stdout + forPeople.stderr);
    t.regex(forPeople.stdout, /P2 +OK +1 +every captured payment has its tickets or its refund/);
    t.regex(forPeople.stdout, /seats +.*sold 2/);
    t.regex(forPeople.stdout, /Every promise that was checked was kept\./);
    await app.database.query(`DELETE FROM tickets.tickets WHERE seat_id = 'A-1-2'`);
    const oneLess = await verify('--json');
    t.is(oneLess.code, 1);
    t.true(broken(oneLess.stdout).includes('P1 A/A-1-2 is sold without a ticket'), oneLess.stdout);
    t.true(broken(oneLess.stdout).includes(`P2 order ${order.orderId} is paid and lacks its tickets`));

    await app.database.query('DELETE FROM tickets.tickets');
    await app.database.query(`UPDATE tickets.orders SET status = 'rejected' WHERE order_id = $1`, [
      order.orderId,
    ]);
    const moneyOnly = await verify();
    t.is(moneyOnly.code, 1);
    t.regex(
      moneyOnly.stdout,
      new RegExp(`P2 BROKEN[^]*intent pi_\\S+ took money and order ${order.orderId} is rejected`),
    );
    t.regex(moneyOnly.stdout, /A PROMISE WAS BROKEN\./);

    const stranger = await verifyWith(t, ['--event', randomUUID()], addressesOf(app));
    t.is(stranger.code, 2);
    t.regex(stranger.stderr, /is not in this database/);
  },
);

test.serial(
  'where it cannot look it ends with exit code 2 and says why, and never with a verdict',
  async (t) => {
    const event = ['--event', randomUUID()];
    const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' };
    const refused = await verifyWith(t, event, { ...nowhere, STRIPE_API_URL: 'http://127.0.0.1:9' });
    t.is(refused.code, 2, refused.stderr);
    t.regex(refused.stderr, /could not look: .*ECONNREFUSED/);
    const noGateway = await verifyWith(t, event, nowhere);
    t.is(noGateway.code, 2);
    t.regex(noGateway.stderr, /STRIPE_API_URL/);
    const noDatabase = await verifyWith(t, event, {});
    t.is(noDatabase.code, 2);
    t.regex(noDatabase.stderr, /DATABASE_URL/);
    const wrong = await verifyWith(t, ['--event', 'x'], nowhere);
    t.is(wrong.code, 2);
    for (const { stdout } of [refused, noGateway, noDatabase, wrong]) t.is(stdout, '');
  },
);
