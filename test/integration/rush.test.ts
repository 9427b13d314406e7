import test, { type ExecutionContext } from 'ava';
import { rushCommand } from '../../src/rush/command.ts';
import type { RushResult } from '../../src/rush/report.ts';
import { startTestApp, type TestApp, type Variant } from '../support/app.ts';

const CROWD = [
  '--fans',
  '80',
  '--seats',
  '20',
  '--duration',
  '2',
  '--seed',
  '11',
  '--deadline',
  '60',
] as const;

/** Whether a hold runs out in so small a crowd, and whether anybody repeats a request, is a matter of its timing. */
const BY_CHANCE = new Set(['P9', 'P15']);

/** Runs the command against the app; the last line is the result. */
const rush = async (
  app: TestApp,
  more: readonly string[] = [],
): Promise<{ code: number; result: RushResult; text: string }> => {
  let text = '';
  const code = await rushCommand([...CROWD, ...more, '--json'], {
    defaults: {
      url: app.url,
      databaseUrl: app.app.databaseUrl,
      stripeApiUrl: app.sandboxUrl,
      stripeSecretKey: 'sk_test_catraca_sandbox',
      callTtlMs: 30_000,
    },
    terminal: { write: (part) => void (text += part), isTTY: false, columns: 80, rows: 24 },
    operatorToken: () => Promise.resolve(app.operatorToken),
  });
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  return { code, result: JSON.parse(last) as RushResult, text };
};

const sellsOut = async (t: ExecutionContext, variant: Variant, more: readonly string[]): Promise<void> => {
  const app = await startTestApp(t, variant);
  if (app === null) return;
  const { code, result, text } = await rush(app, more);
  t.is(code, 0, text);
  t.deepEqual(result.seats, { free: 0, held: 0, paying: 0, sold: 20, total: 20 });
  t.is(result.counts.tickets, 20);
  t.is(
    Object.values(result.outcomes).reduce((sum, count) => sum + count, 0),
    80,
  );
  // A run in which too little happened proves nothing.
  t.true(result.outcomes.bought >= 5);
  const noCodes = more.includes('--lanes') ? [] : ['P7c', 'P7c'];
  const skipped = result.audit
    .filter(({ promise, state }) => state === 'not_checked' && !BY_CHANCE.has(promise))
    .map(({ promise }) => promise);
  // Nobody gives a paid order back in a rush.
  t.deepEqual(skipped, ['P2', ...noCodes]);
};

test.serial('a crowd of eighty buys a house of twenty seats out, embedded, and every promise is kept', (t) =>
  sellsOut(t, 'embedded', []),
);

test.serial('a crowd of eighty buys a house of twenty seats with lanes out on real servers', (t) =>
  sellsOut(t, 'real', ['--lanes']),
);

test.serial(
  'a server that confirms an order without one of its tickets is found out: exit code 1',
  async (t) => {
    const app = await startTestApp(t, 'embedded');
    if (app === null) return;
    await app.database.query(`
    CREATE FUNCTION tickets.lose_one() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.seat_id = 'A-1-1' THEN NEW.voided_at := now(); END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER lose_one BEFORE INSERT ON tickets.tickets FOR EACH ROW EXECUTE FUNCTION tickets.lose_one()`);
    const { code, result, text } = await rush(app);
    t.is(code, 1, text);
    t.false(result.ok);
    const broken = result.audit
      .filter((verdict) => verdict.state === 'broken')
      .map((verdict) => verdict.promise);
    for (const promise of ['P1', 'P2', 'P16'])
      t.true(broken.includes(promise), `${promise}: ${broken.join(', ')}`);
    t.regex(text, /A PROMISE WAS BROKEN/);
  },
);

test.serial('where no server is, the command says so and ends with exit code 2', async (t) => {
  let text = '';
  const code = await rushCommand(['--url', 'http://127.0.0.1:1'], {
    defaults: { url: '', databaseUrl: null, stripeApiUrl: null, stripeSecretKey: '', callTtlMs: 1 },
    terminal: { write: (part) => void (text += part), isTTY: false, columns: 80, rows: 24 },
    operatorToken: () => Promise.resolve('token'),
  });
  t.is(code, 2);
  t.regex(text, /ECONNREFUSED/);
});
