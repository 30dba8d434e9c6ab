/**
 * All benches one after the other, or those named: `npm run bench [-- NAME…]`. Each is a program of its own and prints a
 * table; what it compares with is left out where it is not installed (npm ci --prefix bench/rivals; aria2 and libtorrent
 * from the system).
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const BENCHES: Readonly<Record<string, string>> = {
  download: 'one peer from one seed: rate, processor time, memory',
  swarm: 'one seed and ten leechers on limited links, beside the bound (needs root)',
  'dht-queries': 'DHT queries answered on one core',
  kademlia: 'lookups in Kademlia networks of up to 16,384 nodes, in virtual time',
  ring: 'lookups in rings of up to 16,384 peers beside the Chord paper\'s figures, in virtual time',
};

const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in BENCHES));
if (unknown !== undefined) {
  process.stderr.write(`bench: there is no '${unknown}', only ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
for (const [name, what] of Object.entries(BENCHES)) {
  if (named.length > 0 && !named.includes(name)) continue;
  process.stdout.write(`\n## ${name}: ${what}\n\n`);
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, `${name}.ts`)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
