/**
 * Looks at a simulated swarm again and again, and remembers what is drawn later: how it stood over time, and who unchoked
 * whom.
 *
 * Invariant: however long a run is, no more than `MOST_SAMPLES` are kept; when there are too many, every second one goes and
 * they are taken half as often.
 */
import type { SimulatedPeer } from './simulated-peer.ts';
import type { Sample, Unchoking } from './swarm-results.ts';

const FIRST_INTERVAL_MS = 1000;
const MOST_SAMPLES = 400;
/** Chokers change their minds no more often. */
const UNCHOKING_INTERVAL_MS = 10_000;
/** Rows of the table of who unchoked whom. */
const MOST_ROWS = 60;

/** As a `Sample`, but with totals since the start in place of the share since the sample before. */
interface Standing extends Omit<Sample, 'uplinkUse'> {
  readonly receivedBytes: number;
  readonly possibleBytes: number;
}

export class Recorder {
  /** When to look next. */
  dueMs = 0;
  #intervalMs = FIRST_INTERVAL_MS;
  readonly #peers: readonly SimulatedPeer[];
  #standings: Standing[] = [];
  #possibleBytes = 0;
  #lookedMs = 0;
  #unchokingDueMs = 0;
  /** By piece: copies among those present. */
  readonly #copies: Uint32Array;
  readonly #unchokings: UnchokingRecord;

  /** @param peers all that will ever be there, class by class */
  constructor(peers: readonly SimulatedPeer[], pieceCount: number) {
    this.#peers = peers;
    this.#copies = new Uint32Array(pieceCount);
    this.#unchokings = new UnchokingRecord(peers);
  }

  pieceCompleted(piece: number): void {
    this.#copies[piece] += 1;
  }

  /** A peer has come with what it has, or is leaving with it. A liar has nothing. */
  moved(peer: SimulatedPeer, change: 1 | -1): void {
    if (!peer.role.isLiar) for (const piece of peer.have) this.#copies[piece] += change;
  }

  look(nowMs: number): void {
    const present = this.#peers.filter((peer) => peer.isPresent);
    const upBytesPerMs = present.reduce((sum, { role }) => sum + (Number.isFinite(role.link.upBytesPerSecond) ? role.link.upBytesPerSecond / 1000 : 0), 0);
    this.#possibleBytes += upBytesPerMs * (nowMs - this.#lookedMs);
    this.#standings.push({
      seconds: nowMs / 1000,
      present: present.reduce((count, { role }) => count + (role.hasAll ? 0 : 1), 0),
      done: this.#peers.reduce((count, peer) => count + (peer.isDone ? 1 : 0), 0),
      rarestCopies: this.#copies.reduce((least, copies) => Math.min(least, copies), Number.POSITIVE_INFINITY),
      meanCopies: this.#copies.reduce((sum, copies) => sum + copies, 0) / this.#copies.length,
      receivedBytes: this.#peers.reduce((sum, peer) => sum + peer.receivedBytes, 0),
      possibleBytes: this.#possibleBytes,
    });
    if (nowMs >= this.#unchokingDueMs) {
      this.#unchokings.look(present);
      this.#unchokingDueMs = nowMs + UNCHOKING_INTERVAL_MS;
    }
    this.#lookedMs = nowMs;
    if (this.#standings.length > MOST_SAMPLES) {
      this.#standings = this.#standings.filter((_, index) => index % 2 === 0);
      this.#intervalMs *= 2;
    }
    this.dueMs = nowMs + this.#intervalMs;
  }

  get samples(): Sample[] {
    return this.#standings.map(({ receivedBytes, possibleBytes, ...rest }, index) => {
      const before = this.#standings[index - 1];
      const possible = possibleBytes - (before?.possibleBytes ?? 0);
      return { ...rest, uplinkUse: possible === 0 ? 0 : (receivedBytes - (before?.receivedBytes ?? 0)) / possible };
    });
  }

  get unchoking(): Unchoking {
    return this.#unchokings.shares();
  }
}

/** How often each group of peers was seen to unchoke each other one. */
class UnchokingRecord {
  readonly #groups: { readonly name: string; readonly length: number }[];
  readonly #rowOf = new Map<string, number>();
  readonly #rows: number;
  /** Row by row: unchokings seen, and pairs of peers that were there to do so. */
  readonly #seen: Float64Array;
  readonly #possible: Float64Array;

  constructor(peers: readonly SimulatedPeer[]) {
    const classes = Map.groupBy(peers, ({ role }) => role.className);
    const shrink = Math.min(1, MOST_ROWS / peers.length);
    let firstRow = 0;
    this.#groups = [...classes].map(([name, members]) => {
      const length = Math.max(1, Math.round(members.length * shrink));
      for (const [index, { address }] of members.entries()) this.#rowOf.set(address, firstRow + Math.floor((index * length) / members.length));
      firstRow += length;
      return { name, length };
    });
    this.#rows = firstRow;
    this.#seen = new Float64Array(firstRow ** 2);
    this.#possible = new Float64Array(firstRow ** 2);
  }

  look(present: readonly SimulatedPeer[]): void {
    const members = new Uint32Array(this.#rows);
    for (const peer of present) {
      const row = this.#rowOf.get(peer.address) ?? 0;
      members[row] += 1;
      for (const address of peer.unchoked()) this.#seen[row * this.#rows + (this.#rowOf.get(address) ?? 0)] += 1;
    }
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#rows; column++) {
        this.#possible[row * this.#rows + column] += members[row] * (members[column] - (row === column ? 1 : 0));
      }
    }
  }

  shares(): Unchoking {
    const shares = Array.from({ length: this.#rows }, (_, row) => Array.from({ length: this.#rows }, (__, column) => {
      const place = row * this.#rows + column;
      return this.#possible[place] > 0 ? this.#seen[place] / this.#possible[place] : 0;
    }));
    return { shares, groups: this.#groups };
  }
}
