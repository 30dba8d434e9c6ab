/** Everybody gets something from Shoal, and Shoal something from everybody, by nothing but magnet links and one way to find peers. */
import type { Client, Part, RunningClient, Way } from './client.ts';
import { OTHERS } from './clients.ts';
import type { Network } from './network-namespace.ts';
import { assertWhole, makePayload, type Payload } from './payload.ts';
import { createWithShoal, shoal } from './shoal.ts';

/** All at once, each on hosts of its own. `name` keeps exchanges in one network apart. */
export async function exchange(network: Network, name: string, way: Way, patienceMs: number): Promise<void> {
  const pairs = OTHERS.flatMap((client) => [{ seeder: client, leecher: shoal }, { seeder: shoal, leecher: client }]);
  await Promise.all(pairs.map(async (pair) => {
    const { payload, leecher } = await startTransfer(network, pair, { name, way, patienceMs });
    await leecher.whenWhole(patienceMs);
    await assertWhole(payload, leecher, pair.leecher);
  }));
}

/** Of a torrent that nobody else has. */
async function startTransfer(
  network: Network,
  { seeder, leecher }: { readonly seeder: Client; readonly leecher: Client },
  { name, way, patienceMs }: { readonly name: string; readonly way: Way; readonly patienceMs: number },
): Promise<{ readonly payload: Payload; readonly leecher: RunningClient }> {
  const [seedHost, leecherHost] = network.addHosts(2);
  const seedDirectory = seedHost.folder('files');
  const payload = await makePayload(seedDirectory, { [`${seeder.name} to ${leecher.name}, ${name}.bin`]: 1_000_000 });
  const { torrent, magnet } = await createWithShoal(seedHost, payload, 'v1');
  const start = (client: Client, part: Pick<Part, 'host' | 'role' | 'source' | 'directory'>): Promise<RunningClient> => client.start({ ...part, way });
  const seed = await start(seeder, { host: seedHost, role: 'seed', source: torrent, directory: seedDirectory });
  await seed.whenWhole(patienceMs);
  return { payload, leecher: await start(leecher, { host: leecherHost, role: 'leecher', source: magnet, directory: leecherHost.folder('files') }) };
}
