/** libtorrent, by way of its Python binding as Debian has it: what qBittorrent and Deluge are made of, and the one that knows v2. */
import path from 'node:path';
import { formatEndpoint } from '../../src/bytes/endpoint.ts';
import type { MetainfoFormat } from '../../src/metainfo/metainfo.ts';
import { bootstrapOf, PEER_PORT, type Client, type StartDhtNode, type Totals } from './client.ts';
import type { Host } from './network-namespace.ts';
import type { Payload } from './payload.ts';

/** Debian's own, for another Python does not see Debian's libraries. */
export const PYTHON = '/usr/bin/python3';
const SCRIPT = path.join(import.meta.dirname, 'libtorrent_peer.py');

interface State extends Totals {
  readonly whole: boolean;
}

export const libtorrent: Client = {
  name: 'libtorrent',
  async start({ host, source, directory, uploadBytesPerSecond = 0, way }) {
    const endpoint = { host: host.address, port: PEER_PORT };
    const bootstrap = bootstrapOf(way);
    const part = { source, directory, uploadBytesPerSecond, listen: formatEndpoint(endpoint), bootstrap: bootstrap && formatEndpoint(bootstrap), local: way === 'local' };
    let state: State | undefined;
    const program = host.start({
      name: 'libtorrent',
      command: [PYTHON, SCRIPT, 'run', JSON.stringify(part)],
      onLine: (line) => { state = JSON.parse(line); },
    });
    await program.until('its first word', () => state);
    return {
      name: program.name,
      directory,
      endpoint,
      whenWhole: async (patienceMs) => { await program.until('the whole torrent', () => state?.whole, patienceMs); },
      totals: async () => ({ downloaded: 0, uploaded: 0, ...state }),
      stop: async () => { await program.stop(); },
    };
  },
};

export const startLibtorrentNode: StartDhtNode = async (host) => {
  const endpoint = { host: host.address, port: PEER_PORT };
  let isReady = false;
  const program = host.start({
    name: 'libtorrent node',
    command: [PYTHON, SCRIPT, 'node', JSON.stringify({ listen: formatEndpoint(endpoint) })],
    onLine: () => { isReady = true; },
  });
  await program.until('its first word', () => isReady);
  return endpoint;
};

export interface CreatedTorrent {
  /** The torrent file's path. */
  readonly torrent: string;
  readonly magnet: string;
}

/** A torrent of the payload in libtorrent's making. */
export async function createWithLibtorrent(host: Host, payload: Payload, format: MetainfoFormat, trackers: readonly string[] = []): Promise<CreatedTorrent> {
  let created: CreatedTorrent | undefined;
  const output = path.join(host.directory, `${payload.name}.libtorrent.${format}.torrent`);
  const program = host.start({
    name: 'libtorrent create',
    command: [PYTHON, SCRIPT, 'create', JSON.stringify({ path: payload.path, output, format, trackers })],
    onLine: (line) => { created = JSON.parse(line); },
  });
  return program.until('the torrent', () => created);
}
