/**
 * The tracker over HTTP (BEP 3, 23, 48), and what a person with a browser finds there: the torrents that are published, and
 * how many peers there are.
 *
 * Invariant: every request gets an answer. A malformed announce is refused with status 400; one that is understood and
 * refused with 200, for otherwise most clients do not show the reason.
 */
import { addressToBytes, canonicalAddress } from '../bytes/endpoint.ts';
import { LIMITS } from '../bytes/limits.ts';
import { encodeAnnounceAnswer, encodeRefusal, encodeScrapeAnswer, parseAnnounceQuery, parseScrapeQuery } from '../discovery/tracker/http-protocol.ts';
import type { HttpQuery, HttpReply } from '../runtime/network.ts';
import { answerAnnounce, answerScrape, type TrackerState } from './announce.ts';
import { indexPage, type PublishedTorrent } from './index-page.ts';
import { isLoopback } from './own-addresses.ts';
import { whenReady, type Eventual } from './swarm-store.ts';

const ROOM = { 4: LIMITS.peersPerAnswer, 6: LIMITS.peersPerAnswer } as const;
const BENCODED = { 'content-type': 'text/plain' };
const NOT_FOUND: HttpReply = { status: 404, headers: { 'content-type': 'text/plain' }, body: 'There is nothing here.\n' };

/** @param published by path, such as `/holiday.mkv.torrent` with its escapes undone */
export function answerHttp(state: TrackerState, published: ReadonlyMap<string, PublishedTorrent>, query: HttpQuery): Eventual<HttpReply> {
  if (query.method !== 'GET' && query.method !== 'HEAD') {
    return { status: 405, headers: { allow: 'GET, HEAD', 'content-type': 'text/plain' }, body: 'Only GET and HEAD are served.\n' };
  }
  switch (query.path) {
    case '/announce': return announce(state, query);
    case '/scrape': return scrape(state, query);
    case '/stats': return whenReady(state.store.totals(), (totals) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: `${JSON.stringify({ ...totals, ...state.tally })}\n`,
    }));
    case '/': return whenReady(state.store.totals(), (totals) => ({
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        'x-content-type-options': 'nosniff',
      },
      body: indexPage(published, totals),
    }));
    default: return torrentFile(published, query.path);
  }
}

function announce(state: TrackerState, query: HttpQuery): Eventual<HttpReply> {
  const request = parseAnnounceQuery(query.query, `${query.path}?${query.query}`);
  if ('refusal' in request) {
    state.tally.refusals += 1;
    return { status: 400, headers: BENCODED, body: encodeRefusal(request) };
  }
  return whenReady(answerAnnounce(state, request, sourceOf(query), ROOM), (answer) => ({
    status: 200,
    headers: BENCODED,
    body: 'refusal' in answer ? encodeRefusal(answer) : encodeAnnounceAnswer(answer, request.compact),
  }));
}

function scrape(state: TrackerState, query: HttpQuery): Eventual<HttpReply> {
  const infoHashes = parseScrapeQuery(query.query);
  if ('refusal' in infoHashes) {
    state.tally.refusals += 1;
    return { status: 400, headers: BENCODED, body: encodeRefusal(infoHashes) };
  }
  return whenReady(answerScrape(state, infoHashes, sourceOf(query)), (counts) => ({
    status: 200,
    headers: BENCODED,
    body: 'refusal' in counts ? encodeRefusal(counts) : encodeScrapeAnswer(infoHashes, counts),
  }));
}

/**
 * The address that asks. Behind a proxy on this machine it is the last that the proxy names (what stands before it is the
 * asker's own word); others are not asked for whom they speak.
 */
function sourceOf({ from, headers }: HttpQuery): string {
  const forwarded = headers['x-forwarded-for'];
  const proxy = forwarded === undefined ? undefined : addressToBytes(from.host);
  if (forwarded === undefined || proxy === undefined || !isLoopback(proxy)) return from.host;
  return canonicalAddress(forwarded.split(',').at(-1)?.trim() ?? '') ?? from.host;
}

function torrentFile(published: ReadonlyMap<string, PublishedTorrent>, path: string): HttpReply {
  const torrent = published.get(unescapePath(path));
  if (torrent === undefined) return NOT_FOUND;
  return { status: 200, headers: { 'content-type': 'application/x-bittorrent' }, body: torrent.bytes };
}

/** Empty, and so the path of nothing, where the escapes make no UTF-8. */
function unescapePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
