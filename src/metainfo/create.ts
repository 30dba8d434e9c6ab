/**
 * Making torrents of files on disk: v1 (BEP 3), v2 (BEP 52), or hybrid with padding (BEP 47).
 *
 * Invariant: what is made is read back by this program's own parser, so it keeps every promise of a `Metainfo`; the same
 * files and options give the same bytes.
 */
import { type Encodable, encode } from '../bytes/bencode.ts';
import { toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { exportTorrent } from './export.ts';
import { hashSources, type PlacedFile, type SourceSpace } from './hash-sources.ts';
import { HASH_BYTES, layerRoot, layerWidth, pieceLevel } from './merkle.ts';
import type { Metainfo, MetainfoFormat } from './metainfo.ts';
import { isUrl, uniqueTiers } from './outer.ts';
import { parseInfo } from './parse.ts';
import { choosePieceLength } from './piece-length.ts';
import { CreateError, findSources, type Sources } from './sources.ts';

export interface CreateOptions {
  /** A file, a folder, or several of both, with `/` between the components. */
  readonly paths: readonly string[];
  /** Default v1, which every client knows. */
  readonly format?: MetainfoFormat;
  /** Bytes: a power of two from 16 KiB to 256 MiB. By default chosen by the files' length. */
  readonly pieceLength?: number;
  /** By default the file's or folder's own. */
  readonly name?: string;
  /** Peers may be had from the trackers alone (BEP 27). */
  readonly isPrivate?: boolean;
  /** By tier (BEP 12). */
  readonly trackers?: readonly (readonly string[])[];
  /** BEP 19. */
  readonly webSeeds?: readonly string[];
  readonly comment?: string;
  readonly createdBy?: string;
  /** Seconds since 1970. */
  readonly creationDate?: number;
  /** Where it is published: tells apart torrents of the same files, as private trackers ask. */
  readonly source?: string;
  /** Told every piece: bytes hashed so far, and in all. */
  readonly progress?: (hashedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface CreatedTorrent {
  /** The torrent file. */
  readonly bytes: Uint8Array;
  readonly metainfo: Metainfo;
  /** Where on disk each of `metainfo.files` is; undefined for padding. */
  readonly sources: readonly (string | undefined)[];
  /** Paths on disk of folders that hold no file and so are not in the torrent. */
  readonly emptyFolders: readonly string[];
}

/** Rejects with `CreateError`, `DiskError`, or the signal's reason. */
export async function createTorrent(runtime: Pick<Runtime, 'disk' | 'hasher'>, options: CreateOptions): Promise<CreatedTorrent> {
  checkAddresses([...(options.trackers ?? []).flat(), ...(options.webSeeds ?? [])]);
  const sources = await findSources(runtime.disk, options.paths, options.name, options.signal);
  const space = layOut(sources, options);
  const totalBytes = space.length;
  let hashedBytes = 0;
  const hashes = await hashSources(runtime, space, (bytes) => options.progress?.((hashedBytes += bytes), totalBytes), options.signal);
  const trees = space.format === 'v1' ? [] : space.files.map((file) => treeOf(file, space.pieceLength, hashes.roots));
  const infoBytes = encode(describe(sources, space, hashes.sha1, trees, options));
  const { trackers, webSeeds, comment, createdBy, creationDate } = options;
  const described = parseInfo(infoBytes, {
    trackers: uniqueTiers(trackers ?? []),
    webSeeds: uniqueTiers([webSeeds ?? []]).flat(),
    comment,
    createdBy,
    creationDate,
  });
  const metainfo = { ...described, pieceLayers: pieceLayersOf(trees) };
  const inOrder = sources.files.values();
  return {
    bytes: exportTorrent(metainfo),
    metainfo,
    sources: metainfo.files.map((file) => (file.isPadding ? undefined : inOrder.next().value?.source)),
    emptyFolders: sources.emptyFolders,
  };
}

function checkAddresses(urls: readonly string[]): void {
  for (const url of urls) {
    if (!isUrl(url.trim())) throw new CreateError(`"${url}" is no address; one looks like http://tracker.example/announce`);
  }
}

/** Puts the files where their pieces will be: end to end in v1, each from a piece of its own on in v2 and hybrid. */
function layOut({ files }: Sources, { format = 'v1', pieceLength: chosen }: CreateOptions): SourceSpace {
  const length = files.reduce((sum, file) => sum + file.length, 0);
  const pieceLength = chosen ?? choosePieceLength(length, format === 'v1' ? 1 : files.length);
  if (pieceLength < LIMITS.blockBytes || pieceLength > LIMITS.pieceBytes || !Number.isInteger(Math.log2(pieceLength))) {
    throw new CreateError(`a piece length of ${pieceLength} bytes is not a power of two from ${LIMITS.blockBytes} to ${LIMITS.pieceBytes}`);
  }
  let end = 0;
  const placed = files.map((file) => {
    const offset = format === 'v1' || file.length === 0 ? end : Math.ceil(end / pieceLength) * pieceLength;
    end = offset + file.length;
    return { ...file, offset };
  });
  const pieceCount = Math.ceil(end / pieceLength);
  if (pieceCount > LIMITS.torrentPieces) {
    throw new CreateError(`that makes ${pieceCount} pieces, and ${LIMITS.torrentPieces} is the most; take longer pieces`);
  }
  return { format, pieceLength, pieceCount, length: end, files: placed };
}

/** What a v2 torrent says of one file that is not empty. */
interface Tree {
  readonly root: Uint8Array;
  /** The nodes over its pieces. */
  readonly layer: Uint8Array;
}

function treeOf({ offset, length }: PlacedFile, pieceLength: number, roots: Uint8Array): Tree | undefined {
  if (length === 0) return undefined;
  const first = offset / pieceLength;
  const count = Math.ceil(length / pieceLength);
  const layer = roots.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES);
  return { root: layerRoot(layer, layerWidth(count), pieceLevel(pieceLength)), layer };
}

/** A file of one piece needs none: its root is the piece's hash. */
function pieceLayersOf(trees: readonly (Tree | undefined)[]): Map<string, Uint8Array> {
  const layers = new Map<string, Uint8Array>();
  for (const tree of trees) if (tree !== undefined && tree.layer.length > HASH_BYTES) layers.set(toHex(tree.root), tree.layer);
  return layers;
}

/** The info dictionary. */
function describe(
  sources: Sources,
  space: SourceSpace,
  pieceHashes: Uint8Array,
  trees: readonly (Tree | undefined)[],
  { isPrivate, source }: CreateOptions,
): Encodable {
  const common = { name: sources.name, 'piece length': space.pieceLength, private: isPrivate === true ? 1 : undefined, source };
  const version1 = { ...(sources.isSingleFile ? { length: space.length } : { files: fileList(space) }), pieces: pieceHashes };
  const version2 = { 'file tree': fileTree(space, trees), 'meta version': 2 };
  return { ...common, ...(space.format === 'v2' ? {} : version1), ...(space.format === 'v1' ? {} : version2) };
}

/** BEP 3's list of files, with padding (BEP 47) where there are gaps between them. */
function fileList({ files }: SourceSpace): Encodable[] {
  const list: Encodable[] = [];
  let end = 0;
  for (const { path, length, offset } of files) {
    const gap = offset - end;
    if (gap > 0) list.push({ attr: 'p', length: gap, path: ['.pad', String(gap)] });
    list.push({ length, path });
    end = offset + length;
  }
  return list;
}

type FileTree = Map<string, Encodable | FileTree>;

/** BEP 52's tree of files. */
function fileTree({ files }: SourceSpace, trees: readonly (Tree | undefined)[]): FileTree {
  const top: FileTree = new Map();
  for (const [index, { path, length }] of files.entries()) {
    const entry = path.reduce((folder, name) => subfolder(folder, Buffer.from(name, 'utf8').toString('latin1')), top);
    entry.set('', { length, 'pieces root': trees[index]?.root });
  }
  return top;
}

function subfolder(folder: FileTree, name: string): FileTree {
  const known = folder.get(name);
  if (known instanceof Map) return known as FileTree;
  const made: FileTree = new Map();
  folder.set(name, made);
  return made;
}
