/**
 * Nodes of the DHT that lie: honest in joining, so that others take them for neighbours, and false in what they answer about
 * any target.
 */
import { type Encodable, field } from '../bytes/bencode.ts';
import { endpointToCompact, type Endpoint } from '../bytes/endpoint.ts';
import { Contact, formatContacts } from '../discovery/kademlia/contact.ts';
import { type Answer, decodeMessage, encodeAnswer, type Query } from '../discovery/kademlia/krpc.ts';
import type { DatagramSocket, Network } from '../runtime/network.ts';
import { type Random, sample } from '../runtime/random.ts';

/**
 * What a liar says: that the nodes nearest to any target are ones that do not exist; or that they are the liars themselves,
 * under ids made up for the occasion, which they then give as theirs. Either way it makes up peers too.
 */
export type Lie = 'nobody' | 'ourselves';

/** Nodes, and peers, in one false answer. */
const NODES = 8;
const PEERS = 20;

/** All who lie together. */
export class Conspiracy {
  readonly endpoints: Endpoint[] = [];
  readonly #lie: Lie;
  readonly #random: Random;
  readonly #freshAddress: () => string;

  /** @param freshAddress gives addresses where nobody is */
  constructor(lie: Lie, random: Random, freshAddress: () => string) {
    this.#lie = lie;
    this.#random = random;
    this.#freshAddress = freshAddress;
  }

  /** A network on which whatever a node answers about a target is turned into a lie on its way out. */
  corrupt(network: Network, endpoint: Endpoint): Network {
    this.endpoints.push(endpoint);
    return new Proxy(network, {
      get: (target, name) => {
        if (name === 'bindDatagrams') return async (where: Parameters<Network['bindDatagrams']>[0]) => this.#lyingSocket(await target.bindDatagrams(where), endpoint);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  #lyingSocket(socket: DatagramSocket, liar: Endpoint): DatagramSocket {
    // A node answers within the call that hands it the query, so that what it sends then can be known for the answer.
    let answering: Query | undefined;
    return {
      endpoint: socket.endpoint,
      receive: (handler) => socket.receive((bytes, from) => {
        const message = decodeMessage(bytes);
        answering = message?.kind === 'query' ? message : undefined;
        handler(bytes, from);
        answering = undefined;
      }),
      send: (bytes, to) => {
        const answer = answering === undefined ? undefined : decodeMessage(bytes);
        socket.send(answering !== undefined && answer?.kind === 'answer' ? this.#lieAbout(answering, answer, liar, to) : bytes, to);
      },
      close: () => socket.close(),
    };
  }

  /** The answer with its nodes and peers made up, and in a conspiracy of ids its id too. */
  #lieAbout({ args, transaction }: Query, { results }: Answer, liar: Endpoint, asker: Endpoint): Uint8Array {
    const target = field.bytes(args, 'target') ?? field.bytes(args, 'info_hash');
    const lies = new Map<string, Encodable>(results);
    if (target !== undefined && results.has('nodes')) {
      const named = this.#lie === 'ourselves'
        ? sample(this.#random, this.endpoints, NODES)
        : Array.from({ length: NODES }, () => ({ host: this.#freshAddress(), port: liar.port }));
      const contacts = named.map((endpoint) => Contact.of(idNear(target, endpoint), endpoint)).filter((contact) => contact !== undefined);
      lies.set('nodes', formatContacts(contacts, 4));
      if (this.#lie === 'ourselves') lies.set('id', idNear(target, liar));
      if (args.has('info_hash')) lies.set('values', Array.from({ length: PEERS }, () => this.#madeUpPeer()));
    }
    return encodeAnswer(transaction, lies, endpointToCompact(asker) ?? new Uint8Array(6));
  }

  #madeUpPeer(): Uint8Array {
    return endpointToCompact({ host: this.#freshAddress(), port: 6881 }) ?? new Uint8Array(6);
  }
}

/** An id next to the target, always the same for one endpoint. */
function idNear(target: Uint8Array, endpoint: Endpoint): Uint8Array {
  const id = Uint8Array.from(target);
  id.set(endpointToCompact(endpoint)?.subarray(0, 4) ?? [], id.length - 4);
  return id;
}
