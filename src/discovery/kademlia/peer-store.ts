/**
 * The peers that have been announced to this node, by info-hash: soft state that lapses unless it is announced again (BEP 5),
 * with what counting swarms (BEP 33) and sampling (BEP 51) need.
 *
 * Invariant: torrents, peers in all, peers of a torrent, and announcements of one subscriber and one block stay within
 * `LIMITS`; nothing that has lapsed is named.
 */
import { scopeOf } from '../../bytes/address-scope.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { integerBelow, type Random, sample } from '../../runtime/random.ts';
import { AddressQuota } from './address-quota.ts';
import { BloomFilter, bloomBits } from './bloom.ts';

/** How long an announcement is good for. Clients repeat theirs every 15 minutes or so. */
export const PEER_LIFE_MS = 30 * 60_000;
/** For how long the same sample of info-hashes is given to all who ask. */
const SAMPLE_LIFE_MS = 5 * 60_000;

interface StoredPeer {
  /** Address and port: 6 or 18 bytes. */
  readonly compact: Uint8Array;
  readonly isSeed: boolean;
  readonly announcedMs: number;
  /** Its bits in a Bloom filter. */
  readonly bits: number;
}

/**
 * The peers of one torrent, those announced longest ago first; by address, of which each has one peer in a swarm (BEP 33),
 * but for local ones, where a machine may well run several.
 */
type Swarm = Map<string, StoredPeer>;

export interface Sample {
  readonly infoHashes: readonly Uint8Array[];
  /** Info-hashes held in all. */
  readonly total: number;
  /** The sample stays the same for so long. */
  readonly seconds: number;
}

export class PeerStore {
  readonly #random: Random;
  /** By info-hash, in hexadecimal. */
  readonly #swarms = new Map<string, Swarm>();
  readonly #quota = new AddressQuota({ perSubscriber: LIMITS.dhtAnnouncementsPerSubscriber, perBlock: LIMITS.dhtAnnouncementsPerBlock });
  #peerCount = 0;
  #sample: { readonly infoHashes: readonly Uint8Array[]; readonly drawnMs: number } | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  get torrentCount(): number {
    return this.#swarms.size;
  }

  get peerCount(): number {
    return this.#peerCount;
  }

  /** Whether one more peer of the torrent could be taken in: so, whether to give a token for it (BEP 33). */
  hasRoomFor(infoHash: Uint8Array): boolean {
    const swarm = this.#swarms.get(toHex(infoHash));
    if (this.#peerCount >= LIMITS.dhtPeers) return false;
    return swarm === undefined ? this.#swarms.size < LIMITS.dhtTorrents : swarm.size < LIMITS.dhtPeersPerTorrent;
  }

  /** Keeps a peer, given by its compact endpoint, which must not change. False where there is no room for it. */
  announce(infoHash: Uint8Array, compact: Uint8Array, isSeed: boolean, nowMs: number): boolean {
    const address = compact.subarray(0, -2);
    const key = toHex(scopeOf(address) === 'local' ? compact : address);
    const swarmKey = toHex(infoHash);
    const known = this.#swarms.get(swarmKey)?.get(key);
    if (known === undefined && !(this.hasRoomFor(infoHash) && this.#quota.take(address))) return false;
    const swarm = this.#swarms.get(swarmKey) ?? new Map<string, StoredPeer>();
    this.#swarms.set(swarmKey, swarm);
    if (known === undefined) this.#peerCount += 1;
    // Put in again rather than changed, so that the longest unheard always stand first.
    swarm.delete(key);
    swarm.set(key, { compact, isSeed, announcedMs: nowMs, bits: known?.bits ?? bloomBits(address) });
    return true;
  }

  /** The compact endpoints of at most `count` peers, drawn at random; without seeds where there are others, if so asked (BEP 33). */
  peers(infoHash: Uint8Array, count: number, options: { readonly noSeeds: boolean }, nowMs: number): Uint8Array[] {
    const swarm = this.#livingSwarm(infoHash, nowMs);
    if (swarm === undefined) return [];
    const all = [...swarm.values()];
    const wanted = options.noSeeds ? all.filter(({ isSeed }) => !isSeed) : all;
    return sample(this.#random, wanted, count).map(({ compact }) => compact);
  }

  /** Filters that hold the seeds and the other peers of a torrent (BEP 33); undefined where none are known. */
  filters(infoHash: Uint8Array, nowMs: number): { readonly seeds: BloomFilter; readonly peers: BloomFilter } | undefined {
    const swarm = this.#livingSwarm(infoHash, nowMs);
    if (swarm === undefined) return undefined;
    const filters = { seeds: new BloomFilter(), peers: new BloomFilter() };
    for (const { isSeed, bits } of swarm.values()) filters[isSeed ? 'seeds' : 'peers'].insertBits(bits);
    return filters;
  }

  /** Some of the info-hashes for which peers are held (BEP 51); the same ones for some minutes, so that asking more often is no use. */
  sample(nowMs: number): Sample {
    if (this.#sample === undefined || nowMs - this.#sample.drawnMs >= SAMPLE_LIFE_MS) {
      this.#sample = { infoHashes: this.#drawSample(), drawnMs: nowMs };
    }
    const { infoHashes, drawnMs } = this.#sample;
    return { infoHashes, total: this.#swarms.size, seconds: Math.ceil((drawnMs + SAMPLE_LIFE_MS - nowMs) / 1000) };
  }

  /** Forgets all that has lapsed. To be called now and then. */
  expire(nowMs: number): void {
    for (const [key, swarm] of this.#swarms) this.#expireSwarm(key, swarm, nowMs);
  }

  /** The swarm without what has lapsed; undefined where nothing is left. */
  #livingSwarm(infoHash: Uint8Array, nowMs: number): Swarm | undefined {
    const key = toHex(infoHash);
    const swarm = this.#swarms.get(key);
    if (swarm !== undefined) this.#expireSwarm(key, swarm, nowMs);
    return this.#swarms.get(key);
  }

  #expireSwarm(key: string, swarm: Swarm, nowMs: number): void {
    for (const [peerKey, { announcedMs, compact }] of swarm) {
      if (nowMs - announcedMs < PEER_LIFE_MS) break;
      swarm.delete(peerKey);
      this.#quota.release(compact.subarray(0, -2));
      this.#peerCount -= 1;
    }
    if (swarm.size === 0) this.#swarms.delete(key);
  }

  /** Reservoir sampling: one pass over the keys, nothing copied but the sample. */
  #drawSample(): Uint8Array[] {
    const drawn: string[] = [];
    let seen = 0;
    for (const key of this.#swarms.keys()) {
      const place = seen < LIMITS.dhtSamplesPerAnswer ? seen : integerBelow(this.#random, seen + 1);
      if (place < LIMITS.dhtSamplesPerAnswer) drawn[place] = key;
      seen += 1;
    }
    return drawn.map((key) => Buffer.from(key, 'hex'));
  }
}
