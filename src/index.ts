/**
 * Shoal as a library: a BitTorrent session for TypeScript programs.
 *
 *     import { Session } from 'shoal';
 *     await using session = await Session.open();
 *     const torrent = await session.add('magnet:?xt=…', { directory: 'downloads' });
 *     for await (const { progress } of torrent.progress()) console.log(progress);
 *
 * What asks for a runtime (`createTorrent`, `startTracker`) gets `nodeRuntime()`. Paths have `/` between their components.
 */
import { nodeRuntime } from './runtime/node/runtime.ts';
import { version } from './runtime/node/version.ts';
import { Session as RuntimeSession, type SessionOptions } from './session/session.ts';

/** A session on this machine; see `SessionOptions`. */
export const Session = {
  /** Begins to listen for peers. Rejects with `ShoalError`: 'LISTEN_FAILED', 'BAD_RATE' or 'RING_UNKNOWN'. Close it, or hold it with `await using`. */
  open(options: SessionOptions = {}): Promise<RuntimeSession> {
    return RuntimeSession.open(nodeRuntime(), { version: version(), ...options });
  },
};
export type Session = RuntimeSession;

export { ShoalError } from './bytes/errors.ts';
export type { Endpoint } from './bytes/endpoint.ts';
export { keyPairFromSeed, type KeyPair } from './bytes/signature.ts';
export type { DiscoveryName } from './discovery/discovery.ts';
export type { KademliaNode } from './discovery/kademlia/kademlia.ts';
export { followTorrent, publishTorrent, resolveTorrent, type Pointer } from './discovery/kademlia/mutable-torrent.ts';
export { keepPublished, type Published } from './discovery/kademlia/publication.ts';
export { createTorrent, type CreateOptions, type CreatedTorrent } from './metainfo/create.ts';
export { exportTorrent } from './metainfo/export.ts';
export { formatMagnet, magnetOf, parseMagnet, type Magnet } from './metainfo/magnet.ts';
export { MetainfoError, type FileEntry, type Metainfo, type MetainfoFormat } from './metainfo/metainfo.ts';
export { parseTorrent } from './metainfo/parse.ts';
export { DiskError } from './runtime/disk.ts';
export { nodeRuntime } from './runtime/node/runtime.ts';
export type { Runtime } from './runtime/runtime.ts';
export type { AddOptions } from './session/add-options.ts';
export type { RateOptions } from './session/rates.ts';
export { resolveSource, SourceError } from './session/source.ts';
export type { SessionOptions } from './session/session.ts';
export type { Torrent } from './session/torrent.ts';
export type { Select } from './session/selection.ts';
export type { FileStatus, TorrentState, TorrentStatus } from './session/torrent-status.ts';
export type { NeighbourStatus } from './swarm/swarm.ts';
export type { PiecePriority } from './swarm/piece-picker.ts';
export type { WebSeedStatus } from './swarm/web-seed.ts';
export { startTracker, type Tracker, type TrackerOptions } from './tracker/tracker.ts';
