/**
 * The ring in virtual time beside the figures of the Chord paper: `node bench/ring.ts > docs/ring-figures.md`. Everything is
 * drawn from fixed seeds, so another run gives the same numbers; `--quick` leaves out the large rings.
 */
import {
  AFTER_FAILURES, FAILING_RING, measureAfterFailures, measurePathLengths, measureProduction, measureWalks, PATH_LENGTHS, type Measured,
} from '../src/lab/ring-experiments.ts';

const isQuick = process.argv.includes('--quick');
const sizes = isQuick ? [64, 256, 1024] : [64, 256, 1024, 4096, 16_384];
/** Fewer rings where they are large: their means differ less. */
const ringsOf = (peers: number): number => Math.max(1, Math.min(40, Math.round(16_384 / peers)));
const lookupsOf = (peers: number): number => Math.max(peers, 1000);

const lines: string[] = [
  '# The ring in figures',
  '',
  'Made with `node bench/ring.ts > docs/ring-figures.md`: production\'s ring (`src/discovery/ring/`) in virtual time, beside the',
  'figures of the Chord paper (Stoica and others, IEEE/ACM Transactions on Networking 11(1), 2003), which were measured on one',
  'ring each. Each of ours is the mean of several rings with other ids; ± is the standard deviation from one ring to the next,',
  'which is the sampling error of a figure that was measured on one ring. The tables are set as stabilising leaves them; that',
  'it does, whatever happens, is what `src/discovery/ring/ring-churn.test.ts` is for.',
  '',
];

await pathLengths();
await failures();
await walks();
await production();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
lines.push(`All of it took ${Math.round((userCPUTime + systemCPUTime) / 1e6)} s of processor time and ${Math.round(maxRSS / 1024)} MiB.`, '');
process.stdout.write(lines.join('\n'));

async function pathLengths(): Promise<void> {
  lines.push(
    '## Path length', '',
    'Iterative lookups of random keys, fingers exact, one successor, nothing learnt. Counted are the peers that answered up to the',
    'key\'s predecessor, as in the paper. ½ log2 N is the expectation.', '',
  );
  row('N', '½ log2 N', 'the paper', 'Shoal', 'paper less Shoal', 'rings × lookups', 'right owner');
  row('--:', '--:', '--:', '--:', '--:', '--:', '--:');
  for (const peers of sizes) {
    const { hops, rings, lookups, correct } = await measurePathLengths(peers, ringsOf(peers), lookupsOf(peers));
    const paper = PATH_LENGTHS.find((figure) => figure.peers === peers)?.hops;
    row(count(peers), (Math.log2(peers) / 2).toFixed(2), paper?.toFixed(2) ?? '–', show(hops), deviations(paper, hops), `${rings} × ${count(lookups / rings)}`, share(correct));
  }
  lines.push('');
}

async function failures(): Promise<void> {
  lines.push(
    '## After simultaneous failures', '',
    `Of ${count(FAILING_RING.peers)} peers with ${FAILING_RING.successors} successors each, a share fails at once; then every other peer looks up one key, nobody having mended anything.`,
    'Counted are the peers that answered, the responsible one included, and those asked that had failed. Within one lookup Shoal',
    'asks nobody twice who was silent once.', '',
  );
  row('failed', 'hops: the paper', 'Shoal', 'paper less Shoal', 'timeouts: the paper', 'Shoal', 'paper less Shoal', 'lookups', 'right owner');
  row('--:', '--:', '--:', '--:', '--:', '--:', '--:', '--:', '--:');
  for (const paper of AFTER_FAILURES) {
    const { hops, timeouts, lookups, correct } = await measureAfterFailures(paper.failed, isQuick ? 4 : 20);
    row(
      share(paper.failed), paper.hops.toFixed(2), show(hops), deviations(paper.hops, hops),
      paper.timeouts.toFixed(2), show(timeouts), deviations(paper.timeouts, timeouts), count(lookups), share(correct),
    );
  }
  lines.push('');
}

async function walks(): Promise<void> {
  lines.push('## Without shortcuts', '', 'From successor to successor. The expectation of the peers up to the key\'s predecessor is (N - 1) / 2.', '');
  row('N', '(N - 1) / 2', 'Shoal', 'rings × lookups', 'right owner');
  row('--:', '--:', '--:', '--:', '--:');
  for (const peers of [64, 256]) {
    const { hops, rings, lookups, correct } = await measureWalks(peers, 10, 500);
    row(count(peers), ((peers - 1) / 2).toFixed(1), show(hops), `${rings} × ${count(lookups / rings)}`, share(correct));
  }
  lines.push('');
}

async function production(): Promise<void> {
  lines.push(
    '## As it is by default', '',
    '8 successors, the predecessors known as well, implausible arcs checked, the responsible peer asked and counted; nothing learnt',
    'but by the lookups counted here.', '',
  );
  row('N', 'Shoal', 'rings × lookups', 'right owner');
  row('--:', '--:', '--:', '--:');
  for (const peers of sizes) {
    const { hops, rings, lookups, correct } = await measureProduction(peers, Math.min(4, ringsOf(peers)), peers);
    row(count(peers), show(hops), `${rings} × ${count(lookups / rings)}`, share(correct));
  }
  lines.push('');
}

function row(...cells: string[]): void {
  lines.push(`| ${cells.join(' | ')} |`);
  if (!cells[0].startsWith('-')) process.stderr.write(`${cells.join('  ')}\n`);
}

function show({ mean, deviation }: Measured): string {
  return Number.isNaN(deviation) ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${deviation.toFixed(2)}`;
}

/** How far the paper's figure is from the mean, in sampling errors. */
function deviations(paper: number | undefined, { mean, deviation }: Measured): string {
  if (paper === undefined || Number.isNaN(deviation)) return '–';
  return deviation === 0 ? (paper - mean).toFixed(2) : `${((paper - mean) / deviation).toFixed(1)} σ`;
}

function share(value: number): string {
  return `${+(value * 100).toFixed(3)} %`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
