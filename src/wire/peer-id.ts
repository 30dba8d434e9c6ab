/** How clients name themselves in their peer ids (BEP 20). */
import type { Random } from '../runtime/random.ts';

/** 20 bytes, new for each session: Shoal's letters, its version (such as `0.1.0`) as four digits, and chance. */
export function createPeerId(random: Random, version: string): Uint8Array {
  const digits = version.split('.').slice(0, 3).map((part) => Math.min(35, Number.parseInt(part, 10) || 0).toString(36));
  const id = random.bytes(20);
  id.set(Buffer.from(`-SH${digits.join('').padEnd(4, '0')}-`, 'latin1'));
  return id;
}

const CLIENTS: Readonly<Record<string, string>> = {
  A2: 'aria2', AZ: 'Vuze', BI: 'BiglyBT', DE: 'Deluge', KT: 'KTorrent', LT: 'libtorrent', lt: 'rTorrent', qB: 'qBittorrent',
  rQ: 'rqbit', SH: 'Shoal', TR: 'Transmission', UT: 'µTorrent', WW: 'WebTorrent',
};

/** A name for people, such as `Transmission 3.0.0`; `unknown` where the id follows no custom. */
export function clientName(peerId: Uint8Array): string {
  const text = Buffer.from(peerId).toString('latin1');
  const azureus = /^-([A-Za-z0-9]{2})([0-9A-Za-z]{4})-/.exec(text);
  if (azureus !== null) {
    const version = [...azureus[2]].map((digit) => Number.parseInt(digit, 36)).join('.').replace(/\.0$/, '');
    return `${CLIENTS[azureus[1]] ?? azureus[1]} ${version}`;
  }
  const aria2 = /^A2-(\d+)-(\d+)-(\d+)-/.exec(text);
  return aria2 === null ? 'unknown' : `aria2 ${aria2.slice(1).join('.')}`;
}
