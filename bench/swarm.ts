/**
 * How long a swarm takes until everybody has the file: Shoal beside the clients of other makers, one seed and ten leechers
 * that all begin at once, each in a network namespace of its own with a limited uplink, beside the textbook's bound for such
 * links: `node bench/swarm.ts [PEERS] [MIB] [ROUNDS]`, as root.
 *
 * The clients take turns, round by round; a row is the medians of its rounds. Times are from before the leechers' programs
 * are started until the last, or half of them, say that they have everything. The uplinks' limits count the headers of TCP,
 * IP and Ethernet too, which is 4 % of what they carry; the bound knows nothing of those.
 */
import type { Client } from '../test/interop/client.ts';
import { OTHERS } from '../test/interop/clients.ts';
import { createWithLibtorrent } from '../test/interop/libtorrent.ts';
import { runInNamespaces } from '../test/interop/namespaces.ts';
import { inNetwork } from '../test/interop/network-namespace.ts';
import { assertWhole, copyPayload, makePayload, oneFile } from '../test/interop/payload.ts';
import { missingPrerequisites } from '../test/interop/prerequisites.ts';
import { SCRATCH_VARIABLE } from '../test/interop/scratch.ts';
import { shoal, startShoalTracker } from '../test/interop/shoal.ts';
import { clientServerTime, peerToPeerTime } from '../src/lab/distribution-time.ts';

const MEBIBYTE = 1024 * 1024;
const SEED_UP_BYTES_PER_SECOND = 10_000_000;
const PEER_UP_BYTES_PER_SECOND = 5_000_000;
const LONGEST_RUN_MS = 30 * 60_000;
/** A client that takes longer has failed. */
const PATIENCE_MS = 180_000;

const [peers = 10, mebibytes = 64, rounds = 3] = process.argv.slice(2).map(Number);

interface Round {
  readonly lastSeconds: number;
  readonly medianSeconds: number;
}

if (process.env[SCRATCH_VARIABLE] !== undefined) {
  await compare();
} else {
  const missing = missingPrerequisites();
  for (const line of missing) process.stderr.write(`bench swarm cannot run here: ${line}\n`);
  process.exitCode = missing.length > 0 ? 1 : await runInNamespaces([process.execPath, import.meta.filename, ...process.argv.slice(2)], LONGEST_RUN_MS);
}

async function compare(): Promise<void> {
  const measured = new Map<Client, Round[]>([shoal, ...OTHERS].map((client) => [client, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [client, all] of measured) all.push(await distribute(client));
  }
  const distribution = {
    fileBytes: mebibytes * MEBIBYTE,
    serverUpBytesPerSecond: SEED_UP_BYTES_PER_SECOND,
    peers: [{ count: peers, upBytesPerSecond: PEER_UP_BYTES_PER_SECOND, downBytesPerSecond: Number.POSITIVE_INFINITY }],
  };
  const bound = peerToPeerTime(distribution).seconds;
  process.stdout.write(`${mebibytes} MiB from one seed (10 MB/s up) to ${peers} leechers (5 MB/s up each); medians of ${rounds} rounds\n`);
  process.stdout.write(`the seed alone would need ${clientServerTime(distribution).seconds.toFixed(1)} s; the bound for peers is ${bound.toFixed(1)} s\n\n`);
  process.stdout.write('| client | last s | median s | bound / last |\n|---|---|---|---|\n');
  for (const [{ name }, all] of measured) {
    const last = median(all.map(({ lastSeconds }) => lastSeconds));
    process.stdout.write(`| ${name} | ${last.toFixed(1)} | ${median(all.map(({ medianSeconds }) => medianSeconds)).toFixed(1)} | ${(bound / last).toFixed(2)} |\n`);
  }
}

async function distribute(client: Client): Promise<Round> {
  let round: Round | undefined;
  await inNetwork(async (network) => {
    const payload = await makePayload(network.hub.folder('payload'), oneFile(mebibytes));
    const tracker = await startShoalTracker(network.hub);
    const { torrent } = await createWithLibtorrent(network.hub, payload, 'v1', [tracker.http]);
    const seedHost = network.addHost();
    const directory = seedHost.folder('files');
    await copyPayload(payload, directory);
    const seed = await client.start({ host: seedHost, source: torrent, directory, role: 'seed' });
    await seed.whenWhole();
    await tracker.whenPeers(1);
    const hosts = network.addHosts(peers);
    seedHost.limitUplink(SEED_UP_BYTES_PER_SECOND);
    for (const host of hosts) host.limitUplink(PEER_UP_BYTES_PER_SECOND);

    const startMs = performance.now();
    const seconds = await Promise.all(hosts.map(async (host) => {
      const leecher = await client.start({ host, source: torrent, directory: host.folder('files'), role: 'leecher' });
      await leecher.whenWhole(PATIENCE_MS);
      const tookSeconds = (performance.now() - startMs) / 1000;
      await assertWhole(payload, leecher);
      return tookSeconds;
    }));
    round = { lastSeconds: Math.max(...seconds), medianSeconds: median(seconds) };
  });
  if (round === undefined) throw new Error(`${client.name} has not been measured`);
  return round;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
