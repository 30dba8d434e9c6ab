/**
 * Who has not answered, or would not, is left alone for a while, and longer each time: others are asked first, and he again
 * once he may have thought better of it.
 *
 * Invariant: whoever failed `n` times in a row is ready again after `FIRST_REST_MS * 2^(n-1)`, at most `LONGEST_REST_MS`.
 */
const FIRST_REST_MS = 10_000;
const LONGEST_REST_MS = 10 * 60_000;

export class Backoff<Peer extends object> {
  readonly #failures = new WeakMap<Peer, { readonly count: number; readonly untilMs: number }>();

  isReady(peer: Peer, nowMs: number): boolean {
    const failure = this.#failures.get(peer);
    return failure === undefined || nowMs >= failure.untilMs;
  }

  /** What fails while he rests was begun before: it does not count again. */
  failed(peer: Peer, nowMs: number): void {
    if (!this.isReady(peer, nowMs)) return;
    const count = (this.#failures.get(peer)?.count ?? 0) + 1;
    this.#failures.set(peer, { count, untilMs: nowMs + Math.min(FIRST_REST_MS * 2 ** (count - 1), LONGEST_REST_MS) });
  }

  /** Those who may be asked now, of whom fewest failures are known first. */
  inTurn(peers: Iterable<Peer>, nowMs: number): Peer[] {
    const failures = (peer: Peer): number => this.#failures.get(peer)?.count ?? 0;
    return [...peers].filter((peer) => this.isReady(peer, nowMs)).sort((a, b) => failures(a) - failures(b));
  }

  succeeded(peer: Peer): void {
    this.#failures.delete(peer);
  }
}
