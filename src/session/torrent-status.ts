/** What stands of a torrent at a moment: for screens, programs and events. Sizes in bytes. */
import { formatBytes, formatRate } from '../bytes/units.ts';
import type { NeighbourStatus, Swarm } from '../swarm/swarm.ts';
import type { WebSeedStatus } from '../swarm/web-seed.ts';
import type { Holdings } from './holdings.ts';

/** `metadata`: it is being got from peers. `checking`: what is on disk is being hashed. `paused`: nothing comes or goes. */
export type TorrentState = 'metadata' | 'checking' | 'downloading' | 'seeding' | 'paused' | 'stopped' | 'failed';

export interface TorrentStatus {
  readonly state: TorrentState;
  readonly name: string;
  /** Of what is wanted, 0 to 1. While checking: of what is to be checked. */
  readonly progress: number;
  /** Bytes of the wanted pieces; 0 while the metadata is unknown. */
  readonly wantedBytes: number;
  /** Those of them that are verified and on disk. */
  readonly haveBytes: number;
  /** Payload that has come and gone in this run. */
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Of the downloaded: had already, or spoilt. */
  readonly wastedBytes: number;
  readonly downBytesPerSecond: number;
  readonly upBytesPerSecond: number;
  /** Undefined while nothing comes in. */
  readonly etaMs: number | undefined;
  readonly neighbours: readonly NeighbourStatus[];
  /** HTTP servers that have the files (BEP 19). */
  readonly webSeeds: readonly WebSeedStatus[];
  /** Addresses known at which a peer may answer. */
  readonly knownPeers: number;
  /** While the metadata is coming in: bytes of it that are here, and how many it is said to have. */
  readonly metadata: { readonly receivedBytes: number; readonly totalBytes: number };
  /** The last word of each way of finding peers, of what has happened among them, and of each web seed in use. */
  readonly messages: readonly string[];
}

/** What stands of one file. */
export interface FileStatus {
  /** In `Metainfo.files`, as `Torrent.stream` takes it. */
  readonly index: number;
  /** Below the torrent's folder, with `/` between. */
  readonly path: string;
  /** Bytes. */
  readonly length: number;
  /** Bytes of it that are verified and on disk. */
  readonly haveBytes: number;
  readonly isWanted: boolean;
}

/** How a torrent stands that is this far. */
export function statusOf({ swarm, holdings, checkedShare, messages, ...torrent }: Pick<TorrentStatus, 'state' | 'name' | 'messages'> & {
  readonly swarm: Swarm;
  /** Undefined while the metadata is unknown. */
  readonly holdings: Holdings | undefined;
  /** Of what is being hashed now: how much has been, 0 to 1. */
  readonly checkedShare: number | undefined;
}): TorrentStatus {
  const { download, upload, webSeeds: sources } = swarm.transfer ?? {};
  const neighbours = swarm.neighbourStatus();
  const webSeeds = sources?.status() ?? [];
  const wantedBytes = holdings?.selection.wantedBytes ?? 0;
  const haveBytes = holdings?.haveBytes ?? 0;
  const haveShare = holdings === undefined ? 0 : wantedBytes === 0 ? 1 : haveBytes / wantedBytes;
  const downBytesPerSecond = [...neighbours, ...webSeeds].reduce((sum, source) => sum + source.downBytesPerSecond, 0);
  return {
    ...torrent,
    progress: checkedShare ?? haveShare,
    wantedBytes,
    haveBytes,
    downloadedBytes: download?.receivedBytes ?? 0,
    uploadedBytes: upload?.sentBytes ?? 0,
    wastedBytes: download?.wastedBytes ?? 0,
    downBytesPerSecond,
    upBytesPerSecond: neighbours.reduce((sum, neighbour) => sum + neighbour.upBytesPerSecond, 0),
    etaMs: downBytesPerSecond > 0 ? ((wantedBytes - haveBytes) / downBytesPerSecond) * 1000 : undefined,
    neighbours,
    knownPeers: swarm.neighbours.candidates.size,
    metadata: swarm.metadataProgress,
    webSeeds,
    messages: [...messages, ...webSeedLines(webSeeds)],
  };
}

/** What there is to say of web seeds. The rest of their URLs may be a key that nobody else should see. */
function webSeedLines(webSeeds: readonly WebSeedStatus[]): string[] {
  return webSeeds.flatMap(({ url, trouble, receivedBytes, downBytesPerSecond }) => {
    const name = `web seed ${URL.parse(url)?.host}`;
    if (trouble !== undefined) return [`! ${name}: ${trouble}`];
    return receivedBytes > 0 ? [`${name}: ${formatRate(downBytesPerSecond)}, ${formatBytes(receivedBytes)} so far`] : [];
  });
}
