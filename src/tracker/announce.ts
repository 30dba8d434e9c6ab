/**
 * From an announce to its answer, whichever way it came: who is believed, what is stored, and what is told to whom.
 *
 * Invariant: a peer is entered under the address from which its announce came. Only whoever asks from this machine or its
 * own network may name another (`ip=`), for others would send the swarm against a victim.
 */
import { addressGroup, addressScope } from '../bytes/address-scope.ts';
import type { Allowance } from '../bytes/allowance.ts';
import { addressToBytes, type AddressFamily } from '../bytes/endpoint.ts';
import type { AnnounceAnswer, AnnounceRequest, Refusal, SwarmCounts } from '../discovery/tracker/announcement.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Admission } from './admission.ts';
import { isLoopback, tellOwnAddress, type OwnAddresses } from './own-addresses.ts';
import { whenReady, type Eventual, type PeerState, type SwarmStore } from './swarm-store.ts';

export interface AnnounceRules {
  readonly intervalMs: number;
  readonly minIntervalMs: number;
  /** Peers told of each family where the asker does not say how many it would like. */
  readonly peersPerAnswer: number;
  readonly admit: Admission;
}

/** What has been answered so far. */
export interface Tally {
  announces: number;
  scrapes: number;
  refusals: number;
}

/** All that an answer depends on, behind every way of asking. */
export interface TrackerState {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: SwarmStore;
  readonly rules: AnnounceRules;
  readonly allowance: Allowance;
  readonly ownAddresses: OwnAddresses;
  readonly tally: Tally;
}

/** Intervals handed out are longer than the rule by up to this share, so that peers who came together do not stay in step. */
const INTERVAL_JITTER = 0.1;

/**
 * @param from the address that the request came from
 * @param room peers of each family that the answer has room for
 */
export function answerAnnounce(
  state: TrackerState,
  request: AnnounceRequest,
  from: string,
  room: Readonly<Record<AddressFamily, number>>,
): Eventual<AnnounceAnswer | Refusal> {
  const { store, rules, tally } = state;
  const source = addressToBytes(from);
  const refusal = refuse(state, request, from, source);
  if (source === undefined || refusal !== undefined) {
    tally.refusals += 1;
    return refusal ?? NOWHERE;
  }
  tally.announces += 1;
  const peerState = stateOf(request);
  const wanted = request.wanted ?? rules.peersPerAnswer;
  const view = store.announce({
    infoHash: request.infoHash,
    peerId: request.peerId,
    endpoint: endpointOf(believedAddress(request, from) ?? source, request.port),
    state: peerState,
    completed: request.event === 'completed' && peerState === 'seed',
    wantsGivers: peerState === 'downloader' || mayLackMetadata(request),
    wanted: { 4: Math.min(wanted, room[4]), 6: Math.min(wanted, room[6]) },
    withPeerIds: !request.compact,
  });
  return whenReady(view, ({ counts, peers }) => ({
    intervalMs: rules.intervalMs * (1 + INTERVAL_JITTER * state.random.fraction()),
    minIntervalMs: rules.minIntervalMs,
    counts,
    peers: {
      4: tellOwnAddress(peers[4], 4, source, state.ownAddresses),
      6: tellOwnAddress(peers[6], 6, source, state.ownAddresses),
    },
    ...(isLoopback(source) ? {} : { externalAddress: source }),
  }));
}

/** The counts of each info-hash, or a refusal. */
export function answerScrape(state: TrackerState, infoHashes: readonly Uint8Array[], from: string): Eventual<readonly SwarmCounts[] | Refusal> {
  if (!mayAsk(state, from, addressToBytes(from))) {
    state.tally.refusals += 1;
    return TOO_OFTEN;
  }
  state.tally.scrapes += 1;
  const counts = infoHashes.map((infoHash) => state.store.count(infoHash));
  return counts.some((count) => count instanceof Promise) ? Promise.all(counts) : (counts as SwarmCounts[]);
}

const NOWHERE: Refusal = { refusal: 'you come from no address' };
const TOO_OFTEN: Refusal = { refusal: 'too many requests from your address: ask less often', retryInMs: 60_000 };

function refuse(state: TrackerState, request: AnnounceRequest, from: string, source: Uint8Array | undefined): Refusal | undefined {
  if (!mayAsk(state, from, source)) return TOO_OFTEN;
  if (request.port === 0) return { refusal: 'port 0 is nowhere: announce the port on which you take connections' };
  const reason = state.rules.admit(request);
  return reason === undefined ? undefined : { refusal: reason };
}

/** What comes over the loopback interface is not counted: it is this machine's own programs, or a proxy that speaks for everybody. */
function mayAsk({ allowance, clock }: TrackerState, from: string, source: Uint8Array | undefined): boolean {
  return (source !== undefined && isLoopback(source)) || allowance.take(addressGroup(from), clock.now());
}

function stateOf({ event, left }: AnnounceRequest): PeerState {
  if (event === 'stopped') return 'gone';
  if (left === 0) return 'seed';
  return event === 'paused' ? 'partial seed' : 'downloader';
}

/**
 * Who has nothing but a magnet link does not know how much is left, and some (aria2) say 0 then: like a seed, but one that
 * has not moved a byte.
 */
function mayLackMetadata({ left, downloaded, uploaded }: AnnounceRequest): boolean {
  return left === 0 && downloaded === 0 && uploaded === 0;
}

function believedAddress({ address }: AnnounceRequest, from: string): Uint8Array | undefined {
  if (address === undefined || addressScope(from) !== 'local' || addressScope(address) === 'unusable') return undefined;
  return addressToBytes(address);
}

function endpointOf(address: Uint8Array, port: number): Uint8Array {
  const endpoint = new Uint8Array(address.length + 2);
  endpoint.set(address);
  endpoint[address.length] = port >>> 8;
  endpoint[address.length + 1] = port & 0xff;
  return endpoint;
}
