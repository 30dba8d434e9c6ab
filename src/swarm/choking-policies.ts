/**
 * The choking policies by name: `adaptive` is production's, `textbook` the one of the books, and `random` unchokes without
 * regard to who gives, to be compared with them.
 */
import { AdaptiveChoking } from './adaptive-choking.ts';
import type { ChokingPolicy } from './choking-policy.ts';
import { RandomChoking } from './random-choking.ts';
import { TitForTat } from './tit-for-tat.ts';

export type ChokingPolicyName = 'adaptive' | 'textbook' | 'random';

export const CHOKING_POLICIES: Readonly<Record<ChokingPolicyName, () => ChokingPolicy>> = {
  adaptive: () => new AdaptiveChoking(),
  textbook: () => new TitForTat(),
  random: () => new RandomChoking(),
};
