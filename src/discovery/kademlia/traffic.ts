/** What a node has sent and received, counted by kind: for `dht status`, and so that no datagram disappears without a trace. */

/** Why a datagram, or the query in it, was not answered. */
export type DropReason = 'oversized' | 'malformed' | 'unexpected' | 'rate-limited' | 'read-only';

export interface TrafficReport {
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Queries sent, by method. */
  readonly asked: Readonly<Record<string, number>>;
  /** Queries answered, by method; those of no method we know under `unknown`. */
  readonly answered: Readonly<Record<string, number>>;
  /** Errors sent, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Datagrams dropped without a word, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

export class Traffic {
  #datagramsSent = 0;
  #datagramsReceived = 0;
  #bytesSent = 0;
  #bytesReceived = 0;
  readonly #asked = new Map<string, number>();
  readonly #answered = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #dropped = new Map<string, number>();

  sent(bytes: Uint8Array): void {
    this.#datagramsSent += 1;
    this.#bytesSent += bytes.length;
  }

  received(bytes: Uint8Array): void {
    this.#datagramsReceived += 1;
    this.#bytesReceived += bytes.length;
  }

  asked(method: string): void {
    increment(this.#asked, method);
  }

  /** `method`: one of those that are known, or `unknown`; never what a stranger wrote. */
  answered(method: string): void {
    increment(this.#answered, method);
  }

  refused(code: number): void {
    increment(this.#refused, String(code));
  }

  dropped(reason: DropReason): void {
    increment(this.#dropped, reason);
  }

  report(): TrafficReport {
    return {
      datagramsSent: this.#datagramsSent,
      datagramsReceived: this.#datagramsReceived,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      asked: Object.fromEntries(this.#asked),
      answered: Object.fromEntries(this.#answered),
      refused: Object.fromEntries(this.#refused),
      dropped: Object.fromEntries(this.#dropped),
    };
  }
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
