/**
 * HTTP on a real machine: the client and the server halves of `Network`.
 *
 * Invariant: neither a server's answer nor a client's request makes anything grow past `LIMITS`, and neither keeps anything
 * open for ever.
 */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { addressScope } from '../../bytes/address-scope.ts';
import { addressFamily, canonicalAddress, type Endpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { formatBytes } from '../../bytes/units.ts';
import { checkListenPort } from '../network.ts';
import type { HttpHandler, HttpQuery, HttpReply, HttpRequest, HttpResponse, HttpStream, HttpStreamRequest, Listener, ListenPlace } from '../network.ts';
import { describeSocketError, listenError } from './channel.ts';

/** Implements `Network.fetch`. */
export async function fetchHttp(request: HttpRequest): Promise<HttpResponse> {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const { url, response } = await follow(request, 'gzip', timeout);
  try {
    return await wholeResponse(url, response, request.maxBodyBytes);
  } catch (error) {
    throw fetchError(error, url, request.signal, timeout.aborted);
  }
}

/** Implements `Network.fetchStream`. */
export async function fetchHttpStream(request: HttpStreamRequest): Promise<HttpStream> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), request.timeoutMs);
  try {
    const { url, response } = await follow(request, 'identity', timeout.signal);
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      body: readBody(url, response, request),
      close: () => void response.destroy(),
    };
  } finally {
    clearTimeout(timer);
  }
}

async function* readBody(url: URL, response: http.IncomingMessage, { timeoutMs, signal }: HttpStreamRequest): AsyncGenerator<Uint8Array> {
  // Only our waiting for the server counts, not its waiting for us.
  let isWaiting = true;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = isWaiting;
    if (isLate) response.destroy();
  }, timeoutMs);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      isWaiting = false;
      yield chunk;
      isWaiting = true;
      timer.refresh();
    }
  } catch (error) {
    throw fetchError(error, url, signal, isLate);
  } finally {
    clearTimeout(timer);
  }
}

/** The answer to a request up to its head, redirects followed, and whose answer it is. */
async function follow(
  request: Pick<HttpRequest, 'url' | 'method' | 'headers' | 'family' | 'signal'>,
  encoding: 'gzip' | 'identity',
  timeout: AbortSignal,
): Promise<{ url: URL; response: http.IncomingMessage }> {
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  const asked = { ...request, headers: { 'accept-encoding': encoding, ...request.headers } };
  let url = parseUrl(request.url);
  try {
    for (let redirects = 0; redirects <= LIMITS.httpRedirects; redirects++) {
      const response = await exchange(url, asked, signal);
      const next = redirection(url, response);
      if (next === undefined) return { url, response };
      response.destroy();
      url = next;
    }
  } catch (error) {
    throw fetchError(error, url, request.signal, timeout.aborted);
  }
  throw new ShoalError('HTTP_FAILED', `${url.host} redirects more than ${LIMITS.httpRedirects} times`);
}

/** What is told of a request that failed. */
function fetchError(error: unknown, url: URL, signal: AbortSignal | undefined, isLate: boolean): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof ShoalError) return error;
  const what = isLate ? 'it does not answer in time' : describeSocketError(error as NodeJS.ErrnoException);
  return new ShoalError('HTTP_FAILED', `cannot fetch from ${url.host}: ${what}`, { cause: error });
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null) throw new ShoalError('HTTP_FAILED', 'not a valid URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ShoalError('HTTP_FAILED', `not a URL of HTTP, but of ${url.protocol.slice(0, -1)}`);
  }
  return url;
}

/** One request, up to the head of its answer. */
function exchange(url: URL, request: Pick<HttpRequest, 'method' | 'headers' | 'family'>, signal: AbortSignal, agent?: false): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
      method: request.method ?? 'GET',
      headers: request.headers,
      maxHeaderSize: LIMITS.httpHeaderBytes,
      signal,
      ...(request.family === undefined ? {} : { family: request.family }),
      ...(agent === undefined ? {} : { agent }),
    });
    let isAnswered = false;
    outgoing.once('response', (response) => {
      isAnswered = true;
      resolve(response);
    });
    outgoing.on('error', (error) => {
      // The server may have closed an idle connection just as it was taken up again: that says nothing of the request.
      if (outgoing.reusedSocket && !isAnswered && !signal.aborted) resolve(exchange(url, request, signal, false));
      else reject(error);
    });
    outgoing.end();
  });
}

/** Where an answer sends us; undefined where it is the answer itself. */
function redirection(from: URL, { statusCode, headers }: http.IncomingMessage): URL | undefined {
  if (headers.location === undefined || ![301, 302, 303, 307, 308].includes(statusCode ?? 0)) return undefined;
  const to = parseUrl(headers.location, from);
  if (!mayRedirect(from, to)) {
    throw new ShoalError('HTTP_FAILED', `${from.host} redirects to a service of this machine or network, which is refused`);
  }
  return to;
}

/** Somebody elsewhere must not make us talk to a service that trusts whoever comes from its own machine or network. */
export function mayRedirect(from: URL, to: URL): boolean {
  return isLocal(from) || !isLocal(to);
}

function isLocal({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (addressFamily(host) !== undefined) return addressScope(host) !== 'global';
  return host === 'localhost' || host.endsWith('.localhost');
}

async function wholeResponse(url: URL, response: http.IncomingMessage, maxBytes: number): Promise<HttpResponse> {
  const tooLarge = (): ShoalError => {
    response.destroy();
    return new ShoalError('HTTP_TOO_LARGE', `${url.host} sends more than ${formatBytes(maxBytes, 'binary')}, which is the most that is taken`);
  };
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const headers = headersOf(response);
  let body: Uint8Array = Buffer.concat(chunks);
  if (headers['content-encoding'] === 'gzip' && length > 0) {
    try {
      body = await promisify(zlib.gunzip)(body, { maxOutputLength: maxBytes });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
      throw new ShoalError('HTTP_FAILED', `${url.host} sends what is not the gzip that it says it is`, { cause: error });
    }
  }
  return { status: response.statusCode ?? 0, headers, body };
}

function headersOf(response: http.IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) if (value !== undefined) headers[name] = String(value);
  return headers;
}

/** Implements `Network.serveHttp`. */
export function serveHttp(where: ListenPlace, handler: HttpHandler): Promise<Listener> {
  const server = http.createServer({
    maxHeaderSize: LIMITS.httpHeaderBytes,
    headersTimeout: LIMITS.httpRequestMs,
    requestTimeout: LIMITS.httpRequestMs,
    keepAliveTimeout: LIMITS.httpIdleMs,
    connectionsCheckingInterval: LIMITS.httpIdleMs,
  });
  server.maxConnections = LIMITS.httpConnections;
  server.on('request', (incoming: http.IncomingMessage, outgoing: http.ServerResponse) => {
    const send = (reply: HttpReply): void => sendReply(outgoing, reply, server.listening);
    const query = readQuery(incoming);
    if (query === undefined) return send({ status: 400, body: 'not a path of this server\n' });
    try {
      const reply = handler(query);
      if (reply instanceof Promise) reply.then(send, () => send(OUT_OF_ORDER));
      else send(reply);
    } catch {
      send(OUT_OF_ORDER);
    }
    return undefined;
  });
  return new Promise((resolve, reject) => {
    checkListenPort(where);
    // One that comes later, such as a connection that cannot be accepted, is that connection's loss.
    server.on('error', (error) => reject(listenError(where, error)));
    server.listen({ port: where.port, ...(where.host === undefined ? {} : { host: where.host }) }, () => {
      const { address, port } = server.address() as AddressInfo;
      resolve({ endpoint: { host: address, port }, close: async () => void server.close() });
    });
  });
}

const OUT_OF_ORDER: HttpReply = { status: 500, body: 'the server is out of order\n' };

/** Undefined where the target is neither a path nor a URL. */
function readQuery(incoming: http.IncomingMessage): HttpQuery | undefined {
  // A client that takes us for a proxy sends the whole URL (RFC 9112, section 3.2.2).
  const target = (incoming.url ?? '').replace(/^https?:\/\/[^/?]*\/?/i, '/');
  if (!target.startsWith('/')) return undefined;
  const mark = target.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers: incoming.headers as Readonly<Record<string, string>>,
    from: remoteEndpoint(incoming),
  };
}

function remoteEndpoint({ socket }: http.IncomingMessage): Endpoint {
  const address = socket.remoteAddress ?? '';
  return { host: canonicalAddress(address) ?? address, port: socket.remotePort ?? 0 };
}

function sendReply(outgoing: http.ServerResponse, reply: HttpReply, keepAlive: boolean): void {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  outgoing.writeHead(reply.status, {
    ...reply.headers,
    'content-length': body.length,
    ...(keepAlive ? {} : { connection: 'close' }),
  });
  outgoing.end(body);
}
