/** The outside world of a real machine, whole. */
import type { Runtime } from '../runtime.ts';
import { nodeClock } from './clock.ts';
import { nodeDisk } from './disk.ts';
import { nodeHasher } from './hasher.ts';
import { nodeNetwork } from './network.ts';
import { nodeRandom } from './random.ts';

export function nodeRuntime(): Runtime {
  return { clock: nodeClock, random: nodeRandom, network: nodeNetwork, disk: nodeDisk, hasher: nodeHasher() };
}
