/** A whole `Runtime` for one simulated host. */
import { sha1, sha256 } from '../../bytes/digest.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { Hasher } from '../hasher.ts';
import type { Runtime } from '../runtime.ts';
import { MemoryDisk } from './disk.ts';
import type { SimulatedHost } from './network.ts';

/** Hashes what is there, at once. */
export const plainHasher: Hasher = {
  sha1: async (bytes) => sha1(bytes),
  sha256Blocks: async (bytes) => {
    const hashes: Uint8Array[] = [];
    for (let offset = 0; offset < bytes.length; offset += LIMITS.blockBytes) {
      hashes.push(sha256(bytes.subarray(offset, offset + LIMITS.blockBytes)));
    }
    return Buffer.concat(hashes);
  },
};

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
