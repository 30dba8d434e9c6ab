/**
 * When to turn to web seeds. A server costs whoever pays for it, and neighbours cost nobody, so it is the source of last
 * resort: for pieces that no neighbour has, and for all others while the neighbours are slower than it is.
 *
 * How fast the neighbours are while the server takes its share of the link says little. So from time to time the server
 * brings no more than what they lack, and they are looked at; the longer it has proved useful, the less often.
 *
 * Invariant: with no neighbour that gives anything the server is always used for everything; next to neighbours that give
 * enough, no longer than `FIRST_USE_MS` at a time.
 */
const LOOK_MS = 3000;
const FIRST_USE_MS = 8000;
const LONGEST_USE_MS = 64_000;
/** To begin, the server must be so many times as fast as the neighbours; to go on, faster. */
const WORTH_BEGINNING = 2;

export interface Supplies {
  /** Bytes that the neighbours have sent so far. */
  readonly neighbourBytes: number;
  /** Whether a neighbour has something that we want, and lets us ask for it. */
  readonly neighbourGives: boolean;
  /** What the fastest web seed brings in a second; undefined while nothing is known. */
  readonly bytesPerSecond: number | undefined;
}

export class WebSeedPolicy {
  /** Whether web seeds are asked for any piece, or only for those that no neighbour has. */
  bringsAny = true;
  /** Whether the neighbours are being looked at, so that nothing is decided. */
  isLooking = false;
  /** What the neighbours had sent at each update of the last `LOOK_MS`, and at the one before. */
  readonly #sent: { readonly atMs: number; readonly bytes: number }[] = [];
  /** When the neighbours are looked at next, or since when they are. */
  #looksAtMs = Number.NEGATIVE_INFINITY;
  #useMs = FIRST_USE_MS;

  /** Once a second. */
  update({ neighbourBytes, neighbourGives, bytesPerSecond }: Supplies, nowMs: number): void {
    this.#sent.push({ atMs: nowMs, bytes: neighbourBytes });
    while (this.#sent.length > 1 && this.#sent[1].atMs <= nowMs - LOOK_MS) this.#sent.shift();
    if (!neighbourGives || bytesPerSecond === undefined) {
      this.bringsAny = true;
      this.isLooking = false;
      this.#useMs = FIRST_USE_MS;
      this.#looksAtMs = nowMs;
    } else if (this.bringsAny && nowMs >= this.#looksAtMs) {
      this.bringsAny = false;
      this.isLooking = true;
      this.#looksAtMs = nowMs;
    } else if (!this.isLooking || nowMs >= this.#looksAtMs + LOOK_MS) {
      this.#decide(((neighbourBytes - this.#sent[0].bytes) / (nowMs - this.#sent[0].atMs)) * 1000, bytesPerSecond, nowMs);
    }
  }

  #decide(neighboursBytesPerSecond: number, bytesPerSecond: number, nowMs: number): void {
    const isWorthIt = neighboursBytesPerSecond * (this.bringsAny ? 1 : WORTH_BEGINNING) < bytesPerSecond;
    if (!isWorthIt) this.#useMs = FIRST_USE_MS;
    if (isWorthIt && !this.bringsAny) {
      this.#looksAtMs = nowMs + this.#useMs;
      this.#useMs = Math.min(this.#useMs * 2, LONGEST_USE_MS);
    }
    this.bringsAny = isWorthIt;
    this.isLooking = false;
  }
}
