import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { requirePass } from '../../src/http/gate-middleware.ts';
import { freePort } from '../../src/infra/free-port.ts';
import { startTestApp, temporaryFolder } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { findNginx, runNginx } from '../support/nginx.ts';

const STRANGE = '01980000-0000-7000-8000-00000000dead';

/** nginx with the configuration that docs/GATE.md shows, in front of a shop. Null where no nginx is to be had. */
const nginxBefore = async (
  t: ExecutionContext,
  catraca: string,
  eventId: string,
  shop: string,
): Promise<string | null> => {
  const program = findNginx(t);
  if (program === null) return null;
  const shown = /```nginx\n([\s\S]*?)```/.exec(readFileSync('docs/GATE.md', 'utf8'))?.[1] ?? '';
  const locations = shown
    .replaceAll('01980000-0000-7000-8000-00000000a12e', eventId)
    .replaceAll('http://catraca', catraca)
    .replaceAll('https://tickets.example', catraca)
    .replaceAll('http://shop', shop);
  const folder = await temporaryFolder(t);
  const port = await freePort();
  await writeFile(
    `${folder}/nginx.conf`,
    `pid ${folder}/nginx.pid; error_log stderr; events {}
     http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
       fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       server { listen 127.0.0.1:${port}; ${locations} } }`,
  );
  const url = `http://127.0.0.1:${port}`;
  await runNginx(t, program, folder, url);
  return url;
};

/** A shop that knows nothing of Catraca but this middleware. */
const shopBehind = async (t: ExecutionContext, url: string, eventId: string): Promise<string> => {
  const app = new Koa();
  app.use(requirePass({ url, eventId }));
  app.use((ctx) => {
    ctx.body = `welcome ${String(ctx.state['fanId'])}`;
  });
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('the gate lets through who has a live pass of that event, and nobody else', async (t) => {
  const app = await startTestApp(t, 'embedded');
  if (app === null) return;
  const [eventId, other] = [await app.createEvent(), await app.createEvent()];
  const fan = await app.fan();
  const pass = await fan.comeIn(eventId);
  const gate = (headers: Record<string, string>, event = eventId) =>
    fetch(`${app.url}/v1/gate?event=${event}`, { headers });
  const refusal = async (answer: Response): Promise<string> => {
    const { code } = (await answer.json()) as { code: string };
    return `${answer.status} ${code}`;
  };

  const through = await gate({ 'catraca-pass': pass });
  t.is(through.status, 200);
  t.is(through.headers.get('catraca-fan'), fan.fanId);
  t.is(((await through.json()) as { fanId: string }).fanId, fan.fanId);
  t.is((await gate({ cookie: `a=b; catraca_pass=${pass}; c=d` })).status, 200);

  t.is(await refusal(await gate({})), '403 pass_required');
  t.is(await refusal(await gate({ cookie: 'not_catraca_pass=x' })), '403 pass_required');
  t.is(await refusal(await gate({ 'catraca-pass': pass }, other)), '403 pass_invalid');
  t.is(await refusal(await gate({ 'catraca-pass': fan.place() })), '403 pass_invalid');
  t.is(await refusal(await gate({ 'catraca-pass': `${pass.slice(0, -1)}_` })), '403 pass_invalid');
  t.is(await refusal(await gate({ 'catraca-pass': pass }, STRANGE)), '403 pass_invalid');
  t.is((await gate({ 'catraca-pass': pass }, 'everything')).status, 400);
  t.is((await fetch(`${app.url}/v1/gate`, { headers: { 'catraca-pass': pass } })).status, 400);

  const shop = await shopBehind(t, app.url, eventId);
  const welcome = await fetch(shop, { headers: { 'catraca-pass': pass } });
  t.is(await welcome.text(), `welcome ${fan.fanId}`);
  const sent = await fetch(shop, { redirect: 'manual' });
  t.is(sent.status, 302);
  t.is(sent.headers.get('location'), `${app.url}/e/${eventId}`);

  const plain = createServer((request, response) =>
    response.end(`for ${String(request.headers['catraca-fan'])}`),
  );
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>((resolve) => plain.close(() => resolve())));
  const behind = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  const nginx = await nginxBefore(t, app.url, eventId, behind);
  if (nginx !== null) {
    const cookie = `catraca_pass=${pass}`;
    const forged = { cookie, 'catraca-fan': 'somebody else' };
    t.is(await (await fetch(nginx, { headers: forged })).text(), `for ${fan.fanId}`);
    const away = await fetch(nginx, { redirect: 'manual', headers: { 'catraca-fan': fan.fanId } });
    t.is(away.status, 302);
    t.is(away.headers.get('location'), `${app.url}/e/${eventId}`);
  }

  // Given back it opens nothing any more, within a second, though its signature is as good as before.
  t.is((await fan.ask('DELETE', `/v1/events/${eventId}/admission`)).status, 204);
  await eventually(async () =>
    assert.equal(await refusal(await gate({ 'catraca-pass': pass })), '403 pass_expired'),
  );
  t.is((await fetch(shop, { headers: { 'catraca-pass': pass }, redirect: 'manual' })).status, 302);

  const deserted = await shopBehind(t, 'http://127.0.0.1:9', eventId);
  t.is((await fetch(deserted, { headers: { 'catraca-pass': pass }, redirect: 'manual' })).status, 503);
});
