import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { request } from 'node:http';
import test from 'ava';
import type { Pages } from '../../src/http/pages.ts';
import { withServer } from './with-server.ts';

const SCRIPT = 'export const place = 1;\n'.repeat(50);

const pages: Pages = new Map([
  ['fan.html', { body: Buffer.from('<p>fan'), contentType: 'text/html; charset=utf-8', etag: '"f"' }],
  ['operator.html', { body: Buffer.from('<p>op'), contentType: 'text/html; charset=utf-8', etag: '"o"' }],
  [
    'assets/fan-abc.js',
    {
      body: Buffer.from(SCRIPT),
      contentType: 'text/javascript; charset=utf-8',
      etag: '"s"',
      encodings: { br: brotliCompressSync(SCRIPT), gzip: gzipSync(SCRIPT) },
    },
  ],
]);

interface Raw {
  readonly encoding: string | undefined;
  readonly vary: string | undefined;
  readonly bytes: Buffer;
}

/** Without fetch, which decompresses unasked. */
const raw = (url: string, accepts: string | undefined): Promise<Raw> =>
  new Promise((resolve, reject) => {
    const headers = accepts === undefined ? {} : { 'accept-encoding': accepts };
    request(url, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          encoding: response.headers['content-encoding'],
          vary: response.headers.vary,
          bytes: Buffer.concat(chunks),
        }),
      );
    })
      .on('error', reject)
      .end();
  });

test('every address of a fan shows the fan page, every address of the console the console', async (t) => {
  const bench = await withServer(t, () => ({ pages }));
  for (const path of ['/', '/e/anything', '/orders', '/orders/0190a000-0000-7000-8000-000000000001']) {
    t.is((await bench.ask('GET', path)).text, '<p>fan', path);
  }
  for (const path of ['/operator', '/operator/events/1'])
    t.is((await bench.ask('GET', path)).text, '<p>op', path);
});

test('a page runs nothing but what comes from here, and a new release is seen within seconds', async (t) => {
  const bench = await withServer(t, () => ({ pages }));
  const { headers } = await bench.ask('GET', '/');
  const policy = headers.get('content-security-policy') ?? '';
  t.regex(policy, /default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/);
  t.regex(policy, /frame-ancestors 'none'/);
  t.notRegex(policy, /unsafe|https?:|data:|\*/);
  t.is(headers.get('cache-control'), 'public, max-age=5, s-maxage=10, stale-if-error=600');
  const again = await bench.ask('GET', '/', { headers: { 'if-none-match': '"f"' } });
  t.deepEqual([again.status, again.text], [304, '']);
});

test('a file named after its contents is kept for ever', async (t) => {
  const bench = await withServer(t, () => ({ pages }));
  const { headers, status } = await bench.ask('GET', '/assets/fan-abc.js');
  t.is(status, 200);
  t.is(headers.get('cache-control'), 'public, max-age=31536000, immutable');
  t.is(headers.get('content-type'), 'text/javascript; charset=utf-8');
});

test('a client gets the smallest form that it takes, and caches are told', async (t) => {
  const bench = await withServer(t, () => ({ pages }));
  const url = `${bench.url}/assets/fan-abc.js`;
  const [br, gzip, plain] = [await raw(url, 'gzip, br'), await raw(url, 'gzip'), await raw(url, undefined)];
  t.is(br.encoding, 'br');
  t.is(brotliDecompressSync(br.bytes).toString(), SCRIPT);
  t.is(gzip.encoding, 'gzip');
  t.is(gunzipSync(gzip.bytes).toString(), SCRIPT);
  t.is(plain.encoding, undefined);
  t.is(plain.bytes.toString(), SCRIPT);
  for (const one of [br, gzip, plain]) t.is(one.vary, 'Accept-Encoding');
});

test('a name of a file is never a path, and a node without pages says so', async (t) => {
  const bench = await withServer(t, () => ({ pages }));
  for (const name of ['..%2Ffan.html', '%2e%2e%2fpackage.json', 'fan-abc.js.br', 'nothing.js']) {
    t.is((await bench.ask('GET', `/assets/${name}`)).body.code, 'not_found', name);
  }
  const bare = await withServer(t);
  for (const path of ['/', '/operator', '/assets/fan-abc.js'])
    t.is((await bare.ask('GET', path)).body.code, 'not_found', path);
});
