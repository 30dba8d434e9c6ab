/**
 * How fast something flows, as an average over the last seconds. Tit for tat ranks neighbours by 20 seconds (BEP 3); the
 * pipeline and the screen look at shorter stretches.
 *
 * Invariant: the memory of one meter is its window, a number a second, whatever flows.
 */
export class RateMeter {
  /** Bytes since the meter was made. */
  totalBytes = 0;
  readonly #windowSeconds: number;
  readonly #startedMs: number;
  /** Bytes in each of the last seconds, second `s` at index `s % window`. */
  readonly #bytesBySecond: number[];
  #latestSecond: number;
  #windowBytes = 0;

  constructor(windowSeconds: number, nowMs: number) {
    this.#windowSeconds = windowSeconds;
    this.#startedMs = nowMs;
    this.#bytesBySecond = Array.from({ length: windowSeconds }, () => 0);
    this.#latestSecond = Math.floor(nowMs / 1000);
  }

  add(bytes: number, nowMs: number): void {
    this.#advance(nowMs);
    this.#bytesBySecond[this.#latestSecond % this.#windowSeconds] += bytes;
    this.#windowBytes += bytes;
    this.totalBytes += bytes;
  }

  /** Averaged over the window, or over the meter's life where that is shorter (but never under a second). */
  bytesPerSecond(nowMs: number): number {
    // Most neighbours send nothing most of the time: their meters need no look at each second that has gone by.
    if (this.#windowBytes === 0) return 0;
    this.#advance(nowMs);
    // The current second has only just begun: the window is the whole seconds before it, and what has passed of this one.
    const coveredMs = (this.#windowSeconds - 1) * 1000 + (nowMs % 1000);
    const seconds = Math.max(1000, Math.min(coveredMs, nowMs - this.#startedMs)) / 1000;
    return this.#windowBytes / seconds;
  }

  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#latestSecond) return;
    const steps = Math.min(second - this.#latestSecond, this.#windowSeconds);
    for (let step = 1; step <= steps; step++) {
      const slot = (this.#latestSecond + step) % this.#windowSeconds;
      this.#windowBytes -= this.#bytesBySecond[slot];
      this.#bytesBySecond[slot] = 0;
    }
    if (steps === this.#windowSeconds) this.#windowBytes = 0;
    this.#latestSecond = second;
  }
}

/** Whoever waits looks again after this at the latest, for the rate may have been changed meanwhile. */
const LONGEST_WAIT_MS = 1000;

/** Lets through no more than so many bytes a second, with one second's worth at once at most (a token bucket). */
export class RateLimit {
  #bytesPerSecond: number;
  #allowance: number;
  #updatedMs: number;
  readonly #within: RateLimit | undefined;

  /** `bytesPerSecond` Infinity: no limit; 0: nothing passes. `within` is one that holds besides, shared with others. */
  constructor(bytesPerSecond: number, nowMs: number, within?: RateLimit) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#allowance = bytesPerSecond;
    this.#updatedMs = nowMs;
    this.#within = within;
  }

  get bytesPerSecond(): number {
    return Math.min(this.#bytesPerSecond, this.#within?.bytesPerSecond ?? Number.POSITIVE_INFINITY);
  }

  setRate(bytesPerSecond: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#bytesPerSecond = bytesPerSecond;
    this.#allowance = Math.min(this.#allowance, bytesPerSecond);
  }

  /** Whether `bytes` may pass now; if so, they are counted. The allowance may be overdrawn once, so that no size is too large. */
  take(bytes: number, nowMs: number): boolean {
    if (this.waitMs(nowMs) > 0) return false;
    this.charge(bytes, nowMs);
    return true;
  }

  /** Counts `bytes` that have passed already. */
  charge(bytes: number, nowMs: number): void {
    this.#within?.charge(bytes, nowMs);
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return;
    this.#refill(nowMs);
    this.#allowance -= bytes;
  }

  /** Milliseconds after which to ask again; 0 where something may pass now. */
  waitMs(nowMs: number): number {
    const sharedMs = this.#within?.waitMs(nowMs) ?? 0;
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return sharedMs;
    this.#refill(nowMs);
    const ownMs = this.#allowance > 0 ? 0 : ((1 - this.#allowance) / this.#bytesPerSecond) * 1000;
    return Math.max(sharedMs, Math.min(LONGEST_WAIT_MS, ownMs));
  }

  #refill(nowMs: number): void {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return;
    const earned = ((nowMs - this.#updatedMs) / 1000) * this.#bytesPerSecond;
    this.#allowance = Math.min(this.#bytesPerSecond, this.#allowance + earned);
    this.#updatedMs = nowMs;
  }
}
