/**
 * A piece that has been begun and is not whole yet.
 *
 * Invariant: each block is in one state: free, asked of one or more neighbours, or received. `free` and `missing` count
 * the free ones and those not received.
 */
import { LIMITS } from '../bytes/limits.ts';

const RECEIVED = 255;

export class PieceInProgress {
  readonly piece: number;
  /** Bytes. */
  readonly size: number;
  readonly blockCount: number;
  free: number;
  missing: number;
  /** Where its blocks are gathered; undefined once memory has run short, when they go to disk one by one. */
  buffer: Uint8Array | undefined;
  /** After a failure: the one neighbour (by serial) that may send it, so that the guilty can be told. */
  onlyFrom: number | undefined;
  /** When a block last came. */
  touchedMs: number;
  /** For each block how many neighbours are asked for it, or RECEIVED. */
  readonly #askers: Uint8Array;
  /** For each block received, the serial of who sent it. */
  readonly #senders: Uint32Array;
  #firstFree = 0;

  constructor(piece: number, size: number, buffer: Uint8Array | undefined, nowMs: number) {
    this.piece = piece;
    this.size = size;
    this.blockCount = Math.ceil(size / LIMITS.blockBytes);
    this.free = this.blockCount;
    this.missing = this.blockCount;
    this.buffer = buffer;
    this.touchedMs = nowMs;
    this.#askers = new Uint8Array(this.blockCount);
    this.#senders = new Uint32Array(this.blockCount);
  }

  blockLength(block: number): number {
    return Math.min(LIMITS.blockBytes, this.size - block * LIMITS.blockBytes);
  }

  isReceived(block: number): boolean {
    return this.#askers[block] === RECEIVED;
  }

  /** How many neighbours are asked for the block now. */
  askers(block: number): number {
    return this.isReceived(block) ? 0 : this.#askers[block];
  }

  /** The first free block, marked as asked of one neighbour. There must be one. */
  takeFree(): number {
    while (this.#askers[this.#firstFree] !== 0) this.#firstFree += 1;
    const block = this.#firstFree;
    this.#askers[block] = 1;
    this.free -= 1;
    return block;
  }

  /** One more is asked for a block that is free, or under way elsewhere (endgame). */
  ask(block: number): void {
    if (this.#askers[block] === 0) this.free -= 1;
    this.#askers[block] += 1;
  }

  /** A neighbour will not send the block after all. Returns whether it is free now. */
  release(block: number): boolean {
    if (this.isReceived(block) || this.#askers[block] === 0) return false;
    this.#askers[block] -= 1;
    if (this.#askers[block] > 0) return false;
    this.free += 1;
    this.#firstFree = Math.min(this.#firstFree, block);
    return true;
  }

  receive(block: number, senderSerial: number, nowMs: number): void {
    if (this.#askers[block] === 0) this.free -= 1;
    this.#askers[block] = RECEIVED;
    this.#senders[block] = senderSerial;
    this.missing -= 1;
    this.touchedMs = nowMs;
  }

  /** Who sent each block, by serial. */
  get senders(): Uint32Array {
    return this.#senders;
  }

  /** The blocks that are here. */
  *received(): IterableIterator<number> {
    for (let block = 0; block < this.blockCount; block++) if (this.isReceived(block)) yield block;
  }
}
