/** Torrents for tests of storage: any layout of files, with pieces as short as one byte, which no parser would let pass. */
import * as fc from 'fast-check';
import { sha1 } from '../../src/bytes/digest.ts';
import type { FileEntry, Metainfo, MetainfoFormat } from '../../src/metainfo/metainfo.ts';
import { SeededRandom } from '../../src/runtime/simulated/simulation.ts';

export interface SampleTorrent {
  readonly metainfo: Metainfo;
  /** The piece space, from end to end, with zeros in padding and gaps. */
  readonly payload: Uint8Array;
}

export interface SampleLayout {
  readonly format: MetainfoFormat;
  readonly pieceLength: number;
  /** Bytes of each file. */
  readonly lengths: readonly number[];
}

/** The files of `layout`, full of random bytes. Those of a v2 torrent lack their hashes. */
export function sampleTorrent({ format, pieceLength, lengths }: SampleLayout, seed = 1): SampleTorrent {
  const files: FileEntry[] = [];
  let end = 0;
  for (const [index, length] of lengths.entries()) {
    const gap = format === 'v1' || length === 0 ? 0 : (pieceLength - (end % pieceLength)) % pieceLength;
    if (gap > 0 && format === 'hybrid') files.push(entry(['.pad', `${gap}`], gap, end, true));
    files.push(entry(index % 3 === 2 ? ['folder', `${index}`] : [`${index}`], length, end + gap, false));
    end += gap + length;
  }
  const payload = new Uint8Array(end);
  const random = new SeededRandom(seed);
  for (const { offset, length, isPadding } of files) if (!isPadding) payload.set(random.bytes(length), offset);
  const pieceCount = Math.ceil(end / pieceLength);
  const pieces = Array.from({ length: pieceCount }, (_, piece) => sha1(payload.subarray(piece * pieceLength, (piece + 1) * pieceLength)));
  const metainfo: Metainfo = {
    format, name: 'sample', infoHash: sha1(payload), infoHashV2: undefined, infoBytes: new Uint8Array(0), pieceLength, pieceCount,
    length: lengths.reduce((sum, length) => sum + length, 0), files, isSingleFile: false,
    pieceHashes: format === 'v2' ? undefined : Buffer.concat(pieces), pieceLayers: new Map(),
    trackers: [], webSeeds: [], isPrivate: false, comment: undefined, createdBy: undefined, creationDate: undefined,
  };
  return { metainfo, payload };
}

function entry(path: string[], length: number, offset: number, isPadding: boolean): FileEntry {
  return { path, length, offset, isPadding, piecesRoot: undefined };
}

/** Layouts of a few files, some of them empty, with more or fewer files than pieces. */
export const sampleLayouts: fc.Arbitrary<SampleLayout> = fc.record({
  format: fc.constantFrom('v1', 'v2', 'hybrid'),
  pieceLength: fc.integer({ min: 1, max: 12 }),
  lengths: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 9 }),
});
