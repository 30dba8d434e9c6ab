/**
 * The layers of Merkle trees that a torrent file holds beside the info dictionary (BEP 52): for each file longer than a
 * piece, a hash for each of its pieces. The info dictionary names only their roots, so a magnet link's torrent is without.
 *
 * Invariant: a layer that is accepted leads to its file's root, so its hashes can be trusted like the info-hash.
 */
import { type BencodeDictionary, field } from '../bytes/bencode.ts';
import { equalBytes } from '../bytes/compare.ts';
import { toHex } from '../bytes/hex.ts';
import { HASH_BYTES, layerRoot, layerWidth, pieceLevel } from './merkle.ts';
import { fileOfPiece, type FileEntry, type Metainfo, MetainfoError } from './metainfo.ts';

type Layered = Pick<Metainfo, 'files' | 'pieceLength'>;

/** The layers of all files that need one, by the hexadecimal root. Throws where one is missing or wrong. */
export function readPieceLayers(layers: BencodeDictionary | undefined, torrent: Layered): Map<string, Uint8Array> {
  const accepted = new Map<string, Uint8Array>();
  for (const { root, file } of layeredFiles(torrent)) {
    const layer = layers === undefined ? undefined : field.bytes(layers, Buffer.from(root, 'hex').toString('latin1'));
    if (layer === undefined) throw new MetainfoError(`the piece layer of ${file.path.join('/')} is missing`);
    if (!isPieceLayer(file, torrent.pieceLength, layer)) throw new MetainfoError(`the piece layer of ${file.path.join('/')} does not lead to its root`);
    accepted.set(root, layer);
  }
  return accepted;
}

/** Whether `layer` has one hash for each piece of the file, and they lead to its root. */
export function isPieceLayer({ length, piecesRoot }: FileEntry, pieceLength: number, layer: Uint8Array): boolean {
  const count = Math.ceil(length / pieceLength);
  return piecesRoot !== undefined && layer.length === count * HASH_BYTES
    && equalBytes(layerRoot(layer, layerWidth(count), pieceLevel(pieceLength)), piecesRoot);
}

/** The files whose layer has not been got from peers yet, those of the same contents each. Empty but for magnet links. */
export function filesWithoutLayer(metainfo: Metainfo): FileEntry[] {
  return [...layeredFiles(metainfo)].filter(({ root }) => !metainfo.pieceLayers.has(root)).map(({ file }) => file);
}

/** The Merkle node over one piece of a v2 or hybrid torrent: 32 bytes; undefined while its file's layer is not there. */
export function pieceRoot(metainfo: Metainfo, piece: number): Uint8Array | undefined {
  const { length, offset, piecesRoot } = fileOfPiece(metainfo, piece);
  if (length <= metainfo.pieceLength || piecesRoot === undefined) return piecesRoot;
  const number = piece - offset / metainfo.pieceLength;
  return metainfo.pieceLayers.get(toHex(piecesRoot))?.subarray(number * HASH_BYTES, (number + 1) * HASH_BYTES);
}

function* layeredFiles({ files, pieceLength }: Layered): Generator<{ root: string; file: FileEntry }> {
  for (const file of files) {
    if (file.piecesRoot !== undefined && file.length > pieceLength) yield { root: toHex(file.piecesRoot), file };
  }
}
