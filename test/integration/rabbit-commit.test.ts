import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { concatMap, from, Subject } from 'rxjs';
import type { AnyEnvelope, Envelope } from '../../src/domain/messages.ts';
import { systemClock } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createRabbitBus } from '../../src/infra/rabbit/bus.ts';
import { commitPipeline, deliveriesOf } from '../../src/streams/commit-pipeline.ts';
import { paymentOk } from '../support/envelopes.ts';
import { eventually } from '../support/eventually.ts';
import { testPostgres, testRabbit } from '../support/servers.ts';

type Message = Envelope<'PagamentoOK'>;

const isPaymentOk = (envelope: AnyEnvelope): envelope is Message => envelope.type === 'PagamentoOK';

test('a connection lost between commit and ack brings the message again, and it is counted once', async (t) => {
  const rabbit = await testRabbit(t);
  if (rabbit === null) return;
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const { pool } = postgres;
  await pool.query('CREATE TABLE inbox (id uuid PRIMARY KEY); CREATE TABLE effects (id uuid)');

  const bus = createRabbitBus({ url: rabbit.url, clock: systemClock, log: silentLog });
  t.teardown(() => bus.close());
  await bus.ready();

  const tried: string[][] = [];
  const committed = new Subject<void>();
  const proceed = new Subject<void>();
  const settle = async (batch: readonly Message[]): Promise<readonly string[]> => {
    const ids = batch.map((one) => one.id);
    tried.push(ids);
    const { rows } = await pool.query<{ id: string }>(
      `WITH fresh AS (INSERT INTO inbox SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING id)
       INSERT INTO effects SELECT id FROM fresh RETURNING id`,
      [ids],
    );
    return rows.map((row) => row.id);
  };
  const stop$ = new Subject<void>();
  const results: string[] = [];
  let first = true;
  const ended = new Promise<void>((resolve, reject) => {
    commitPipeline<Message, string>({
      deliveries$: deliveriesOf(bus, 'tickets', 50, stop$),
      accepts: isPaymentOk,
      // The first commit is durable, and then its acks find their connection gone.
      commit: (batch) =>
        from(settle(batch)).pipe(
          concatMap(async (done) => {
            if (!first) return done;
            first = false;
            committed.next();
            await new Promise<void>((go) => proceed.subscribe(() => go()));
            return done;
          }),
        ),
      maxBatch: 10,
      maxWaitMs: 20,
      concurrency: 1,
      maxAttempts: 5,
    }).subscribe({
      next: (report) => results.push(...report.results),
      error: reject,
      complete: resolve,
    });
  });

  const batch = Array.from({ length: 10 }, () => paymentOk(randomUUID()));
  const reached = new Promise<void>((resolve) => committed.subscribe(() => resolve()));
  t.true((await bus.publish(batch)).every((outcome) => outcome === 'confirmed'));
  await reached;
  const vhost = new URL(rabbit.url).pathname.slice(1);
  await promisify(execFile)('rabbitmqctl', ['close_all_connections', '-p', vhost, 'a test']);
  await eventually(() => {
    if (bus.healthy()) throw new Error('the connections are still there');
  });
  proceed.next();

  await eventually(() => {
    if (tried.flat().length < 20) throw new Error(`only ${tried.flat().length} were tried`);
  }, 20_000);
  // A last message behind all others: once it is through, nothing is left that could come again.
  const marker = paymentOk();
  await eventually(async () => {
    const [outcome] = await bus.publish([marker]);
    if (outcome !== 'confirmed') throw new Error(`${outcome}`);
  });
  await eventually(() => {
    if (!results.includes(marker.id)) throw new Error('the last message has not come');
  });
  stop$.next();
  await ended;

  const expected = [...batch, marker].map((one) => one.id).sort();
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM effects ORDER BY id');
  t.deepEqual(
    rows.map((row) => row.id),
    expected,
    'each took effect once',
  );
  const times = new Map<string, number>();
  for (const id of tried.flat()) times.set(id, (times.get(id) ?? 0) + 1);
  t.true(
    batch.every((one) => (times.get(one.id) ?? 0) >= 2),
    'each was delivered again',
  );
  t.deepEqual(await bus.parked('tickets', 1), []);
});
