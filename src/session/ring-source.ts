/**
 * From a file's name to its torrent, by asking the ring.
 *
 * Invariant: what comes of it is one file, or an error that says why not. That somebody calls a torrent by a name is hearsay:
 * a name leads to what its publishers say, and only the info-hash that comes with it is kept to from then on.
 */
import { ShoalError } from '../bytes/errors.ts';
import { printable } from '../bytes/printable.ts';
import { normaliseName } from '../discovery/ring/names.ts';
import type { FoundFile } from '../discovery/ring/publisher.ts';
import { strangerAt } from '../discovery/ring/ring-id.ts';
import type { Magnet } from '../metainfo/magnet.ts';
import type { RingPeer } from './ring-peer.ts';

/** Names told where several files fit. */
const NAMES_TOLD = 5;
const NAME_LENGTH = 100;

/**
 * The file with exactly that name but for case, accents and punctuation, the one that most peers hold; else the only one that
 * has all its words. Rejects with `ShoalError`: 'RING_NOT_FOUND', 'RING_AMBIGUOUS', or as `RingPeer.ready` does.
 */
export async function findByName({ node, ready }: Pick<RingPeer, 'node' | 'ready'>, name: string): Promise<Magnet> {
  await ready;
  const found = (await node.find(name)).toSorted((a, b) => voicesFor(b) - voicesFor(a));
  const wanted = normaliseName(name);
  const exact = found.find((file) => normaliseName(file.name) === wanted || normaliseName(file.name.replace(/\.[^.]*$/, '')) === wanted);
  if (exact !== undefined) return magnetOf(exact);
  if (found.length === 0) throw new ShoalError('RING_NOT_FOUND', `nobody on the ring has anything called '${name}'`);
  if (found.length > 1) throw new ShoalError('RING_AMBIGUOUS', `${found.length} files on the ring fit '${name}': ${namesOf(found)}; give more of the name`);
  return magnetOf(found[0]);
}

/** However many ports somebody announces, he is one. */
function voicesFor({ holders }: FoundFile): number {
  return new Set(holders.map(strangerAt)).size;
}

function magnetOf({ infoHash, name, length, holders }: FoundFile): Magnet {
  return {
    infoHash: infoHash.length === 20 ? infoHash : undefined,
    infoHashV2: infoHash.length === 32 ? infoHash : undefined,
    publisher: undefined,
    name: printable(name, NAME_LENGTH),
    length: length === 0 ? undefined : length,
    trackers: [],
    webSeeds: [],
    peers: holders,
    selection: undefined,
  };
}

function namesOf(files: readonly FoundFile[]): string {
  const names = files.slice(0, NAMES_TOLD).map((file) => printable(file.name, NAME_LENGTH));
  return files.length > NAMES_TOLD ? [...names, '…'].join(', ') : names.join(', ');
}
