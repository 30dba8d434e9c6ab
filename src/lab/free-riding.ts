/** The choking policy of those who only take: nobody is ever unchoked. */
import type { ChokingPolicy } from '../swarm/choking-policy.ts';

const NOBODY: ReadonlySet<never> = new Set();

export const FREE_RIDING: ChokingPolicy = { slots: 0, choose: () => NOBODY };
