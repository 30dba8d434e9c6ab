/**
 * The extended messages of a swarm (BEP 10): greeting a neighbour with what we take, and what it takes; metadata (BEP 9),
 * peer exchange (BEP 11), upload-only (BEP 21) and don't-have (BEP 54) handed to where they belong.
 *
 * Invariant: an extension is sent only to a neighbour that has said that it takes it, under the neighbour's number.
 */
import type { Endpoint } from '../bytes/endpoint.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Clock } from '../runtime/clock.ts';
import {
  decodeDontHave, decodeExtensionHandshake, decodeMetadataMessage, decodePeerExchange, encodeExtensionHandshake,
  encodeMetadataMessage, encodePeerExchange, EXTENSION_HANDSHAKE_ID, EXTENSIONS, type ExtensionName, type MetadataMessage,
} from '../wire/extensions.ts';
import type { MetadataExchange } from './metadata-exchange.ts';
import type { Neighbour } from './neighbour.ts';
import { PeerExchanges } from './peer-exchange.ts';

const EXCHANGE_INTERVAL_MS = 60_000;

export interface ExtendedMessagesOptions {
  readonly clock: Clock;
  readonly all: ReadonlySet<Neighbour>;
  readonly metadata: MetadataExchange;
  readonly listenPort: number | undefined;
  readonly client: string;
  /** BEP 11; not in private torrents (BEP 27). */
  exchangesPeers(): boolean;
  isUploadOnly(): boolean;
  found(endpoints: readonly Endpoint[]): void;
  lost(neighbour: Neighbour, piece: number): void;
  /** A neighbour that came to us can be reached here. */
  listening(endpoint: Endpoint): void;
}

export class ExtendedMessages {
  readonly #options: ExtendedMessagesOptions;
  readonly #exchanges = new PeerExchanges();
  #exchangedMs: number;

  constructor(options: ExtendedMessagesOptions) {
    this.#options = options;
    this.#exchangedMs = options.clock.now();
  }

  /** The extension handshake. */
  greet(neighbour: Neighbour): void {
    if (!neighbour.supports.extensions) return;
    const { clock, metadata, listenPort, client } = this.#options;
    const names = (Object.keys(EXTENSIONS) as ExtensionName[]).filter((name) => name !== 'ut_pex' || this.#options.exchangesPeers());
    neighbour.sendExtensionHandshake(encodeExtensionHandshake({
      names,
      metadataBytes: metadata.knownBytes,
      client,
      listenPort,
      requestQueueLength: LIMITS.incomingRequests,
      yourAddress: neighbour.endpoint.host,
      uploadOnly: this.#options.isUploadOnly(),
    }), clock.now());
  }

  /** Throws `WireError` or `BencodeError` where the payload makes no sense, or one says too often what is of no use. */
  received(neighbour: Neighbour, id: number, payload: Uint8Array): void {
    const nowMs = this.#options.clock.now();
    switch (id) {
      case EXTENSION_HANDSHAKE_ID: return this.#greeted(neighbour, payload, nowMs);
      case EXTENSIONS.ut_metadata: {
        const message = decodeMetadataMessage(payload);
        return message && this.#options.metadata.received(neighbour, message, nowMs);
      }
      case EXTENSIONS.ut_pex: {
        if (!this.#options.exchangesPeers() || !this.#exchanges.mayTell(neighbour, nowMs)) return neighbour.saidNothing(nowMs);
        return this.#options.found(decodePeerExchange(payload).added);
      }
      case EXTENSIONS.lt_donthave:
        neighbour.saidNothing(nowMs);
        return this.#options.lost(neighbour, decodeDontHave(payload));
      case EXTENSIONS.upload_only:
        neighbour.uploadOnly = payload.length > 0 && payload[0] !== 0 && payload[0] !== 0x30;
        return neighbour.saidNothing(nowMs);
      default: return neighbour.saidNothing(nowMs);
    }
  }

  sendMetadata(neighbour: Neighbour, message: MetadataMessage): void {
    neighbour.sendExtended('ut_metadata', encodeMetadataMessage(message), this.#options.clock.now());
  }

  /** Called often; does its work once a minute. */
  exchangePeers(nowMs: number): void {
    if (!this.#options.exchangesPeers() || nowMs - this.#exchangedMs < EXCHANGE_INTERVAL_MS) return;
    this.#exchangedMs = nowMs;
    for (const neighbour of this.#options.all) this.#tellPeers(neighbour, nowMs);
  }

  /** Whether we want nothing more (BEP 21). */
  tellUploadOnly(): void {
    const payload = Uint8Array.of(this.#options.isUploadOnly() ? 1 : 0);
    for (const neighbour of this.#options.all) neighbour.sendExtended('upload_only', payload, this.#options.clock.now());
  }

  left(neighbour: Neighbour): void {
    this.#exchanges.left(neighbour);
  }

  #greeted(neighbour: Neighbour, payload: Uint8Array, nowMs: number): void {
    neighbour.saidNothing(nowMs);
    const hears = neighbour.extensionIds.ut_pex !== undefined;
    const handshake = decodeExtensionHandshake(payload);
    neighbour.extensionIds = handshake.ids;
    neighbour.client = handshake.client ?? neighbour.client;
    neighbour.requestQueueLength = handshake.requestQueueLength ?? neighbour.requestQueueLength;
    neighbour.uploadOnly = handshake.uploadOnly;
    // Once: whoever named another port each time would have us remember them all.
    if (neighbour.listenEndpoint === undefined && handshake.listenPort !== undefined) {
      neighbour.listenEndpoint = { host: neighbour.endpoint.host, port: handshake.listenPort };
      this.#options.listening(neighbour.listenEndpoint);
    }
    if (handshake.metadataBytes !== undefined) this.#options.metadata.offered(neighbour, handshake.metadataBytes, nowMs);
    // A newcomer hears of the others at once; it may know nobody else.
    if (!hears && this.#options.exchangesPeers()) this.#tellPeers(neighbour, nowMs);
  }

  #tellPeers(neighbour: Neighbour, nowMs: number): void {
    if (neighbour.extensionIds.ut_pex === undefined) return;
    const news = this.#exchanges.newsFor(neighbour, this.#options.all);
    if (news !== undefined) neighbour.sendExtended('ut_pex', encodePeerExchange(news), nowMs);
  }
}
