/** transmission-daemon as Debian has it, steered by its RPC. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Endpoint } from '../../src/bytes/endpoint.ts';
import { bootstrapOf, PEER_PORT, type Client, type StartDhtNode } from './client.ts';
import type { Host } from './network-namespace.ts';
import type { Program } from './program.ts';

const RPC_PORT = 9091;
const SESSION_HEADER = 'x-transmission-session-id';

interface Transfer {
  /** 0 to 1; 0 too while the metadata is unknown. */
  readonly percentDone: number;
  /** See `SEEDING`. */
  readonly status: number;
  readonly downloadedEver: number;
  readonly uploadedEver: number;
  readonly errorString: string;
}

const SEEDING = 6;

export const transmission: Client = {
  name: 'Transmission',
  omitsEmptyFiles: true,
  async start({ host, source, directory, uploadBytesPerSecond, way }) {
    const bootstrap = bootstrapOf(way);
    const { program, rpc } = await startDaemon(host, {
      'download-dir': directory,
      'dht-enabled': bootstrap !== undefined,
      'lpd-enabled': way === 'local',
      'pex-enabled': way === undefined,
      'speed-limit-up-enabled': uploadBytesPerSecond !== undefined,
      'speed-limit-up': Math.ceil((uploadBytesPerSecond ?? 0) / 1000),
    }, bootstrap);
    await rpc.call('torrent-add', source.startsWith('magnet:') ? { filename: source } : { metainfo: (await readFile(source)).toString('base64') });
    const transfer = async (): Promise<Transfer> => {
      const fields = ['percentDone', 'status', 'downloadedEver', 'uploadedEver', 'errorString'];
      const { torrents: [only] } = await rpc.call('torrent-get', { fields }) as { readonly torrents: readonly Transfer[] };
      return only;
    };
    return {
      name: program.name,
      directory,
      endpoint: { host: host.address, port: PEER_PORT },
      whenWhole: async (patienceMs) => {
        await program.until('the whole torrent', async () => {
          const { percentDone, status } = await transfer();
          return percentDone === 1 && status === SEEDING;
        }, patienceMs);
      },
      totals: async () => {
        const { downloadedEver, uploadedEver } = await transfer();
        return { downloaded: downloadedEver, uploaded: uploadedEver };
      },
      stop: async () => { await program.stop(); },
    };
  },
};

export const startTransmissionNode: StartDhtNode = async (host) => {
  await startDaemon(host, { 'dht-enabled': true, 'lpd-enabled': false });
  return { host: host.address, port: PEER_PORT };
};

/** Resolves once it takes orders. */
async function startDaemon(host: Host, settings: Readonly<Record<string, unknown>>, bootstrap?: Endpoint): Promise<{ readonly program: Program; readonly rpc: Rpc }> {
  const configuration = host.folder('transmission');
  await mkdir(path.join(configuration, 'torrents'));
  await writeFile(path.join(configuration, 'settings.json'), JSON.stringify({
    'peer-port': PEER_PORT,
    'rpc-port': RPC_PORT,
    'rpc-bind-address': '0.0.0.0',
    'rpc-whitelist-enabled': false,
    'rpc-host-whitelist-enabled': false,
    // Version 3 does not fall back to TCP where nobody answers by uTP, which Shoal does not speak.
    'utp-enabled': false,
    'port-forwarding-enabled': false,
    'trash-original-torrent-files': false,
    ...settings,
  }));
  if (bootstrap !== undefined) await writeFile(path.join(configuration, 'dht.bootstrap'), `${bootstrap.host} ${bootstrap.port}\n`);
  const program = host.start({ name: 'transmission', command: ['transmission-daemon', '--foreground', '--config-dir', configuration, '--log-error'] });
  const rpc = new Rpc(`http://${host.address}:${RPC_PORT}/transmission/rpc`);
  await program.until('its RPC', () => rpc.call('session-get').catch(() => undefined));
  return { program, rpc };
}

class Rpc {
  readonly #url: string;
  #session = '';

  constructor(url: string) {
    this.#url = url;
  }

  async call(method: string, args: unknown = {}): Promise<unknown> {
    const send = (): Promise<Response> => fetch(this.#url, {
      method: 'POST',
      headers: { [SESSION_HEADER]: this.#session },
      body: JSON.stringify({ method, arguments: args }),
    });
    let response = await send();
    if (response.status === 409) {
      // The first answer is the session's id, which is then to be sent along.
      this.#session = response.headers.get(SESSION_HEADER) ?? '';
      response = await send();
    }
    const { result, arguments: answer } = await response.json() as { readonly result: string; readonly arguments: unknown };
    if (result !== 'success') throw new Error(`transmission: ${method}: ${result}`);
    return answer;
  }
}
