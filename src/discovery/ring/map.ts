/**
 * Walking the circle: from one peer to its successor, and on, until one is back.
 *
 * Invariant: each step goes further clockwise and none goes past the beginning, so the walk ends, whatever the peers say.
 */
import { LIMITS } from '../../bytes/limits.ts';
import { isBetween } from './circle.ts';
import type { Contact } from './ring-id.ts';
import type { RingNode } from './ring-node.ts';

export interface MapPeer {
  readonly contact: Contact;
  readonly successors: readonly Contact[];
  readonly predecessors: readonly Contact[];
  readonly shortcuts: readonly Contact[];
  /** Keys that it keeps, copies included. */
  readonly keys: number;
}

export interface RingMap {
  /** Clockwise, from where the walk began. */
  readonly peers: readonly MapPeer[];
  /** Whether the walk came back to where it began. */
  readonly isWhole: boolean;
  /** Named as successors, but silent. */
  readonly silent: readonly Contact[];
}

/**
 * Walks around the circle that a peer is on, or that it knows somebody on.
 * @param visited told of each peer as it answers
 */
export async function walkCircle(node: RingNode, visited: (peer: MapPeer) => void = () => {}): Promise<RingMap> {
  const peers: MapPeer[] = [];
  const silent = new Map<string, Contact>();
  const visit = async (contacts: readonly Contact[]): Promise<MapPeer | undefined> => {
    for (const contact of contacts) {
      const description = await node.describe(contact);
      if (description === undefined) {
        silent.set(contact.key, contact);
        continue;
      }
      const { successors = [], predecessors = [], shortcuts = [], keys = 0 } = description;
      const peer = { contact, successors, predecessors, shortcuts, keys };
      peers.push(peer);
      visited(peer);
      return peer;
    }
    return undefined;
  };
  const first = await visit(node.state === 'member' ? [node.contact] : node.table.all);
  for (let peer = first; peer !== undefined && peers.length < LIMITS.ringMapPeers;) {
    const { contact, successors } = peer;
    const start = peers[0].contact;
    const onward = successors.filter(({ id }) => isBetween(id, contact.id, start.id));
    const isBack = successors.some(({ key }) => key === start.key) || successors.length === 0;
    peer = await visit(onward);
    if (peer === undefined) return { peers, isWhole: isBack, silent: [...silent.values()] };
  }
  return { peers, isWhole: false, silent: [...silent.values()] };
}
