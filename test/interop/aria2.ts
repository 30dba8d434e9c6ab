/** aria2 as Debian has it, steered by its JSON-RPC. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { formatEndpoint } from '../../src/bytes/endpoint.ts';
import { bootstrapOf, PEER_PORT, type Client, type StartDhtNode } from './client.ts';
import type { Host } from './network-namespace.ts';
import type { Program } from './program.ts';

const RPC_PORT = 6800;

/** One transfer, as aria2 tells of it: figures are decimal text. */
interface Transfer {
  readonly completedLength: string;
  readonly uploadLength: string;
  /** `true` once it has everything and only gives. */
  readonly seeder?: string;
  readonly errorMessage?: string;
}

export const aria2: Client = {
  name: 'aria2',
  async start({ host, source, directory, role, uploadBytesPerSecond = 0, way }) {
    const bootstrap = bootstrapOf(way);
    const { program, url } = await startDaemon(host, [
      `--dir=${directory}`, `--max-overall-upload-limit=${uploadBytesPerSecond}`, `--check-integrity=${role === 'seed'}`,
      `--bt-enable-lpd=${way === 'local'}`, `--enable-peer-exchange=${way === undefined}`,
      ...(bootstrap === undefined ? [] : [`--dht-entry-point=${formatEndpoint(bootstrap)}`]),
    ]);
    if (source.startsWith('magnet:')) await call(url, 'aria2.addUri', [source]);
    else await call(url, 'aria2.addTorrent', (await readFile(source)).toString('base64'));
    // The metadata of a magnet link is a transfer of its own, with another behind it.
    const transfers = async (): Promise<Transfer[]> => {
      const active = await call(url, 'aria2.tellActive') as Transfer[];
      const stopped = await call(url, 'aria2.tellStopped', 0, 10) as Transfer[];
      const failed = stopped.find(({ errorMessage }) => errorMessage !== undefined && errorMessage !== '');
      if (failed !== undefined) throw new Error(`${program.name} failed: ${failed.errorMessage}`);
      return active;
    };
    return {
      name: program.name,
      directory,
      endpoint: { host: host.address, port: PEER_PORT },
      whenWhole: async (patienceMs) => { await program.until('the whole torrent', async () => (await transfers()).some(({ seeder }) => seeder === 'true'), patienceMs); },
      totals: async () => {
        const [transfer] = await transfers();
        return { downloaded: Number(transfer?.completedLength ?? 0), uploaded: Number(transfer?.uploadLength ?? 0) };
      },
      // At any other signal it leaves without a goodbye to its trackers.
      stop: async () => { await program.stop('SIGINT'); },
    };
  },
};

export const startAria2Node: StartDhtNode = async (host) => {
  const { url } = await startDaemon(host, []);
  // It takes part in the DHT only while it looks for something.
  await call(url, 'aria2.addUri', [`magnet:?xt=urn:btih:${'0'.repeat(39)}1`]);
  return { host: host.address, port: PEER_PORT };
};

/** Resolves once it takes orders. */
async function startDaemon(host: Host, options: readonly string[]): Promise<{ readonly program: Program; readonly url: string }> {
  const program = host.start({
    name: 'aria2',
    command: [
      'aria2c', '--no-conf', '--enable-rpc', '--rpc-listen-all', `--rpc-listen-port=${RPC_PORT}`, '--disable-ipv6',
      `--listen-port=${PEER_PORT}`, '--seed-ratio=0', '--file-allocation=none', '--follow-torrent=mem',
      '--bt-hash-check-seed=true', '--summary-interval=0', '--console-log-level=notice',
      // Without its DHT it does not know of trackers over UDP either.
      '--enable-dht=true', `--dht-listen-port=${PEER_PORT}`, `--dht-file-path=${path.join(host.directory, 'aria2.dht')}`, ...options,
    ],
  });
  const url = `http://${host.address}:${RPC_PORT}/jsonrpc`;
  await program.until('its RPC', () => call(url, 'aria2.getVersion').catch(() => undefined));
  return { program, url };
}

async function call(url: string, method: string, ...params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: '1', method, params }) });
  const answer = await response.json() as { readonly result?: unknown; readonly error?: { readonly message: string } };
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}
