import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test, type TestContext } from 'node:test';
import zlib from 'node:zlib';
import { LIMITS } from '../../bytes/limits.ts';
import type { HttpHandler, HttpQuery, HttpResponse, HttpStream } from '../network.ts';
import { fetchHttp, fetchHttpStream, mayRedirect, serveHttp } from './http.ts';

const ROOMY = { maxBodyBytes: 1 << 20, timeoutMs: 20_000 };

/** A server on loopback that ends with the test; gives its base URL. */
async function serve(t: TestContext, handler: HttpHandler): Promise<string> {
  const listener = await serveHttp({ host: '127.0.0.1', port: 0 }, handler);
  t.after(() => listener.close());
  return `http://127.0.0.1:${listener.endpoint.port}`;
}

/** A server that answers every connection with these bytes, whatever is asked. */
async function serveRaw(t: TestContext, answer: string | Buffer, end = true): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (end ? socket.end(answer) : socket.write(answer)));
    t.after(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

const text = (response: HttpResponse): string => Buffer.from(response.body).toString();

test('a request arrives as it was sent, escapes and all', async (t) => {
  const queries: HttpQuery[] = [];
  const base = await serve(t, (query) => {
    queries.push(query);
    return { status: 203, headers: { 'x-colour': 'green' }, body: 'yes' };
  });
  const response = await fetchHttp({ ...ROOMY, url: `${base}/a%20b/c?info_hash=%00%ff%26x&y=1`, headers: { 'user-agent': 'me' } });
  assert.equal(response.status, 203);
  assert.equal(response.headers['x-colour'], 'green');
  assert.equal(text(response), 'yes');
  assert.equal(queries[0].method, 'GET');
  assert.equal(queries[0].path, '/a%20b/c');
  assert.equal(queries[0].query, 'info_hash=%00%ff%26x&y=1');
  assert.equal(queries[0].headers['user-agent'], 'me');
  assert.equal(queries[0].from.host, '127.0.0.1');
});

test('a server of both families says who asks over IPv4 by their IPv4 address', async (t) => {
  const listener = await serveHttp({ port: 0 }, (query) => ({ status: 200, body: query.from.host }));
  t.after(() => listener.close());
  assert.equal(text(await fetchHttp({ ...ROOMY, url: `http://localhost:${listener.endpoint.port}/`, family: 4 })), '127.0.0.1');
});

test('HEAD gets a head and no body', async (t) => {
  const base = await serve(t, () => ({ status: 200, body: 'abc' }));
  const response = await fetchHttp({ ...ROOMY, url: base, method: 'HEAD' });
  assert.equal(response.headers['content-length'], '3');
  assert.equal(response.body.length, 0);
});

test('a body in the limit is taken, one byte more is not, however it is sent', async (t) => {
  const base = await serve(t, async () => ({ status: 200, body: new Uint8Array(1000) }));
  assert.equal((await fetchHttp({ ...ROOMY, url: base, maxBodyBytes: 1000 })).body.length, 1000);
  await assert.rejects(fetchHttp({ ...ROOMY, url: base, maxBodyBytes: 999 }), { code: 'HTTP_TOO_LARGE' });
  const endless = await serveRaw(t, `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(5000)}`, false);
  await assert.rejects(fetchHttp({ ...ROOMY, url: endless, maxBodyBytes: 4999 }), { code: 'HTTP_TOO_LARGE' });
});

test('a zipped body is unzipped, within the same limit', async (t) => {
  const zipped = zlib.gzipSync(new Uint8Array(100_000));
  const base = await serve(t, () => ({ status: 200, headers: { 'content-encoding': 'gzip' }, body: zipped }));
  assert.equal((await fetchHttp({ ...ROOMY, url: base })).body.length, 100_000);
  await assert.rejects(fetchHttp({ ...ROOMY, url: base, maxBodyBytes: 99_999 }), { code: 'HTTP_TOO_LARGE' });
  const broken = await serve(t, () => ({ status: 200, headers: { 'content-encoding': 'gzip' }, body: 'plain' }));
  await assert.rejects(fetchHttp({ ...ROOMY, url: broken }), { code: 'HTTP_FAILED' });
});

test('redirects are followed, but not for ever, and not to other protocols', async (t) => {
  const base = await serve(t, ({ path }) => {
    const left = Number(path.slice(1));
    return left === 0 ? { status: 200, body: 'here' } : { status: 302, headers: { location: `/${left - 1}` }, body: '' };
  });
  assert.equal(text(await fetchHttp({ ...ROOMY, url: `${base}/${LIMITS.httpRedirects}` })), 'here');
  await assert.rejects(fetchHttp({ ...ROOMY, url: `${base}/${LIMITS.httpRedirects + 1}` }), { code: 'HTTP_FAILED', message: /redirects more than/ });
  const elsewhere = await serve(t, () => ({ status: 301, headers: { location: 'file:///etc/passwd' }, body: '' }));
  await assert.rejects(fetchHttp({ ...ROOMY, url: elsewhere }), { code: 'HTTP_FAILED' });
});

test('connections are used again, and one that the server closes meanwhile is replaced', async (t) => {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    let answered = 0;
    socket.on('error', () => undefined);
    // The second request on the first connection finds it closed.
    socket.on('data', () => (sockets.length === 1 && answered++ > 0 ? socket.resetAndDestroy() : socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=60\r\ncontent-length: 2\r\n\r\nok')));
    t.after(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}/`;
  assert.equal(text(await fetchHttp({ ...ROOMY, url })), 'ok');
  assert.equal(text(await fetchHttp({ ...ROOMY, url })), 'ok');
  assert.equal(sockets.length, 2);
});

test('a server elsewhere cannot send us to a service of this machine or network', () => {
  const elsewhere = new URL('http://example.org/');
  const local = ['http://localhost/', 'http://x.localhost/', 'http://127.0.0.1/', 'http://0x7f.1/', 'http://0.0.0.0/', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://192.168.1.1/', 'http://[fe80::1]/'];
  for (const url of local) {
    assert.ok(!mayRedirect(elsewhere, new URL(url)), url);
    assert.ok(mayRedirect(new URL('http://127.0.0.1/'), new URL(url)), url);
  }
  for (const url of ['https://example.net/', 'http://198.51.100.1/', 'http://[2001:db8::1]/']) assert.ok(mayRedirect(elsewhere, new URL(url)), url);
});

test('whatever a server sends ends in one sentence that names it', async (t) => {
  for (const answer of ['', 'no such thing\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(LIMITS.httpHeaderBytes)}\r\n\r\n`]) {
    const base = await serveRaw(t, answer);
    await assert.rejects(fetchHttp({ ...ROOMY, url: base }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'HTTP_FAILED');
      assert.ok(error.message.includes(new URL(base).host), error.message);
      return true;
    });
  }
});

test('what cannot be fetched is refused before anything is sent', async () => {
  for (const url of ['', 'nonsense', 'ftp://example.org/', 'udp://example.org:80', 'http://', 'http://a:99999/']) {
    await assert.rejects(fetchHttp({ ...ROOMY, url }), { code: 'HTTP_FAILED' });
  }
});

test('a server that does not answer is given up after the time-out, or when the caller has had enough', async (t) => {
  const silent = await serveRaw(t, 'HTTP/1.1 200 OK\r\n', false);
  await assert.rejects(fetchHttp({ ...ROOMY, url: silent, timeoutMs: 30 }), { code: 'HTTP_FAILED', message: /does not answer in time/ });
  const reason = new Error('enough');
  await assert.rejects(fetchHttp({ ...ROOMY, url: silent, signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const fetching = fetchHttp({ ...ROOMY, url: silent, signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(fetching, reason);
});

async function readWhole({ body }: HttpStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

test('a body can be read as it comes: the head first, redirects followed, nothing zipped', async (t) => {
  const bytes = new Uint8Array(3_000_000).fill(7);
  const base = await serve(t, ({ path, headers }) => {
    if (path === '/old') return { status: 302, headers: { location: '/new' }, body: '' };
    return { status: 206, headers: { 'x-encoding': headers['accept-encoding'], 'x-range': headers['range'] }, body: bytes };
  });
  const stream = await fetchHttpStream({ url: `${base}/old`, timeoutMs: 20_000, headers: { range: 'bytes=5-9' } });
  assert.deepEqual([stream.status, stream.headers['x-encoding'], stream.headers['x-range']], [206, 'identity', 'bytes=5-9']);
  assert.deepEqual(await readWhole(stream), Buffer.from(bytes));
  stream.close();
});

test('a connection whose answer was read as a stream is used again, unless it was left before the end', async (t) => {
  const ports = new Set<number>();
  const base = await serve(t, ({ from }) => {
    ports.add(from.port);
    return { status: 200, body: new Uint8Array(3_000_000) };
  });
  for (let count = 0; count < 3; count++) {
    const stream = await fetchHttpStream({ url: base, timeoutMs: 20_000 });
    await readWhole(stream);
    stream.close();
  }
  assert.equal(ports.size, 1);
  const left = await fetchHttpStream({ url: base, timeoutMs: 20_000 });
  left.close();
  await readWhole(await fetchHttpStream({ url: base, timeoutMs: 20_000 }));
  assert.equal(ports.size, 2);
});

test('a stream that falls silent, ends too early or is no longer wanted throws where it is read', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc';
  const silent = await fetchHttpStream({ url: await serveRaw(t, head, false), timeoutMs: 30 });
  await assert.rejects(readWhole(silent), { code: 'HTTP_FAILED', message: /does not answer in time/ });
  const short = await fetchHttpStream({ url: await serveRaw(t, head), timeoutMs: 20_000 });
  await assert.rejects(readWhole(short), { code: 'HTTP_FAILED', message: /127\.0\.0\.1:\d+: the other end has closed it/ });
  const controller = new AbortController();
  const reason = new Error('enough');
  const unwanted = await fetchHttpStream({ url: await serveRaw(t, head, false), timeoutMs: 20_000, signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(readWhole(unwanted), reason);
  await assert.rejects(fetchHttpStream({ url: await serveRaw(t, 'HTTP/1.1 200 OK\r\n', false), timeoutMs: 30 }), { message: /does not answer in time/ });
});

test('a handler that fails costs its caller that answer, and the server nothing', async (t) => {
  const base = await serve(t, ({ path }) => {
    if (path === '/throw') throw new Error('a bug');
    if (path === '/reject') return Promise.reject(new Error('a bug'));
    return { status: 200, body: 'fine' };
  });
  assert.equal((await fetchHttp({ ...ROOMY, url: `${base}/throw` })).status, 500);
  assert.equal((await fetchHttp({ ...ROOMY, url: `${base}/reject` })).status, 500);
  assert.equal(text(await fetchHttp({ ...ROOMY, url: base })), 'fine');
});

test('requests of any shape get an answer or the door', async (t) => {
  const base = await serve(t, ({ path }) => ({ status: 200, body: path }));
  const ask = async (request: string): Promise<string> => {
    const socket = net.connect(Number(new URL(base).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end(request, 'latin1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    return Buffer.concat(chunks).toString('latin1');
  };
  assert.match(await ask('GET http://other.example/x?y HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'), /200 OK[^]*\/x$/);
  assert.match(await ask('OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await ask('\0\xff rubbish\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await ask(`GET /${'x'.repeat(LIMITS.httpHeaderBytes)} HTTP/1.1\r\n\r\n`), /^HTTP\/1\.1 431 /);
});

test('a port in use is told in a sentence', async (t) => {
  const base = await serve(t, () => ({ status: 200, body: '' }));
  await assert.rejects(
    serveHttp({ host: '127.0.0.1', port: Number(new URL(base).port) }, () => ({ status: 200, body: '' })),
    { code: 'LISTEN_FAILED', message: /in use/ },
  );
});
