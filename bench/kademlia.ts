/**
 * Kademlia in virtual time: `npm run bench -- kademlia`, or `node bench/kademlia.ts > docs/kademlia-figures.md`. Everything is
 * drawn from fixed seeds, so another run gives the same numbers; `--quick` leaves out the large networks.
 */
import { lookUpAmongLiars, lookUpFromAll, lookUpUnderChurn, measureLookups, type LookupResults } from '../src/lab/kademlia-experiments.ts';
import { KademliaNetwork } from '../src/lab/kademlia-network.ts';

const MINUTE_MS = 60_000;
const isQuick = process.argv.includes('--quick');
const sizes = isQuick ? [64, 256, 1024] : [64, 256, 1024, 4096, 16_384];
const large = isQuick ? 1000 : 10_000;
const churnMinutes = isQuick ? 30 : 120;

const lines: string[] = [
  '# Kademlia in figures',
  '',
  'Made with `node bench/kademlia.ts > docs/kademlia-figures.md`: the DHT node of `src/discovery/kademlia/` in virtual time, each',
  'on a simulated host of its own, with round trips of 40 to 320 ms. Nodes join one after the other through three that are there.',
  'A lookup looks for the peers of a torrent that one node has announced; it succeeds if it finds that peer. Messages are queries',
  'and answers together. (How many queries a node answers a second, beside another: `npm run bench -- dht-queries`, in the README.)',
  '',
];

await growth();
await fromEveryNode();
await churn();
await liars();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
lines.push(`All of it took ${Math.round((userCPUTime + systemCPUTime) / 1e6)} s of processor time and ${Math.round(maxRSS / 1024)} MiB.`, '');
process.stdout.write(lines.join('\n'));

async function growth(): Promise<void> {
  lines.push('## Lookups by size of the network', '', 'k = 8, α = 3.', '');
  header('nodes', 'log2 N');
  for (const nodes of sizes) row([count(nodes), Math.log2(nodes).toFixed(0)], await measureLookups(await KademliaNetwork.of(nodes), 50, 1000));
  lines.push('');
}

async function fromEveryNode(): Promise<void> {
  lines.push('## From every node', '', 'Every node looks for one of 50 torrents; once with all datagrams arriving, once with 3 % lost.', '');
  header('nodes', 'lost');
  for (const lossRate of [0, 0.03]) row([count(large), share(lossRate)], await lookUpFromAll(await KademliaNetwork.of(large, { faults: { lossRate } }), 50));
  lines.push('');
}

async function churn(): Promise<void> {
  lines.push('## While nodes come and go', '', `So many minutes for half of the nodes to be replaced, who leave without a word; over ${churnMinutes} minutes. Peers announce themselves every 15.`, '');
  header('nodes', 'half replaced in');
  for (const minutes of [60, 30, 10]) {
    const network = await KademliaNetwork.of(1000);
    const results = await lookUpUnderChurn(network, { replacementMs: minutes * MINUTE_MS, durationMs: churnMinutes * MINUTE_MS, keys: 50, lookups: 1000 });
    row([count(1000), `${minutes} min`], results);
  }
  lines.push('');
}

async function liars(): Promise<void> {
  lines.push(
    '## Among liars', '',
    'A share of the nodes joins honestly and then lies about every target: that the nearest nodes are ones that do not exist, or that',
    'they are the liars themselves under ids made up for the occasion. They make up peers too. Ids bound to addresses (BEP 42) are',
    'preferred, as they are by default; the last line is without that: whoever may take any id is nearest to whatever is looked for,',
    'and no honest node is asked for what it holds. On local networks, where any id is as good as another, it is as in that line.', '',
  );
  header('nodes', 'liars');
  for (const [lie, what] of [['nobody', 'name nobody'], ['ourselves', 'name themselves']] as const) {
    for (const liarShare of [0.1, 0.3]) row([count(1000), `${share(liarShare)} ${what}`], await lookUpAmongLiars(1000, { lie, liarShare, keys: 50, lookups: 1000 }));
  }
  const unchecked = { lie: 'ourselves', liarShare: 0.1, keys: 50, lookups: 1000, nodeOptions: { policy: 'off' } } as const;
  row([count(1000), '10 % name themselves, ids not checked'], await lookUpAmongLiars(1000, unchecked));
  lines.push('');
}

function header(...cells: string[]): void {
  const all = [...cells, 'hops', 'messages', 'seconds', 'lookups', 'succeeded'];
  lines.push(`| ${all.join(' | ')} |`, `| ${all.map(() => '--:').join(' | ')} |`);
}

function row(cells: readonly string[], { meanHops, meanMessages, meanMs, lookups, foundShare }: LookupResults): void {
  const all = [...cells, meanHops.toFixed(2), meanMessages.toFixed(1), (meanMs / 1000).toFixed(2), count(lookups), share(foundShare)];
  lines.push(`| ${all.join(' | ')} |`);
  process.stderr.write(`${all.join('  ')}\n`);
}

function share(value: number): string {
  return `${+(value * 100).toFixed(2)} %`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
