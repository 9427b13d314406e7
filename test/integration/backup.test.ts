import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { Pool } from 'pg';
import { verifyCommand } from '../../src/cli/verify.ts';
import { findProgram } from '../../src/chaos/servers/programs.ts';
import { startTestApp, temporaryFolder } from '../support/app.ts';
import { pay } from '../support/fan.ts';

const run = promisify(execFile);

test('a backup that is restored elsewhere passes the audit, keeps every ticket, and goes on selling', async (t) => {
  const [dump, restore] = [findProgram('pg_dump'), findProgram('pg_restore')];
  if (dump === null || restore === null) {
    t.log('not run: no pg_dump was found');
    t.pass();
    return;
  }
  const app = await startTestApp(t, 'real');
  if (app === null) return;
  const eventId = await app.createEvent();
  const fan = await app.fan();
  const { order } = await fan.reachCheckout(eventId, ['A-1-1', 'A-1-2']);
  await pay(order);
  const { tickets } = await fan.until(order.orderId, 'confirmed');

  const folder = await temporaryFolder(t);
  const url = new URL(app.settings['DATABASE_URL'] ?? '');
  await run(dump, ['--format=custom', `--file=${folder}/catraca.dump`, url.href]);
  const name = `${url.pathname.slice(1)}_restored`;
  const admin = new Pool({ connectionString: url.href, max: 1 });
  t.teardown(() => admin.end());
  await admin.query(`CREATE DATABASE ${name}`);
  t.teardown(() => admin.query(`DROP DATABASE ${name} WITH (FORCE)`));
  const restored = new URL(url);
  restored.pathname = `/${name}`;
  await run(restore, [
    '--no-owner',
    '--exit-on-error',
    `--dbname=${restored.href}`,
    `${folder}/catraca.dump`,
  ]);

  const code = await verifyCommand(['--event', eventId, '--without-gateway', '--settle', '0'], {
    DATABASE_URL: restored.href,
    CATRACA_DATA_DIR: folder,
  });
  t.is(code, 0);

  const again = await app.restart({ DATABASE_URL: restored.href });
  const found = await fan.read(order.orderId, again.url);
  t.is(found.status, 'confirmed');
  // Also signed as before: the key is not in the database.
  t.deepEqual(found.tickets.map((one) => one.seatId).sort(), tickets.map((one) => one.seatId).sort());
  const next = await again.fan();
  const { order: later } = await next.reachCheckout(eventId, ['A-1-3']);
  await pay(later);
  await next.until(later.orderId, 'confirmed');
  t.is((await next.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-1'] })).body.code, 'seat_taken');
});
