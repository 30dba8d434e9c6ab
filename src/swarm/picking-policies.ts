/**
 * The piece pickers by name: `rarest-first` is production's; `sequential` serves streaming; `random` is there to be compared.
 */
import type { Random } from '../runtime/random.ts';
import type { PiecePicker } from './piece-picker.ts';
import { RarestFirst } from './rarest-first.ts';
import { Sequential } from './sequential.ts';

export type PickingPolicy = 'rarest-first' | 'random' | 'sequential';

export const PICKING_POLICIES: Readonly<Record<PickingPolicy, (pieceCount: number, random: Random) => PiecePicker>> = {
  'rarest-first': (pieceCount, random) => new RarestFirst(pieceCount, random),
  random: (pieceCount, random) => new RarestFirst(pieceCount, random, { ignoreRarity: true }),
  sequential: (pieceCount) => new Sequential(pieceCount),
};
