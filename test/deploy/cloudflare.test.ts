import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parse } from '@cdktf/hcl2json';
import test from 'ava';
import { findProgram } from '../../src/chaos/servers/programs.ts';
import { refusedByPath } from '../support/edge-paths.ts';

const FOLDER = 'deploy/edge/cloudflare';
const source = readFileSync(`${FOLDER}/main.tf`, 'utf8');

interface Rule {
  readonly expression: string;
  readonly action: string;
}

interface Parsed {
  readonly locals: readonly Record<string, string>[];
  readonly resource: Readonly<
    Record<string, Readonly<Record<string, readonly { phase?: string; rules?: readonly Rule[] }[]>>>
  >;
  readonly variable: Readonly<Record<string, readonly { description?: string }[]>>;
}

const parsed = (await parse('main.tf', source)) as unknown as Parsed;

/** The rules of one phase. */
const rulesOf = (phase: string): readonly Rule[] =>
  Object.values(parsed.resource['cloudflare_ruleset'] ?? {})
    .flat()
    .filter((one) => one.phase === phase)
    .flatMap((one) => one.rules ?? []);

test('the Terraform files parse, are formatted, and say at their top that they were not applied', (t) => {
  t.regex(source, /^# NOT APPLIED/);
  t.regex(readFileSync(`${FOLDER}/README.md`, 'utf8').slice(0, 120), /Not applied/);
  for (const [name, [variable]] of Object.entries(parsed.variable)) t.truthy(variable?.description, name);
  const terraform = findProgram('terraform');
  if (terraform === null) {
    t.log('formatting not checked: no terraform was found');
    return;
  }
  const { status, stdout, stderr } = spawnSync(terraform, ['fmt', '-check', '-diff', FOLDER], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], TF_CLI_CONFIG_FILE: '/dev/null' },
  });
  t.is(status, 0, stdout + stderr);
});

test('every phase has its rules, and each bounds itself to the host of the fans', (t) => {
  const phases = [
    ['http_request_cache_settings', 'set_cache_settings', 3],
    ['http_ratelimit', 'block', 2],
    ['http_request_firewall_custom', 'block', 1],
    ['http_request_firewall_managed', 'execute', 1],
  ] as const;
  for (const [phase, action, count] of phases) {
    const rules = rulesOf(phase);
    t.is(rules.length, count, phase);
    for (const rule of rules) {
      t.is(rule.action, action);
      t.regex(rule.expression, /^\$\{local\.on_host\}/);
    }
  }
});

test('what nginx hides from fans is hidden here, and what is public is the same', (t) => {
  const [locals] = parsed.locals;
  const hidden = locals?.['hidden'] ?? '';
  for (const path of refusedByPath()) t.true(hidden.includes(`"/${path}"`), path);
  const pattern = /matches "(\^[^"]+)"/.exec((locals?.['public'] ?? '').replaceAll('\\"', '"'))?.[1] ?? '';
  const isPublic = new RegExp(pattern);
  for (const path of [
    '/v1/events/x',
    '/v1/events/x/line',
    '/v1/events/x/draw',
    '/v1/events/x/sections/A/seats',
  ])
    t.regex(path, isPublic);
  for (const path of [
    '/v1/events/x/line/me',
    '/v1/events/x/line/stream',
    '/v1/events/x/admission',
    '/v1/orders/x',
  ])
    t.notRegex(path, isPublic);
});
