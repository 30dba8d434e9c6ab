/**
 * From a `Metainfo` to a torrent file: for a torrent that was made here, or whose info dictionary came from peers.
 *
 * Invariant: the info dictionary is written byte for byte, so the info-hash stays what it was.
 */
import { type Encodable, Encoded, encode } from '../bytes/bencode.ts';
import { type Metainfo, MetainfoError } from './metainfo.ts';
import { filesWithoutLayer } from './piece-layers.ts';

/** The bytes of a torrent file. Throws `MetainfoError` where a piece layer has not come yet, without which it would be none. */
export function exportTorrent(metainfo: Metainfo): Uint8Array {
  const [incomplete] = filesWithoutLayer(metainfo);
  if (incomplete !== undefined) {
    throw new MetainfoError(`no torrent file can be made before the piece layer of ${incomplete.path.join('/')} is there`);
  }
  const { trackers, webSeeds, infoBytes, pieceLayers } = metainfo;
  const layers: [string, Encodable][] = [...pieceLayers].map(([root, layer]) => [Buffer.from(root, 'hex').toString('latin1'), layer]);
  return encode({
    announce: trackers[0]?.[0],
    'announce-list': trackers.flat().length > 1 ? trackers : undefined,
    comment: metainfo.comment,
    'created by': metainfo.createdBy,
    'creation date': metainfo.creationDate,
    info: new Encoded(infoBytes),
    'piece layers': metainfo.format === 'v1' ? undefined : new Map(layers),
    'url-list': webSeeds.length > 0 ? webSeeds : undefined,
  });
}
