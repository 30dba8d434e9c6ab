/**
 * Who spoilt a piece? A piece that fails its hash was spoilt by one of those who sent its blocks. If that was one neighbour,
 * it is he. If they were several, the blocks' digests are remembered until the piece has been had whole: whoever sent a
 * block that differs from the good one is guilty, also if he has long left.
 *
 * Invariant: nobody is named whose every block was good.
 */
import { equalBytes } from '../bytes/compare.ts';
import { sha1 } from '../bytes/digest.ts';
import { keepNewest } from '../bytes/keep-newest.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { PieceInProgress } from './piece-in-progress.ts';

interface SuspectBlock {
  readonly block: number;
  readonly host: string;
  readonly digest: Uint8Array;
}

export class Suspects {
  /** By serial: the address of who sent something, or a web seed's URL; the latest last. */
  readonly #hosts = new Map<number, string>();
  /** By piece: the blocks of its failed attempts. */
  readonly #blocks = new Map<number, SuspectBlock[]>();

  /** A neighbour, or a web seed, may send blocks from now on. */
  remember(serial: number, host: string): void {
    this.#hosts.set(serial, host);
    keepNewest(this.#hosts, LIMITS.rememberedSenders);
  }

  /** The piece's bytes were not what its hash says. Gives the addresses that are guilty beyond doubt. */
  failed(attempt: PieceInProgress, bytes: Uint8Array): string[] {
    const only = this.#onlySenderOf(attempt);
    if (only !== undefined) return [only];
    const blocks = this.#blocks.get(attempt.piece) ?? [];
    for (let block = 0; block < attempt.blockCount; block++) {
      const host = this.#hosts.get(attempt.senders[block]);
      if (host !== undefined) blocks.push({ block, host, digest: digestOf(attempt, bytes, block) });
    }
    this.#blocks.set(attempt.piece, blocks);
    keepNewest(this.#blocks, LIMITS.suspectPieces);
    return [];
  }

  /** The piece is whole and good. Gives the addresses that had sent something else for it. */
  verified(attempt: PieceInProgress, bytes: Uint8Array): string[] {
    const blocks = this.#blocks.get(attempt.piece);
    if (blocks === undefined) return [];
    this.#blocks.delete(attempt.piece);
    const good = new Map<number, Uint8Array>();
    const guilty = new Set<string>();
    for (const { block, host, digest } of blocks) {
      const right = good.get(block) ?? digestOf(attempt, bytes, block);
      good.set(block, right);
      if (!equalBytes(digest, right)) guilty.add(host);
    }
    return [...guilty];
  }

  /** Whether the piece has failed before and nobody has been found guilty of it yet. */
  isSuspect(piece: number): boolean {
    return this.#blocks.has(piece);
  }

  /** Undefined where there were several, or somebody who is forgotten was among them. */
  #onlySenderOf({ senders }: PieceInProgress): string | undefined {
    const first = this.#hosts.get(senders[0]);
    return senders.every((serial) => this.#hosts.get(serial) === first) ? first : undefined;
  }
}

function digestOf(attempt: PieceInProgress, bytes: Uint8Array, block: number): Uint8Array {
  const begin = block * LIMITS.blockBytes;
  return sha1(bytes.subarray(begin, begin + attempt.blockLength(block)));
}
