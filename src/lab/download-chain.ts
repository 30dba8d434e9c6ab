/**
 * A swarm small enough to be solved exactly: N clients fetch K blocks from one source and from each other, each missing block
 * at a random time with rate μ·min(s, 1 + clients that have it), s the most sources that count. It is the peer-to-peer case
 * study of the PRISM model checker, a continuous-time Markov chain; what it computes by model checking is computed here by
 * hand, and simulated, so that the laboratory's arithmetic and randomness can be held against known numbers.
 *
 * Invariant: a block's rate depends on that block alone. Hence blocks are independent of one another, and the whole chain is
 * described by how many clients have each block.
 */
import type { Random } from '../runtime/random.ts';

export interface DownloadChain {
  /** N, those who begin with nothing; one more has everything. */
  readonly clientCount: number;
  /** K. */
  readonly blockCount: number;
  /** μ: downloads a unit of time from one source. */
  readonly rate: number;
  /** s: more sources than this make a block come no faster. */
  readonly maxSources: number;
}

/** PRISM's example: 4 clients, 5 blocks. */
export const PRISM_CHAIN: DownloadChain = { clientCount: 4, blockCount: 5, rate: 2, maxSources: 4 };

/** The rate at which the next of the clients without a block gets it, when `holders` of them have it. */
function nextRate(chain: DownloadChain, holders: number): number {
  return (chain.clientCount - holders) * chain.rate * Math.min(chain.maxSources, 1 + holders);
}

/**
 * The mean time until every client has every block. Exact: the chain only ever moves up, so the mean time from a state is one
 * step's plus the weighted mean of its successors'. States are how many blocks have how many holders: C(N + K, K) of them.
 */
export function meanCompletionTime(chain: DownloadChain): number {
  const known = new Map<string, number>();
  const from = (blocksByHolders: readonly number[]): number => {
    const key = blocksByHolders.join();
    const before = known.get(key);
    if (before !== undefined) return before;
    let totalRate = 0;
    let weighted = 0;
    for (let holders = 0; holders < chain.clientCount; holders++) {
      if (blocksByHolders[holders] === 0) continue;
      const rate = blocksByHolders[holders] * nextRate(chain, holders);
      totalRate += rate;
      weighted += rate * from(blocksByHolders.with(holders, blocksByHolders[holders] - 1).with(holders + 1, blocksByHolders[holders + 1] + 1));
    }
    const time = totalRate === 0 ? 0 : (1 + weighted) / totalRate;
    known.set(key, time);
    return time;
  };
  return from(Array.from({ length: chain.clientCount + 1 }, (_, holders) => (holders === 0 ? chain.blockCount : 0)));
}

/** The probability that every client has every block by `time`: one block's, to the power of their number. */
export function completionProbability(chain: DownloadChain, time: number): number {
  return blockProbability(chain, time) ** chain.blockCount;
}

/** What is left out of the sum over the number of events. */
const TAIL = 1e-15;

/** The probability that one block has reached all by `time`, by uniformisation: a Poisson number of steps of one jump chain. */
function blockProbability(chain: DownloadChain, time: number): number {
  const rates = Array.from({ length: chain.clientCount }, (_, holders) => nextRate(chain, holders));
  const stepRate = Math.max(...rates);
  let atHolders = [1, ...rates.map(() => 0)];
  let logWeight = -stepRate * time;
  let left = 1;
  let done = 0;
  for (let step = 0; left > TAIL && step < 1e6; step++) {
    const weight = Math.exp(logWeight);
    done += weight * atHolders[chain.clientCount];
    left -= weight;
    atHolders = atHolders.map((share, holders) =>
      share * (1 - (rates[holders] ?? 0) / stepRate) + (holders === 0 ? 0 : (atHolders[holders - 1] * rates[holders - 1]) / stepRate));
    logWeight += Math.log((stepRate * time) / (step + 1));
    // Once the mean number of steps is passed and the weights are gone, rounding may keep `left` above the tail.
    if (step > stepRate * time && weight < TAIL) break;
  }
  return Math.min(1, done);
}

/** One run, every client and block for itself: the time until every client has every block. */
export function simulateChain(chain: DownloadChain, random: Random): number {
  const holders = Array.from({ length: chain.blockCount }, () => 0);
  let time = 0;
  for (let downloads = chain.clientCount * chain.blockCount; downloads > 0; downloads--) {
    const rates = holders.map((count) => nextRate(chain, count));
    const totalRate = rates.reduce((sum, rate) => sum + rate, 0);
    time -= Math.log(1 - random.fraction()) / totalRate;
    let draw = random.fraction() * totalRate;
    const block = rates.findIndex((rate) => (draw -= rate) < 0);
    holders[block < 0 ? rates.findLastIndex((rate) => rate > 0) : block] += 1;
  }
  return time;
}
