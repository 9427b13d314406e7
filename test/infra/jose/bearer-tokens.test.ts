import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { SignJWT, exportJWK, generateKeyPair, type JWTPayload } from 'jose';
import { isUuid } from '../../../src/domain/ids.ts';
import type { Clock } from '../../../src/domain/ports/environment.ts';
import { RefusalError } from '../../../src/domain/refusal.ts';
import { createBearerTokens } from '../../../src/infra/jose/bearer-tokens.ts';

const SECRET = 'a secret for the tests that is long enough';
const START_MS = Date.parse('2026-12-01T12:00:00.000Z');

const movableClock = () => {
  let now = START_MS;
  const clock: Clock = { nowMs: () => now, after: () => () => undefined };
  return { clock, pass: (ms: number) => void (now += ms) };
};

const fan = { id: randomUUID(), role: 'fan' } as const;

test('a token says who carries it, on every node with the same secret', async (t) => {
  const { clock } = movableClock();
  const one = createBearerTokens({ secret: SECRET, clock });
  const other = createBearerTokens({ secret: SECRET, clock });
  for (const caller of [fan, { id: 'ops', role: 'operator' }, { id: 'wall', role: 'viewer' }] as const) {
    t.deepEqual(await other.read(await one.issue(caller, 60_000)), caller);
  }
});

test('a token ends when its time is over, also if it was seen before', async (t) => {
  const { clock, pass } = movableClock();
  const tokens = createBearerTokens({ secret: SECRET, clock });
  const token = await tokens.issue(fan, 60_000);
  t.deepEqual(await tokens.read(token), fan);
  pass(59_000);
  t.deepEqual(await tokens.read(token), fan);
  pass(1_000);
  t.is(await tokens.read(token), null);
  t.is(await createBearerTokens({ secret: SECRET, clock }).read(token), null);
});

test('what another secret signed, or nobody, is no token', async (t) => {
  const { clock } = movableClock();
  const tokens = createBearerTokens({ secret: SECRET, clock });
  const foreign = createBearerTokens({ secret: `${SECRET}!`, clock });
  t.is(await tokens.read(await foreign.issue(fan, 60_000)), null);
  const genuine = await tokens.issue(fan, 60_000);
  const [header, , signature] = genuine.split('.');
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    sub: fan.id,
    role: 'operator',
    iss: 'catraca',
    aud: 'catraca',
    exp: START_MS / 1_000 + 60,
  };
  t.is(await tokens.read(`${header}.${part(claims)}.${signature}`), null);
  t.is(await tokens.read(`${part({ alg: 'none' })}.${part(claims)}.`), null);
  for (const text of ['', 'x', 'a.b.c', '..']) t.is(await tokens.read(text), null);
});

test('a fan’s token names a uuid: anything else could only break a query', async (t) => {
  const { clock } = movableClock();
  const tokens = createBearerTokens({ secret: SECRET, clock });
  t.is(await tokens.read(await tokens.issue({ id: 'fan', role: 'fan' }, 60_000)), null);
});

/** An OpenID Connect issuer of our own, with faults. */
const issuer = async (t: ExecutionContext) => {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const state = { broken: false, discoveries: 0, keyReads: 0 };
  const server = createServer((request, response) => {
    if (state.broken) {
      response.writeHead(500).end();
      return;
    }
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') {
      state.discoveries += 1;
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }));
      return;
    }
    state.keyReads += 1;
    void exportJWK(publicKey).then((jwk) =>
      response.end(JSON.stringify({ keys: [{ ...jwk, alg: 'RS256', kid: 'k' }] })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sign = (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(privateKey);
  return { url, state, sign, publicKey };
};

const expiry = START_MS / 1_000 + 60;

test('a token of the configured issuer is a fan, the same one each time', async (t) => {
  const { clock, pass } = movableClock();
  const oidc = await issuer(t);
  const tokens = createBearerTokens({
    secret: SECRET,
    clock,
    oidc: { issuer: oidc.url, audience: 'tickets' },
  });
  const sign = (sub: string, extra: JWTPayload = {}) =>
    oidc.sign({ iss: oidc.url, aud: 'tickets', sub, exp: expiry, role: 'operator', ...extra });
  const ana = await tokens.read(await sign('ana'));
  t.is(ana?.role, 'fan', 'a foreign issuer makes nobody an operator');
  t.true(isUuid(ana?.id ?? ''));
  t.deepEqual(await tokens.read(await sign('ana', { jti: 'another' })), ana);
  t.not((await tokens.read(await sign('bia')))?.id, ana?.id);
  t.is(oidc.state.discoveries, 1);
  t.is(oidc.state.keyReads, 1);
  t.is(await tokens.read(await sign('ana', { aud: 'elsewhere' })), null);
  t.is(await tokens.read(await sign('ana', { exp: START_MS / 1_000 - 1 })), null);
  const remembered = await sign('ana');
  await tokens.read(remembered);
  pass(60_000);
  t.is(await tokens.read(remembered), null);
  t.deepEqual(await tokens.read(await tokens.issue(fan, 60_000)), fan, 'our own go on');
});

test('the issuer’s public key is no shared secret', async (t) => {
  const { clock } = movableClock();
  const oidc = await issuer(t);
  const tokens = createBearerTokens({ secret: SECRET, clock, oidc: { issuer: oidc.url } });
  const confused = await new SignJWT({ iss: oidc.url, sub: 'eva', exp: expiry })
    .setProtectedHeader({ alg: 'HS256', kid: 'k' })
    .sign(new TextEncoder().encode(JSON.stringify(await exportJWK(oidc.publicKey))));
  t.is(await tokens.read(confused), null);
});

test('an issuer that is away is a part that is away, and is not asked again at once', async (t) => {
  const { clock, pass } = movableClock();
  const oidc = await issuer(t);
  oidc.state.broken = true;
  const tokens = createBearerTokens({ secret: SECRET, clock, oidc: { issuer: oidc.url, timeoutMs: 1_000 } });
  const token = await oidc.sign({ iss: oidc.url, sub: 'ana', exp: expiry });
  const away = async () => {
    const error = await t.throwsAsync(async () => tokens.read(token), { instanceOf: RefusalError });
    t.is(error?.refusal.code, 'unavailable');
  };
  await away();
  oidc.state.broken = false;
  await away();
  t.is(oidc.state.discoveries, 0);
  pass(5_000);
  t.is((await tokens.read(token))?.role, 'fan');
});
