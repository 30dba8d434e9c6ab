/** A whole `Runtime` for one simulated host. */
import { sha1, sha256Blocks } from '../../bytes/digest.ts';
import type { Hasher, PieceHasher } from '../hasher.ts';
import type { Runtime } from '../runtime.ts';
import { MemoryDisk } from './disk.ts';
import type { SimulatedHost } from './network.ts';

const pieceHasher: PieceHasher = {
  sha1: async (bytes) => sha1(bytes),
  sha256Blocks: async (bytes) => sha256Blocks(bytes),
};

/** Hashes what is there, at once. */
export const plainHasher: Hasher = { ...pieceHasher, thrifty: pieceHasher };

/** The runtime of `host`: its links, the simulation's time, randomness of its own, and a disk in memory unless given one. */
export function simulatedRuntime(host: SimulatedHost, parts: Partial<Runtime> = {}): Runtime {
  return {
    clock: host.clock,
    random: host.clock.random.fork(),
    network: host,
    disk: new MemoryDisk(),
    hasher: plainHasher,
    ...parts,
  };
}
