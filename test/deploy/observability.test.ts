import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { rushCommand } from '../../src/rush/command.ts';
import { ask } from '../support/api.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { prometheusProgram, startPrometheus } from '../support/prometheus.ts';

const FOLDER = 'deploy/observability';
const DASHBOARDS = 'deploy/observability/grafana/dashboards';

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly title: string;
    readonly description: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const dashboards = readdirSync(DASHBOARDS).map(
  (name) => JSON.parse(readFileSync(`${DASHBOARDS}/${name}`, 'utf8')) as Dashboard,
);
const rules = (
  parse(readFileSync(`${FOLDER}/alerts.yml`, 'utf8')) as {
    groups: { rules: { alert: string; expr: string; annotations: { summary: string; runbook: string } }[] }[];
  }
).groups.flatMap((group) => group.rules);

const OURS = /\b(?:catraca|http)_[a-z_]+/g;
/** A histogram is read by its parts. */
const familyOf = (name: string): string => name.replace(/_(?:bucket|sum|count)$/, '');

const documented = (): Set<string> =>
  new Set(
    [...readFileSync('docs/METRICS.md', 'utf8').matchAll(/^\| `([a-z_]+)` \|/gm)].map(
      ([, name]) => name ?? '',
    ),
  );

const promtool = (t: ExecutionContext, ...args: string[]): void => {
  const program = prometheusProgram(t, 'promtool');
  if (program === null) return;
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  t.is(status, 0, stdout + stderr);
};

test('Prometheus takes the configuration and the rules as they are shipped', (t) =>
  promtool(t, 'check', 'config', `${FOLDER}/prometheus.yml`));

test('the alarms ring when they should and are silent when they should', (t) =>
  promtool(t, 'test', 'rules', `${FOLDER}/alerts.test.yml`));

test('alarms and panels ask for nothing that is not documented', (t) => {
  const known = documented();
  const asked = [
    ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
    ...dashboards.flatMap((one) =>
      one.panels.flatMap((panel) => panel.targets.map(({ expr }) => ({ where: panel.title, expr }))),
    ),
  ];
  t.true(asked.length > 40);
  for (const { where, expr } of asked)
    for (const [name] of expr.matchAll(OURS)) t.true(known.has(familyOf(name)), `${where}: ${name}`);
});

test('each alarm leads to the page that says what to do, and each panel says what it shows', (t) => {
  const anchors = new Set(
    [...readFileSync('docs/OPERATIONS.md', 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      (title ?? '')
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
  for (const { alert, annotations } of rules) {
    t.true(anchors.has(annotations.runbook.replace(/^docs\/OPERATIONS\.md#/, '')), alert);
    t.true(annotations.summary.length > 10);
  }
  for (const { panels } of dashboards) for (const panel of panels) t.truthy(panel.description, panel.title);
});

test('every panel shows something during a rush, and every metric is documented and no other', async (t) => {
  const program = prometheusProgram(t, 'prometheus');
  if (program === null) return;
  const app = await startTestApp(t, 'real', { RECONCILE_EVERY_MS: '500', HOLD_TTL_MS: '2000' });
  if (app === null) return;
  const prometheus = await startPrometheus(t, program, app.url);
  // It takes seconds to begin looking; what happens before has no rate.
  await eventually(
    async () => assert.equal(await prometheus.series('catraca_hold_batch_size_count'), 1),
    20_000,
  );
  let text = '';
  const running = rushCommand(
    ['--fans', '60', '--seats', '20', '--duration', '3', '--seed', '3', '--deadline', '60'],
    {
      defaults: {
        url: app.url,
        databaseUrl: app.app.databaseUrl,
        stripeApiUrl: app.sandboxUrl,
        stripeSecretKey: 'sk_test_catraca_sandbox',
        callTtlMs: 30_000,
      },
      terminal: { write: (part) => void (text += part), isTTY: false, columns: 80, rows: 24 },
      operatorToken: () => Promise.resolve(app.operatorToken),
    },
  );
  const targets = dashboards.flatMap((one) =>
    one.panels.flatMap((panel) => panel.targets.map(({ expr }) => ({ title: panel.title, expr }))),
  );
  const shown = new Set<string>();
  const emptyNow = async (): Promise<readonly string[]> => {
    for (const { expr } of targets)
      if (!shown.has(expr) && (await prometheus.series(expr.replaceAll('$__rate_interval', '20s'))) > 0)
        shown.add(expr);
    return targets.filter(({ expr }) => !shown.has(expr)).map(({ title, expr }) => `${title}: ${expr}`);
  };
  try {
    await eventually(async () => assert.deepEqual(await emptyNow(), []), 40_000);
  } finally {
    t.is(await running, 0, text);
  }
  t.true(shown.size > 30);
  // And every alarm's expression is understood by the real thing.
  for (const { expr } of rules) await t.notThrowsAsync(prometheus.series(expr));

  const metrics = await ask(app.url, 'GET', '/metrics');
  const said = [...metrics.text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name ?? '');
  const ours = said.filter((name) => name.startsWith('catraca_') || name.startsWith('http_'));
  t.deepEqual(ours.sort(), [...documented()].sort());
});
