/** The outside world, whole: what a session is given, and all that it may touch. */
import type { Clock } from './clock.ts';
import type { Disk } from './disk.ts';
import type { Hasher } from './hasher.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';

export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly disk: Disk;
  readonly hasher: Hasher;
}
