/**
 * Asking a tracker by its URL, whichever protocol that names, over each address family that both ends have (BEP 7).
 *
 * Invariant: whatever a tracker does ends in a reply or in a `TrackerError` with a sentence for a person.
 */
import { addressScope } from '../../bytes/address-scope.ts';
import { addressFamily, type AddressFamily, type Endpoint } from '../../bytes/endpoint.ts';
import { ShoalError } from '../../bytes/errors.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { printable } from '../../bytes/printable.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { TrackerError, type AnnounceReply, type AnnounceRequest, type SwarmCounts } from './announcement.ts';
import { decodeAnnounceReply, decodeRefusal, decodeScrapeReply, formatAnnounceUrl, formatScrapeUrl } from './http-protocol.ts';
import { UdpTrackerClient } from './udp-client.ts';

export type TrackerRuntime = Pick<Runtime, 'network' | 'clock' | 'random'>;

interface Destination {
  readonly endpoint: Endpoint;
  /** Over HTTP, where more than one is asked. */
  readonly family: AddressFamily | undefined;
}

export class TrackerClient {
  readonly #runtime: TrackerRuntime;
  readonly #userAgent: string;
  readonly #udp: UdpTrackerClient;

  constructor(runtime: TrackerRuntime, userAgent: string) {
    this.#runtime = runtime;
    this.#userAgent = userAgent;
    this.#udp = new UdpTrackerClient(runtime);
  }

  /**
   * Announces over each family, and hands each answer to `received` as it comes. Resolves when no more will come and there was
   * one; rejects with a `TrackerError` where there was none, or with the signal's reason.
   */
  async announce(
    tracker: string,
    request: Omit<AnnounceRequest, 'url' | 'compact'>,
    received: (reply: AnnounceReply) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const url = parseTrackerUrl(tracker);
    const full: AnnounceRequest = { ...request, compact: true, url: url.pathname === '/' && url.search === '' ? '' : url.pathname + url.search };
    const ask = async ({ endpoint, family }: Destination): Promise<void> => {
      received(url.protocol === 'udp:'
        ? await this.#udp.announce(endpoint, full, signal)
        : decodeAnnounceReply(await this.#fetch(formatAnnounceUrl(tracker, full), family, signal)));
    };
    try {
      const outcomes = await Promise.allSettled((await this.#destinations(url, signal)).map(ask));
      const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
      if (failures.length === outcomes.length) throw failures[0].reason;
    } catch (error) {
      throw asTrackerError(error, signal);
    }
  }

  /** The counts of each swarm, undefined where the tracker does not tell. Rejects with `TrackerError`, or the signal's reason. */
  async scrape(tracker: string, infoHashes: readonly Uint8Array[], signal?: AbortSignal): Promise<readonly (SwarmCounts | undefined)[]> {
    const url = parseTrackerUrl(tracker);
    try {
      const [{ endpoint }] = await this.#destinations(url, signal);
      if (url.protocol === 'udp:') return await this.#udp.scrape(endpoint, infoHashes, signal);
      const scrapeUrl = formatScrapeUrl(tracker, infoHashes);
      if (scrapeUrl === undefined) throw new TrackerError('it cannot be asked for counts, for its URL does not end in announce');
      return decodeScrapeReply(await this.#fetch(scrapeUrl, undefined, signal), infoHashes);
    } catch (error) {
      throw asTrackerError(error, signal);
    }
  }

  /** Gives up what is under way over UDP, and lets go of the sockets. */
  close(): void {
    this.#udp.close();
  }

  /** Where to ask: one address of each family over UDP; over HTTP a family, or whichever answers where there is one only. */
  async #destinations(url: URL, signal: AbortSignal | undefined): Promise<Destination[]> {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port);
    if (url.protocol === 'udp:' && port === 0) throw new TrackerError('its URL lacks the port, which a UDP tracker must have', Number.POSITIVE_INFINITY);
    const addresses = await this.#runtime.network.lookup(host, signal);
    if (url.protocol !== 'udp:') refuseLocalServices(url, addresses);
    const own = new Set(this.#runtime.network.localAddresses().map(addressFamily));
    const usable = ([4, 6] as const)
      .map((family) => (own.has(family) ? addresses.find((address) => addressFamily(address) === family) : undefined))
      .filter((address) => address !== undefined);
    // What a machine says of its own addresses need not be all; then the first is tried all the same.
    const chosen = usable.length > 0 ? usable : addresses.slice(0, 1);
    if (chosen.length === 0) throw new TrackerError('its name stands for no address');
    return chosen.map((address) => ({ endpoint: { host: address, port }, family: usable.length > 1 ? addressFamily(address) : undefined }));
  }

  async #fetch(url: string, family: AddressFamily | undefined, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const response = await this.#runtime.network.fetch({
      url,
      headers: { 'user-agent': this.#userAgent },
      maxBodyBytes: LIMITS.trackerAnswerBytes,
      timeoutMs: LIMITS.trackerHttpMs,
      ...(family === undefined ? {} : { family }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.status !== 200) throw decodeRefusal(response.body) ?? new TrackerError(`it answers with HTTP status ${response.status}`);
    return response.body;
  }
}

/** Asks one tracker for the counts of some swarms, and is done with it. See `TrackerClient.scrape`. */
export async function scrapeTracker(
  runtime: TrackerRuntime,
  tracker: string,
  infoHashes: readonly Uint8Array[],
  options: { readonly userAgent?: string; readonly signal?: AbortSignal } = {},
): Promise<readonly (SwarmCounts | undefined)[]> {
  const client = new TrackerClient(runtime, options.userAgent ?? DEFAULT_USER_AGENT);
  try {
    return await client.scrape(tracker, infoHashes, options.signal);
  } finally {
    client.close();
  }
}

export const DEFAULT_USER_AGENT = 'Shoal';

/** A tracker's name for people: host and port. The rest of its URL may be a key that nobody else should see. */
export function trackerName(tracker: string): string {
  const host = URL.parse(tracker)?.host ?? '';
  return printable(host === '' ? tracker : host, LIMITS.trackerTextLength);
}

function parseTrackerUrl(tracker: string): URL {
  const url = URL.parse(tracker);
  if (url === null || url.hostname === '') throw new TrackerError('it is not a valid URL', Number.POSITIVE_INFINITY);
  if (url.protocol !== 'http:' && url.protocol !== 'https:' && url.protocol !== 'udp:') {
    throw new TrackerError(`trackers are asked over HTTP and UDP, not over ${url.protocol.slice(0, -1)}`, Number.POSITIVE_INFINITY);
  }
  return url;
}

/** A torrent is a stranger's: its trackers must not make us call up just any service that trusts this machine or network. */
function refuseLocalServices(url: URL, addresses: readonly string[]): void {
  const isLocal = addresses.some((address) => addressScope(address) !== 'global');
  if (isLocal && !/\/announce[^/]*$/.test(url.pathname)) {
    throw new TrackerError('it is on this machine or network, where only trackers whose path ends in /announce are asked', Number.POSITIVE_INFINITY);
  }
}

/** What went wrong, as this room tells it; what is not an error of Shoal's is a bug, and stays what it is. */
function asTrackerError(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof TrackerError || !(error instanceof ShoalError)) return error;
  return new TrackerError(error.message, undefined, { cause: error });
}
