/** What there is to say of peers of the ring. */
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { counted } from '../../bytes/units.ts';
import type { Contact } from '../../discovery/ring/ring-id.ts';
import type { RingStatus } from '../../discovery/ring/ring-node.ts';

/** For programs. */
export function contactFields({ id, endpoint }: Contact): { readonly id: string; readonly host: string; readonly port: number } {
  return { id: toHex(id), ...endpoint };
}

/** For people: `1f0a93c2  192.168.1.5:6882`. */
export function contactText({ id, endpoint }: Contact): string {
  return `${toHex(id).slice(0, 8)}  ${formatEndpoint(endpoint)}`;
}

/** For programs. `estimatedPeers` is judged by how close the neighbours stand. */
export function statusFields(status: RingStatus): object {
  const { id, endpoint, state, predecessor, successors, shortcuts, keys, announcements, estimatedPeers, datagramsSent, datagramsReceived } = status;
  return {
    id: toHex(id), ...endpoint, state, predecessor: predecessor === undefined ? null : contactFields(predecessor),
    successors: successors.map(contactFields), shortcuts: shortcuts.map(contactFields),
    keys, announcements, estimatedPeers, datagramsSent, datagramsReceived,
  };
}

/** For people. */
export function statusText(status: RingStatus): string {
  const { id, endpoint, predecessor, successors, shortcuts, keys, announcements, estimatedPeers, datagramsSent, datagramsReceived } = status;
  const rows: [string, string][] = [
    ['peer', toHex(id)],
    ['address', formatEndpoint(endpoint)],
    ['before it', predecessor === undefined ? 'nobody' : contactText(predecessor)],
    ...neighbourRows('after it', successors),
    ['shortcuts', String(shortcuts.length)],
    ['ring', `about ${counted(estimatedPeers, 'peer')}`],
    ['holds', `${counted(keys, 'key')}, ${counted(announcements, 'announcement')}`],
    ['datagrams', `${datagramsSent} sent, ${datagramsReceived} received`],
  ];
  return rows.map(([title, text]) => `${title.padEnd(10)} ${text}`).join('\n');
}

export function neighbourRows(title: string, contacts: readonly Contact[]): [string, string][] {
  if (contacts.length === 0) return [[title, 'nobody']];
  return contacts.map((contact, index) => [index === 0 ? title : '', contactText(contact)]);
}
