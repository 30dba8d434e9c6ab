/**
 * Addresses at which a peer of the swarm may answer, as trackers, nodes and neighbours have named them, and in which order
 * to try them: those that have failed least, then by priority (BEP 40), then at random.
 *
 * Invariant: at most `LIMITS.candidates` are kept, of one subscriber `LIMITS.candidatesPerSubscriber`, so that nobody can have
 * us knock at all doors of a stranger; an address that fails is tried again later and later, and no more after
 * `MOST_FAILURES`. One that is connected, or being connected to, is never given out; nor is our own, once it is known.
 */
import { addressGroup, addressScope } from '../bytes/address-scope.ts';
import { addressToBytes, formatEndpoint, type Endpoint } from '../bytes/endpoint.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Random } from '../runtime/random.ts';
import { peerPriority } from './peer-priority.ts';

const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 15 * 60_000;
const MOST_FAILURES = 10;
const NEVER = Number.POSITIVE_INFINITY;

interface Candidate {
  readonly endpoint: Endpoint;
  /** Whose it is; undefined on a local network, where many may share an address. */
  readonly subscriber: string | undefined;
  readonly priority: number;
  failures: number;
  /** Not to be tried before. */
  notBeforeMs: number;
  inUse: boolean;
  /** It had everything, when we last met it. */
  isSeed: boolean;
}

export class Candidates {
  readonly #random: Random;
  readonly #byEndpoint = new Map<string, Candidate>();
  /** How many are of each subscriber. */
  readonly #ofSubscriber = new Map<string, number>();
  #ourEndpoint: Endpoint | undefined;
  /** Before this nobody can be taken, unless something changes. */
  #nobodyBeforeMs = 0;
  #leftOutSeeds = false;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#byEndpoint.size;
  }

  /** Where others see us: what priorities are computed from. Those already known keep theirs. */
  set ourEndpoint(endpoint: Endpoint) {
    this.#ourEndpoint = endpoint;
  }

  /** Somebody has named this address. What no single host can have is passed over. */
  add(endpoint: Endpoint, nowMs: number): void {
    const scope = addressScope(endpoint.host);
    if (scope === 'unusable' && !isName(endpoint.host)) return;
    this.#nobodyBeforeMs = 0;
    const key = formatEndpoint(endpoint);
    const known = this.#byEndpoint.get(key);
    if (known !== undefined) {
      // Named anew, so perhaps it is back: worth one more try.
      if (known.failures >= MOST_FAILURES && known.failures < NEVER) known.failures = MOST_FAILURES - 1;
      return;
    }
    const subscriber = scope === 'global' ? addressGroup(endpoint.host) : undefined;
    const others = subscriber === undefined ? 0 : this.#ofSubscriber.get(subscriber) ?? 0;
    if (others >= LIMITS.candidatesPerSubscriber && !this.#dropWorst((one) => one.subscriber === subscriber)) return;
    if (this.#byEndpoint.size >= LIMITS.candidates && !this.#dropWorst(() => true)) return;
    const random = this.#random.fraction();
    const priority = this.#ourEndpoint === undefined ? random : peerPriority(this.#ourEndpoint, endpoint) + random;
    this.#byEndpoint.set(key, { endpoint, subscriber, priority, failures: 0, notBeforeMs: nowMs, inUse: false, isSeed: false });
    this.#count(subscriber, 1);
  }

  /** The one to try now, marked as in use; undefined where there is none. A seed leaves seeds alone. */
  take(nowMs: number, leaveOutSeeds = false): Endpoint | undefined {
    // Asked every second, and mostly in vain.
    if (nowMs < this.#nobodyBeforeMs && leaveOutSeeds === this.#leftOutSeeds) return undefined;
    let best: Candidate | undefined;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const candidate of this.#byEndpoint.values()) {
      if (candidate.inUse || candidate.failures >= MOST_FAILURES || (leaveOutSeeds && candidate.isSeed)) continue;
      nextMs = Math.min(nextMs, candidate.notBeforeMs);
      if (candidate.notBeforeMs > nowMs) continue;
      if (best === undefined || isBetter(candidate, best)) best = candidate;
    }
    this.#nobodyBeforeMs = nextMs;
    this.#leftOutSeeds = leaveOutSeeds;
    if (best !== undefined) best.inUse = true;
    return best?.endpoint;
  }

  /** A neighbour can be reached here: it need not be tried while it is with us. */
  use(endpoint: Endpoint, nowMs: number): void {
    this.add(endpoint, nowMs);
    const candidate = this.#byEndpoint.get(formatEndpoint(endpoint));
    if (candidate !== undefined) candidate.inUse = true;
  }

  /** The connection could not be made, or was of no use at once. */
  failed(endpoint: Endpoint, nowMs: number): void {
    const candidate = this.#byEndpoint.get(formatEndpoint(endpoint));
    if (candidate === undefined) return;
    candidate.inUse = false;
    candidate.failures += 1;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (candidate.failures - 1), LAST_RETRY_MS);
    candidate.notBeforeMs = nowMs + delayMs * (0.75 + this.#random.fraction() / 2);
    this.#nobodyBeforeMs = Math.min(this.#nobodyBeforeMs, candidate.notBeforeMs);
  }

  /** The connection has ended after having been one, with a seed or not. It may be made again after `pauseMs`. */
  released(endpoint: Endpoint, nowMs: number, { pauseMs, isSeed }: { readonly pauseMs: number; readonly isSeed: boolean }): void {
    const candidate = this.#byEndpoint.get(formatEndpoint(endpoint));
    if (candidate === undefined) return;
    candidate.inUse = false;
    candidate.isSeed = isSeed;
    candidate.failures = 0;
    candidate.notBeforeMs = nowMs + pauseMs;
    this.#nobodyBeforeMs = Math.min(this.#nobodyBeforeMs, candidate.notBeforeMs);
  }

  /** It is our own address: it is kept, lest the next to name it have us try it again. */
  avoid(endpoint: Endpoint): void {
    const candidate = this.#byEndpoint.get(formatEndpoint(endpoint));
    if (candidate !== undefined) candidate.failures = NEVER;
  }

  forget(endpoint: Endpoint): void {
    this.#delete(formatEndpoint(endpoint));
  }

  /** Forgets those whose host `matches`. */
  forgetHosts(matches: (host: string) => boolean): void {
    for (const [key, { endpoint }] of this.#byEndpoint) if (matches(endpoint.host)) this.#delete(key);
  }

  /** Makes room among those that `matches`; false where none of them has failed. */
  #dropWorst(matches: (candidate: Candidate) => boolean): boolean {
    let worst: string | undefined;
    let worstFailures = 0;
    for (const [key, candidate] of this.#byEndpoint) {
      const { failures, inUse } = candidate;
      if (inUse || failures <= worstFailures || failures === NEVER || !matches(candidate)) continue;
      worst = key;
      worstFailures = failures;
    }
    if (worst !== undefined) this.#delete(worst);
    return worst !== undefined;
  }

  #delete(key: string): void {
    const candidate = this.#byEndpoint.get(key);
    this.#byEndpoint.delete(key);
    this.#count(candidate?.subscriber, -1);
  }

  #count(subscriber: string | undefined, change: 1 | -1): void {
    if (subscriber === undefined) return;
    const count = (this.#ofSubscriber.get(subscriber) ?? 0) + change;
    if (count > 0) this.#ofSubscriber.set(subscriber, count);
    else this.#ofSubscriber.delete(subscriber);
  }
}

function isName(host: string): boolean {
  return addressToBytes(host) === undefined;
}

function isBetter(a: Candidate, b: Candidate): boolean {
  return a.failures === b.failures ? a.priority > b.priority : a.failures < b.failures;
}
