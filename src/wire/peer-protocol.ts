/**
 * The peer wire protocol as bytes: a handshake, then messages with their lengths before them (BEP 3, 6, 10, 52).
 *
 * Invariant: whatever arrives, the decoder holds no more bytes than have arrived, and none past the longest message that
 * its kind may be. A message that is whole in the bytes given is read where it stands, without a copy.
 */
import { ShoalError } from '../bytes/errors.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { ByteOutput, Decoder, Protocol } from '../runtime/channel.ts';
import type { Capabilities, Handshake, HashRequest, PeerMessage } from './messages.ts';

/** A peer has said something that the protocol has no place for. It costs the peer its connection. */
export class WireError extends ShoalError {
  constructor(reason: string) {
    super('BAD_PEER_MESSAGE', `broke the peer protocol: ${reason}`);
  }
}

const PROTOCOL_NAME = Buffer.from('\x13BitTorrent protocol', 'latin1');
const HANDSHAKE_BYTES = 68;
/** Length and kind. */
const HEADER_BYTES = 5;
const HASH_FIELDS_BYTES = 48;
const HASH_BYTES = 32;

const ID = {
  choke: 0, unchoke: 1, interested: 2, 'not-interested': 3, have: 4, bitfield: 5, request: 6, piece: 7, cancel: 8, port: 9,
  suggest: 13, 'have-all': 14, 'have-none': 15, reject: 16, 'allowed-fast': 17, extended: 20,
  'hash-request': 21, hashes: 22, 'hash-reject': 23,
} as const;

/** By kind: how long a message may be, kind included. */
const LENGTHS: readonly (readonly [shortest: number, longest: number] | undefined)[] = (() => {
  const table: [number, number][] = [];
  for (const id of [ID.choke, ID.unchoke, ID.interested, ID['not-interested'], ID['have-all'], ID['have-none']]) table[id] = [1, 1];
  for (const id of [ID.have, ID.suggest, ID['allowed-fast']]) table[id] = [5, 5];
  for (const id of [ID.request, ID.cancel, ID.reject]) table[id] = [13, 13];
  for (const id of [ID['hash-request'], ID['hash-reject']]) table[id] = [1 + HASH_FIELDS_BYTES, 1 + HASH_FIELDS_BYTES];
  table[ID.port] = [3, 3];
  table[ID.bitfield] = [1, 1 + Math.ceil(LIMITS.pieces / 8)];
  table[ID.piece] = [9, 9 + LIMITS.blockBytes];
  table[ID.extended] = [2, LIMITS.extendedMessageBytes];
  table[ID.hashes] = [1 + HASH_FIELDS_BYTES, 1 + HASH_FIELDS_BYTES + LIMITS.hashesPerMessage * HASH_BYTES];
  return table;
})();
/** Kinds that nobody has told us of are passed over. */
const UNKNOWN_KIND: readonly [number, number] = [1, LIMITS.extendedMessageBytes];

const BARE = {
  keepAlive: { type: 'keep-alive' }, choke: { type: 'choke' }, unchoke: { type: 'unchoke' }, interested: { type: 'interested' },
  notInterested: { type: 'not-interested' }, haveAll: { type: 'have-all' }, haveNone: { type: 'have-none' },
} as const satisfies Record<string, PeerMessage>;

export const peerProtocol: Protocol<PeerMessage> = {
  encode,
  weigh,
  detach,
  decoder: () => new PeerDecoder(),
};

class PeerDecoder implements Decoder<PeerMessage> {
  #handshaken = false;
  /** The beginning of a message whose rest has not come yet. */
  #held = new Uint8Array(0);
  #heldBytes = 0;

  push(bytes: Uint8Array, receive: (message: PeerMessage) => boolean): void {
    let offset = 0;
    while (this.#heldBytes > 0) {
      const wanted = this.#frameLength(this.#held, 0, this.#heldBytes) ?? this.#headerLength(this.#heldBytes);
      const taken = Math.min(wanted - this.#heldBytes, bytes.length - offset);
      this.#hold(bytes.subarray(offset, offset + taken), wanted);
      offset += taken;
      const length = this.#frameLength(this.#held, 0, this.#heldBytes);
      if (length === this.#heldBytes) {
        this.#heldBytes = 0;
        if (!this.#deliver(this.#held, 0, length, receive)) return;
      } else if (offset === bytes.length) {
        return;
      }
    }
    for (;;) {
      const length = this.#frameLength(bytes, offset, bytes.length - offset);
      if (length === undefined || offset + length > bytes.length) break;
      if (!this.#deliver(bytes, offset, length, receive)) return;
      offset += length;
    }
    if (offset < bytes.length) this.#hold(bytes.subarray(offset), bytes.length - offset);
  }

  /** Bytes of the frame that begins at `offset`; undefined until enough of it is there to tell. */
  #frameLength(bytes: Uint8Array, offset: number, available: number): number | undefined {
    if (!this.#handshaken) {
      checkProtocolName(bytes, offset, available);
      return HANDSHAKE_BYTES;
    }
    if (available < 4) return undefined;
    const length = readUint32(bytes, offset);
    if (length === 0) return 4;
    if (available < HEADER_BYTES) return undefined;
    const id = bytes[offset + 4];
    const [shortest, longest] = LENGTHS[id] ?? UNKNOWN_KIND;
    if (length < shortest || length > longest) throw new WireError(`a message of kind ${id} and ${length} bytes`);
    return 4 + length;
  }

  #headerLength(heldBytes: number): number {
    return heldBytes < 4 ? 4 : HEADER_BYTES;
  }

  #hold(bytes: Uint8Array, wanted: number): void {
    const needed = this.#heldBytes + bytes.length;
    if (needed > this.#held.length) {
      // Room grows with what has arrived, never with what was announced.
      const grown = new Uint8Array(Math.min(Math.max(wanted, needed), Math.max(needed * 2, 1024)));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = needed;
  }

  #deliver(bytes: Uint8Array, offset: number, length: number, receive: (message: PeerMessage) => boolean): boolean {
    if (!this.#handshaken) {
      this.#handshaken = true;
      return receive(readHandshake(bytes, offset));
    }
    const message = length === 4 ? BARE.keepAlive : readMessage(bytes, offset + 4, offset + length);
    return message === undefined || receive(message);
  }
}

function checkProtocolName(bytes: Uint8Array, offset: number, available: number): void {
  const compared = Math.min(available, PROTOCOL_NAME.length);
  for (let index = 0; index < compared; index++) {
    if (bytes[offset + index] !== PROTOCOL_NAME[index]) throw new WireError('it did not begin with a BitTorrent handshake');
  }
}

function readHandshake(bytes: Uint8Array, offset: number): Handshake {
  return {
    type: 'handshake',
    infoHash: bytes.slice(offset + 28, offset + 48),
    peerId: bytes.slice(offset + 48, offset + HANDSHAKE_BYTES),
    supports: {
      extensions: (bytes[offset + 25] & 0x10) !== 0,
      fast: (bytes[offset + 27] & 0x04) !== 0,
      dht: (bytes[offset + 27] & 0x01) !== 0,
      v2: (bytes[offset + 27] & 0x10) !== 0,
    },
  };
}

/** The message whose kind stands at `start`; undefined for a kind unknown. */
function readMessage(bytes: Uint8Array, start: number, end: number): PeerMessage | undefined {
  const body = start + 1;
  switch (bytes[start]) {
    case ID.piece:
      return {
        type: 'piece', piece: readUint32(bytes, body), begin: readUint32(bytes, body + 4),
        length: end - body - 8, data: bytes.subarray(body + 8, end),
      };
    case ID.request: return { type: 'request', ...readBlock(bytes, body) };
    case ID.have: return { type: 'have', piece: readUint32(bytes, body) };
    case ID.choke: return BARE.choke;
    case ID.unchoke: return BARE.unchoke;
    case ID.interested: return BARE.interested;
    case ID['not-interested']: return BARE.notInterested;
    case ID.bitfield: return { type: 'bitfield', bytes: bytes.subarray(body, end) };
    case ID.cancel: return { type: 'cancel', ...readBlock(bytes, body) };
    case ID.port: return { type: 'port', port: (bytes[body] << 8) | bytes[body + 1] };
    case ID.suggest: return { type: 'suggest', piece: readUint32(bytes, body) };
    case ID['have-all']: return BARE.haveAll;
    case ID['have-none']: return BARE.haveNone;
    case ID.reject: return { type: 'reject', ...readBlock(bytes, body) };
    case ID['allowed-fast']: return { type: 'allowed-fast', piece: readUint32(bytes, body) };
    case ID.extended: return { type: 'extended', id: bytes[body], payload: bytes.subarray(body + 1, end) };
    case ID['hash-request']: return { type: 'hash-request', ...readHashRequest(bytes, body) };
    case ID['hash-reject']: return { type: 'hash-reject', ...readHashRequest(bytes, body) };
    case ID.hashes: {
      if ((end - body - HASH_FIELDS_BYTES) % HASH_BYTES !== 0) throw new WireError('a hash was cut short');
      return { type: 'hashes', ...readHashRequest(bytes, body), hashes: bytes.slice(body + HASH_FIELDS_BYTES, end) };
    }
    default: return undefined;
  }
}

function readBlock(bytes: Uint8Array, offset: number): { piece: number; begin: number; length: number } {
  return { piece: readUint32(bytes, offset), begin: readUint32(bytes, offset + 4), length: readUint32(bytes, offset + 8) };
}

function readHashRequest(bytes: Uint8Array, offset: number): HashRequest {
  return {
    piecesRoot: bytes.slice(offset, offset + 32),
    baseLayer: readUint32(bytes, offset + 32),
    index: readUint32(bytes, offset + 36),
    length: readUint32(bytes, offset + 40),
    proofLayers: readUint32(bytes, offset + 44),
  };
}

function encode(message: PeerMessage, output: ByteOutput): void {
  const bytes = output.claim(weigh(message));
  if (message.type === 'handshake') return writeHandshake(message, bytes);
  writeUint32(bytes, 0, bytes.length - 4);
  if (message.type === 'keep-alive') return;
  bytes[4] = ID[message.type];
  switch (message.type) {
    case 'have': case 'suggest': case 'allowed-fast':
      writeUint32(bytes, HEADER_BYTES, message.piece);
      break;
    case 'request': case 'cancel': case 'reject':
      writeUint32(bytes, HEADER_BYTES, message.piece);
      writeUint32(bytes, HEADER_BYTES + 4, message.begin);
      writeUint32(bytes, HEADER_BYTES + 8, message.length);
      break;
    case 'piece':
      writeUint32(bytes, HEADER_BYTES, message.piece);
      writeUint32(bytes, HEADER_BYTES + 4, message.begin);
      bytes.set(message.data, HEADER_BYTES + 8);
      break;
    case 'bitfield':
      bytes.set(message.bytes, HEADER_BYTES);
      break;
    case 'port':
      bytes[HEADER_BYTES] = message.port >>> 8;
      bytes[HEADER_BYTES + 1] = message.port & 0xff;
      break;
    case 'extended':
      bytes[HEADER_BYTES] = message.id;
      bytes.set(message.payload, HEADER_BYTES + 1);
      break;
    case 'hash-request': case 'hash-reject': case 'hashes':
      writeHashRequest(message, bytes);
      if (message.type === 'hashes') bytes.set(message.hashes, HEADER_BYTES + HASH_FIELDS_BYTES);
      break;
    default: // The bare ones are their kind alone.
  }
}

function writeHandshake({ infoHash, peerId, supports }: Handshake, bytes: Uint8Array): void {
  bytes.set(PROTOCOL_NAME);
  bytes.fill(0, 20, 28);
  bytes[25] = supports.extensions ? 0x10 : 0;
  bytes[27] = capabilityBits(supports);
  bytes.set(infoHash, 28);
  bytes.set(peerId, 48);
}

function capabilityBits({ fast, dht, v2 }: Capabilities): number {
  return (fast ? 0x04 : 0) | (dht ? 0x01 : 0) | (v2 ? 0x10 : 0);
}

function writeHashRequest(request: HashRequest, bytes: Uint8Array): void {
  bytes.set(request.piecesRoot, HEADER_BYTES);
  writeUint32(bytes, HEADER_BYTES + 32, request.baseLayer);
  writeUint32(bytes, HEADER_BYTES + 36, request.index);
  writeUint32(bytes, HEADER_BYTES + 40, request.length);
  writeUint32(bytes, HEADER_BYTES + 44, request.proofLayers);
}

/** Bytes of a message on the wire. */
function weigh(message: PeerMessage): number {
  switch (message.type) {
    case 'piece': return HEADER_BYTES + 8 + message.length;
    case 'have': case 'suggest': case 'allowed-fast': return HEADER_BYTES + 4;
    case 'request': case 'cancel': case 'reject': return HEADER_BYTES + 12;
    case 'bitfield': return HEADER_BYTES + message.bytes.length;
    case 'extended': return HEADER_BYTES + 1 + message.payload.length;
    case 'port': return HEADER_BYTES + 2;
    case 'hash-request': case 'hash-reject': return HEADER_BYTES + HASH_FIELDS_BYTES;
    case 'hashes': return HEADER_BYTES + HASH_FIELDS_BYTES + message.hashes.length;
    case 'handshake': return HANDSHAKE_BYTES;
    case 'keep-alive': return 4;
    default: return HEADER_BYTES;
  }
}

function detach(message: PeerMessage): PeerMessage {
  switch (message.type) {
    // Without payload there is nothing to copy.
    case 'piece': return message.data.length === 0 ? message : { ...message, data: message.data.slice() };
    case 'bitfield': return { ...message, bytes: message.bytes.slice() };
    case 'extended': return { ...message, payload: message.payload.slice() };
    default: return message;
  }
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3]) >>> 0;
}

function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}
