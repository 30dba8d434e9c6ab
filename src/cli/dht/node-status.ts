/** What there is to say of a node. */
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { counted, formatBytes, formatCount } from '../../bytes/units.ts';
import type { NodeStatus } from '../../discovery/kademlia/kademlia.ts';

/** For programs. `buckets`: nodes in each, the farthest first. */
export function familyFields({ family, id, endpoint, externalAddress, isIdBound, nodes, buckets, torrents, peers, items, traffic }: NodeStatus): object {
  return {
    family: `ipv${family}`, id: toHex(id), ...endpoint, externalAddress: externalAddress ?? null, idBound: isIdBound,
    nodes, buckets, torrents, peers, items, traffic,
  };
}

/** For people. */
export function statusText(status: NodeStatus): string {
  const { family, id, endpoint, externalAddress, isIdBound, nodes, buckets, traffic } = status;
  const seen = externalAddress === undefined ? '' : `, seen by others at ${externalAddress}${isIdBound ? '' : ', to which the id is not bound'}`;
  const rows: [string, string][] = [
    ['node', toHex(id)],
    ['address', `${formatEndpoint(endpoint)}${seen}`],
    ['knows', nodes === 0 ? 'no node' : `${counted(nodes, 'node')}, by bucket, the farthest first: ${buckets.join(' ')}`],
    ['holds', holdingsText(status)],
    ['sent', `${counted(traffic.datagramsSent, 'datagram')}, ${formatBytes(traffic.bytesSent)}${countsText('asked', traffic.asked)}`],
    ['received', `${counted(traffic.datagramsReceived, 'datagram')}, ${formatBytes(traffic.bytesReceived)}${countsText('answered', traffic.answered)}${countsText('dropped', traffic.dropped)}`],
  ];
  return [`IPv${family}`, ...rows.map(([title, text]) => `  ${title.padEnd(9)} ${text}`)].join('\n');
}

/** What it keeps for others. */
export function holdingsText({ torrents, peers, items }: Pick<NodeStatus, 'torrents' | 'peers' | 'items'>): string {
  return `${counted(peers, 'peer')} of ${counted(torrents, 'torrent')}, ${counted(items, 'item')}`;
}

/** `; asked 12 find_node, 1 ping` */
function countsText(what: string, counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${formatCount(count)} ${name}`);
  return parts.length === 0 ? '' : `; ${what} ${parts.join(', ')}`;
}
