/** opentracker as Debian builds it: it tracks only what a list of info-hashes names, over HTTP and UDP. */
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Host } from './network-namespace.ts';
import { TRACKER_PORT } from './shoal.ts';

export interface TrackerUrls {
  readonly http: string;
  readonly udp: string;
}

/** @param infoHashes in hexadecimal, 20 bytes each */
export async function startOpentracker(host: Host, infoHashes: readonly string[]): Promise<TrackerUrls> {
  const directory = host.folder('opentracker');
  const list = 'infohashes';
  await writeFile(path.join(directory, list), infoHashes.map((infoHash) => `${infoHash}\n`).join(''));
  // It reads the list after it has given up being root.
  await chmod(directory, 0o755);
  const program = host.start({
    name: 'opentracker',
    command: ['opentracker', '-i', host.address, '-p', `${TRACKER_PORT}`, '-P', `${TRACKER_PORT}`, '-d', directory, '-w', list],
  });
  const http = `http://${host.address}:${TRACKER_PORT}/announce`;
  // Whatever it answers, it answers.
  await program.until('its HTTP port', () => fetch(http).then(() => true, () => undefined));
  return { http, udp: `udp://${host.address}:${TRACKER_PORT}/announce` };
}
