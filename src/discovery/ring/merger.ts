/**
 * Finding the rest of the ring: after a partition each part closes into a circle of its own, and nothing on either circle
 * points to the other. So each peer remembers peers it once knew, and its well-known ones, and now and then asks one of them
 * who follows it. If that is a nearer successor than the one it has, there was another circle, or a tangled one; it takes the
 * nearer peer for its successor, tells it of the old one by stabilising, and from there the two close up like a zip.
 *
 * Invariant: as long as one peer of either part is remembered by a peer of the other, and they can reach each other, the two
 * become one.
 */
import { formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { LIMITS } from '../../bytes/limits.ts';
import type { Timer } from '../../runtime/clock.ts';
import { integerBelow } from '../../runtime/random.ts';
import { plusPowerOfTwo } from './circle.ts';
import type { RingContext } from './context.ts';
import { Lookup } from './lookup.ts';
import type { Contact } from './ring-id.ts';

export class Merger {
  readonly #context: RingContext;
  /** Where peers once were that are not in the table any more; the oldest first. */
  readonly #remembered = new Map<string, Endpoint>();
  #wellKnown: readonly Endpoint[] = [];
  #timer: Timer | undefined;

  constructor(context: RingContext) {
    this.#context = context;
  }

  /** Peers that are asked now and then however long they have been silent. */
  setWellKnown(endpoints: readonly Endpoint[]): void {
    this.#wellKnown = endpoints;
  }

  start(): void {
    this.#schedule(this.#context.settings.stabiliseIntervalMs);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** A peer that was in the table has fallen silent: perhaps it is on the other side of a partition. */
  remember({ endpoint }: Contact): void {
    const name = formatEndpoint(endpoint);
    this.#remembered.delete(name);
    this.#remembered.set(name, endpoint);
    if (this.#remembered.size <= LIMITS.ringRememberedPeers) return;
    const [oldest] = this.#remembered.keys();
    this.#remembered.delete(oldest);
  }

  /** Asks one peer that may be on another circle who follows us. */
  probe(): void {
    const { table, isMember, random } = this.#context;
    if (!isMember) return;
    const isOther = (endpoint: Endpoint): boolean => formatEndpoint(endpoint) !== formatEndpoint(table.own.endpoint);
    // One kind as often as another: the few well-known peers must not drown among many that are gone for good.
    const kinds = [[...this.#remembered.values()], this.#wellKnown, table.shortcuts.all.map(({ endpoint }) => endpoint)]
      .map((kind) => kind.filter(isOther))
      .filter((kind) => kind.length > 0);
    if (kinds.length === 0) return;
    const kind = kinds[integerBelow(random, kinds.length)];
    const endpoint = kind[integerBelow(random, kind.length)];
    const target = plusPowerOfTwo(table.own.id, 0);
    this.#context.askAt(endpoint, { type: 'closest', target }, (outcome) => {
      if (outcome.kind !== 'answer') return;
      this.#remembered.delete(formatEndpoint(endpoint));
      const { closer = [], successors = [], predecessors = [] } = outcome.answer;
      const there = [...closer, ...successors, ...predecessors].filter(({ key }) => key !== table.own.key);
      this.#context.hear(there, false);
      if (there.length > 0) Lookup.start(this.#context, target, { seeds: there }, () => {});
    });
  }

  /** Alone, one looks for others often. */
  #schedule(delayMs: number): void {
    const { clock, settings } = this.#context;
    this.#timer = clock.after(delayMs, () => {
      this.#schedule(this.#context.table.isAlone ? settings.stabiliseIntervalMs : settings.mergeIntervalMs);
      this.probe();
    });
  }
}
