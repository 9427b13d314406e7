import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';

const FOLDER = 'src/infra/postgres/migrations';

/** Everything here ran before there was anything to be compatible with. */
const BEFORE_THE_FIRST_RELEASE = '0005';

/** Literals, comments and function bodies say nothing about tables. */
const tableStatements = (sql: string): string[] =>
  sql
    .replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
    .replaceAll(/--.*$/gm, '')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .split(';')
    .map((statement) => statement.replaceAll(/\s+/g, ' ').trim());

/** What nodes of the version before would trip over, by the reason. A constraint may go: what it forbade, old nodes do not do. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bDROP (TABLE|COLUMN|SCHEMA|TYPE|VIEW|SEQUENCE)\b/i, 'old nodes still read it'],
  [/\bALTER TABLE\b.*\bDROP (?!CONSTRAINT|DEFAULT|NOT NULL)(?:IF EXISTS )?\w+/i, 'old nodes still read it'],
  [/\bRENAME\b/i, 'old nodes know the old name'],
  [
    /\bALTER (?:COLUMN )?\w+ (?:SET DATA )?TYPE\b/i,
    'old nodes send the old type, and the table is rewritten',
  ],
  [/\bSET NOT NULL\b/i, 'old nodes do not fill it'],
  [/\bADD COLUMN\b(?!.*\b(?:DEFAULT|GENERATED)\b).*\bNOT NULL\b/i, 'old nodes do not fill it'],
  [/\bTRUNCATE\b/i, 'nothing that is there may go'],
];

/** What is wrong with a migration's statements, one sentence each. */
const complaintsAbout = (sql: string): string[] =>
  tableStatements(sql).flatMap((statement) =>
    FORBIDDEN.filter(([pattern]) => pattern.test(statement)).map(
      ([, reason]) => `${reason}: ${statement.slice(0, 80)}`,
    ),
  );

/** A function that is dropped and made again in the same file with the same arguments was only replaced. */
const droppedFunctions = (sql: string): string[] =>
  [...sql.matchAll(/^DROP FUNCTION (?:IF EXISTS )?([\w.]+)/gim)]
    .map(([, name]) => name ?? '')
    .filter(
      (name) => !new RegExp(`CREATE (?:OR REPLACE )?FUNCTION ${name.replace('.', '\\.')}\\b`, 'i').test(sql),
    );

const migrations = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.sql') && name.slice(0, 4) > BEFORE_THE_FIRST_RELEASE)
  .map((name) => ({ name, sql: readFileSync(`${FOLDER}/${name}`, 'utf8') }));

test('a migration takes nothing away that nodes of the version before still use', (t) => {
  t.true(migrations.length > 5);
  for (const { name, sql } of migrations) {
    t.deepEqual(complaintsAbout(sql), [], name);
    t.deepEqual(droppedFunctions(sql), [], name);
  }
});

test('the rule knows what breaks nodes of the version before', (t) => {
  for (const sql of [
    'DROP TABLE tickets.seats;',
    'ALTER TABLE tickets.seats DROP COLUMN fence;',
    'ALTER TABLE tickets.seats DROP fence;',
    'ALTER TABLE tickets.seats RENAME COLUMN fence TO guard;',
    'ALTER TABLE tickets.seats ALTER COLUMN fence TYPE bigint;',
    'ALTER TABLE tickets.seats ALTER fence SET NOT NULL;',
    'ALTER TABLE tickets.seats ADD COLUMN colour text NOT NULL;',
    'TRUNCATE line.counters;',
  ])
    t.is(complaintsAbout(sql).length > 0, true, sql);
  for (const sql of [
    'ALTER TABLE tickets.seats ADD COLUMN colour text;',
    "ALTER TABLE tickets.seats ADD COLUMN colour text NOT NULL DEFAULT 'red';",
    'ALTER TABLE payments.attempts DROP CONSTRAINT attempts_status_check;',
    'ALTER TABLE tickets.seats ALTER fence DROP NOT NULL;',
    "COMMENT ON TABLE tickets.seats IS 'DROP TABLE';",
    'CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM x; TRUNCATE y; $$;',
  ])
    t.deepEqual(complaintsAbout(sql), [], sql);
});
