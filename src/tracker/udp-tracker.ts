/**
 * The tracker over UDP (BEP 15, 41).
 *
 * Invariant: nothing is kept for whoever asks. A connection id is a token that only its address could have heard, so nobody
 * enters an address that is not his, nor has us send much to somebody else: without a good id the answer is no longer than
 * the question.
 */
import type { TokenIssuer } from '../bytes/token.ts';
import { addressFamily, type AddressFamily, type Endpoint } from '../bytes/endpoint.ts';
import {
  decodeRequest, encodeAnnounceReply, encodeConnectReply, encodeErrorReply, encodeScrapeReply, peersPerDatagram,
} from '../discovery/tracker/udp-protocol.ts';
import { LIMITS } from '../bytes/limits.ts';
import { answerAnnounce, answerScrape, type TrackerState } from './announce.ts';
import { whenReady, type Eventual } from './swarm-store.ts';

/** How much of each family fits into an answer to an asker of the key's family; an answer has room for one family only. */
const ROOM: Readonly<Record<AddressFamily, Readonly<Record<AddressFamily, number>>>> = {
  4: { 4: Math.min(LIMITS.peersPerAnswer, peersPerDatagram(4)), 6: 0 },
  6: { 4: 0, 6: Math.min(LIMITS.peersPerAnswer, peersPerDatagram(6)) },
};

/** The datagram to send back; undefined where the best answer is none. */
export function answerDatagram(
  state: TrackerState,
  connectionIds: TokenIssuer,
  datagram: Uint8Array,
  from: Endpoint,
): Eventual<Uint8Array | undefined> {
  const request = decodeRequest(datagram);
  if (request === undefined) return undefined;
  const { transaction } = request;
  if (request.action === 'connect') return encodeConnectReply(transaction, connectionIds.issue(from.host));
  if (!connectionIds.accepts(request.connectionId, from.host)) return encodeErrorReply(transaction, 'connect first');
  if (request.action === 'scrape') {
    return whenReady(answerScrape(state, request.infoHashes, from.host), (counts) => 'refusal' in counts
      ? encodeErrorReply(transaction, counts.refusal)
      : encodeScrapeReply(transaction, counts));
  }
  const family = addressFamily(from.host) ?? 4;
  return whenReady(answerAnnounce(state, request.announce, from.host, ROOM[family]), (answer) => 'refusal' in answer
    ? encodeErrorReply(transaction, answer.refusal)
    : encodeAnnounceReply(transaction, answer, family));
}
