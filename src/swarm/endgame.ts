/**
 * Endgame (BEP 3): once every block that is missing is under way, a neighbour with nothing left to do is asked for one that
 * is under way elsewhere, so that the end does not wait for the slowest. Whoever is late is sent a cancel. The last block of
 * what was begun last is asked for first: those asked for long ago are about to come, and would come twice.
 *
 * Invariant: a neighbour is never asked twice for a block, and a block never of more than a few.
 */
import { LIMITS } from '../bytes/limits.ts';
import type { BlockRequest } from '../wire/messages.ts';
import type { Neighbour } from './neighbour.ts';
import type { PieceInProgress } from './piece-in-progress.ts';

/** Neighbours asked for the same block. */
const ASKERS = 3;

/**
 * What a source that brings blocks in a row is to bring of a piece: the first run of free ones, or where none is free, of
 * those that one other is asked for. Empty where nothing is left.
 */
export function blocksToJoin(piece: PieceInProgress): number[] {
  const blocks: number[] = [];
  if (piece.onlyFrom !== undefined && piece.free < piece.blockCount) return blocks;
  const mostAskers = piece.free > 0 ? 0 : 1;
  for (let block = 0; block < piece.blockCount; block++) {
    if (!piece.isReceived(block) && piece.askers(block) <= mostAskers) blocks.push(block);
    else if (blocks.length > 0) break;
  }
  return blocks;
}

/** The block under way that fewest are asked for and this idle neighbour could send; marked as asked of one more. */
export function endgameBlock(neighbour: Neighbour, inProgress: Iterable<PieceInProgress>): BlockRequest | undefined {
  if (neighbour.requests.size > 0) return undefined;
  let best: { piece: PieceInProgress; block: number } | undefined;
  let fewest = ASKERS;
  for (const piece of [...inProgress].toReversed()) {
    if (!neighbour.pieces.has(piece.piece) || piece.onlyFrom !== undefined) continue;
    if (neighbour.peerChoking && !neighbour.allowedFast.has(piece.piece)) continue;
    for (let block = piece.blockCount - 1; block >= 0 && fewest > 1; block--) {
      if (piece.isReceived(block) || piece.askers(block) >= fewest) continue;
      fewest = piece.askers(block);
      best = { piece, block };
    }
    if (fewest === 1) break;
  }
  if (best === undefined) return undefined;
  best.piece.ask(best.block);
  return { piece: best.piece.piece, begin: best.block * LIMITS.blockBytes, length: best.piece.blockLength(best.block) };
}
