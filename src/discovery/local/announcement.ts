/**
 * The announcements of local discovery (BEP 14): lines as of an HTTP request, in one datagram.
 *
 * Invariant: any bytes are read as an announcement or as undefined, never as an exception.
 */
import { type AddressFamily, type Endpoint, formatEndpoint } from '../../bytes/endpoint.ts';
import { fromHex, toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';

/** Where announcements go: to all of an organisation's network, or of a site. */
export const GROUPS: Readonly<Record<AddressFamily, Endpoint>> = {
  4: { host: '239.192.152.143', port: 6771 },
  6: { host: 'ff15::efc0:988f', port: 6771 },
};

export interface Announcement {
  /** Where the sender takes connections. */
  readonly port: number;
  /** 20 bytes each. */
  readonly infoHashes: readonly Uint8Array[];
  /** By which a sender knows its own announcements. */
  readonly cookie: string | undefined;
}

const REQUEST_LINE = 'BT-SEARCH * HTTP/1.1';
const INFO_HASH_BYTES = 20;

export function encodeAnnouncement({ port, infoHashes, cookie }: Announcement, family: AddressFamily): Uint8Array {
  const lines = [
    REQUEST_LINE,
    `Host: ${formatEndpoint(GROUPS[family])}`,
    `Port: ${port}`,
    ...infoHashes.map((infoHash) => `Infohash: ${toHex(infoHash)}`),
    ...(cookie === undefined ? [] : [`cookie: ${cookie}`]),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n\r\n`, 'latin1');
}

/** Undefined where it is none, has no port or names no torrent. Lines that mean nothing to us are passed over. */
export function parseAnnouncement(bytes: Uint8Array): Announcement | undefined {
  const [first, ...lines] = Buffer.from(bytes).toString('latin1').split('\r\n');
  if (first !== REQUEST_LINE) return undefined;
  let port: number | undefined;
  let cookie: string | undefined;
  const infoHashes: Uint8Array[] = [];
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*?)\s*$/.exec(line) ?? [];
    switch (name.toLowerCase()) {
      case 'port':
        port = /^\d{1,5}$/.test(value) ? Number(value) : undefined;
        break;
      case 'cookie':
        cookie = value;
        break;
      case 'infohash': {
        const infoHash = fromHex(value);
        if (infoHash?.length === INFO_HASH_BYTES && infoHashes.length < LIMITS.localInfoHashes) infoHashes.push(infoHash);
        break;
      }
    }
  }
  if (port === undefined || port < 1 || port > 65535 || infoHashes.length === 0) return undefined;
  return { port, infoHashes, cookie };
}
