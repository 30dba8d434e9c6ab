/**
 * The torrent of a scenario. Its payload is charged to the links and not carried, so that thousands of peers fit in memory;
 * only where somebody lies it is, for then somebody must look: right bytes are zeros, and a liar's are ones.
 *
 * Invariant: no peer's store takes room, whatever is written to it.
 */
import { Bitfield } from '../bytes/bitfield.ts';
import { equalBytes } from '../bytes/compare.ts';
import { sha1 } from '../bytes/digest.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import type { Simulation } from '../runtime/simulated/simulation.ts';
import type { PieceStore } from '../storage/piece-store.ts';
import type { Contents } from '../swarm/contents.ts';
import type { Scenario } from './scenario.ts';

const RIGHT = 0;
const SPOILT = 1;

export class ScenarioTorrent {
  readonly metainfo: Metainfo;
  readonly infoHash: Uint8Array;
  readonly #simulation: Simulation;
  readonly #carriesPayload: boolean;
  readonly #rightPiece: Uint8Array;

  constructor(scenario: Scenario, simulation: Simulation) {
    const { bytes, pieceBytes } = scenario.file;
    this.#simulation = simulation;
    this.#carriesPayload = scenario.peers.some(({ behaviour }) => behaviour === 'liar');
    this.#rightPiece = new Uint8Array(this.#carriesPayload ? pieceBytes : 0);
    // Nobody looks into it: whoever is in the scenario knows the torrent.
    const infoBytes = Buffer.from('de');
    this.infoHash = sha1(infoBytes);
    this.metainfo = {
      format: 'v1', name: scenario.name, infoHash: this.infoHash, infoHashV2: undefined, infoBytes,
      pieceLength: pieceBytes, pieceCount: Math.ceil(bytes / pieceBytes), length: bytes,
      files: [{ path: [scenario.name], length: bytes, offset: 0, isPadding: false, piecesRoot: undefined }],
      isSingleFile: true, pieceHashes: undefined, pieceLayers: new Map(), trackers: [], webSeeds: [], isPrivate: false,
      comment: undefined, createdBy: undefined, creationDate: undefined,
    };
  }

  /** What one peer begins with: everything or nothing, and bytes that are right or spoilt. */
  contents({ hasAll, isLiar }: { readonly hasAll: boolean; readonly isLiar: boolean }): Contents {
    const { pieceCount } = this.metainfo;
    return {
      metainfo: this.metainfo,
      carriesPayload: this.#carriesPayload,
      have: hasAll ? Bitfield.full(pieceCount) : new Bitfield(pieceCount),
      store: this.#store(isLiar ? SPOILT : RIGHT),
      verify: (_, bytes) => this.#soon(equalBytes(bytes, this.#rightPiece.subarray(0, bytes.length))),
      learnLayer: () => undefined,
    };
  }

  #store(content: number): PieceStore {
    return {
      read: (_piece, _begin, target) => {
        target.fill(content);
        return this.#soon(undefined);
      },
      write: () => this.#soon(undefined),
      close: () => this.#soon(undefined),
    };
  }

  #soon<Value>(value: Value): Promise<Value> {
    this.#simulation.settleSoon();
    return Promise.resolve(value);
  }
}
