/**
 * Keeping the circle whole, whoever comes and goes: every so often the successor is asked for its neighbours, which shows that
 * it is there, tells it of us, and tells us of peers that have come between (Chord's stabilise and notify in one exchange).
 * The predecessor is asked whether it is there; of the other neighbours, one at a time.
 *
 * Chord takes its successor's list for its own. Here what it says is hearsay, and each peer keeps the nearest that have
 * answered itself: that is why an ill-meaning neighbour cannot fill the list with peers that do not exist, and why circles
 * that Chord cannot mend (Zave, "How to make Chord correct", 2017), such as one that winds around twice, mend.
 *
 * Invariant: a change among the neighbours is followed by another round soon, so news travels around without waiting.
 */
import type { Timer } from '../../runtime/clock.ts';
import type { RingContext } from './context.ts';

export class Stabiliser {
  readonly #context: RingContext;
  #timer: Timer | undefined;
  #isSoon = false;
  #isStopped = true;
  /** Which of the neighbours further off is asked next. */
  #turn = 0;

  constructor(context: RingContext) {
    this.#context = context;
  }

  start(): void {
    this.#isStopped = false;
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** The neighbours have changed: a round follows before the usual time. */
  soon(): void {
    if (this.#isSoon || this.#isStopped) return;
    this.#isSoon = true;
    this.#timer?.cancel();
    this.#timer = this.#context.clock.after(this.#context.settings.stabiliseIntervalMs / 10, () => this.round());
  }

  /** One round, at once. */
  round(): void {
    const { table } = this.#context;
    this.#isSoon = false;
    this.#schedule();
    const { successor, predecessor } = table;
    // Whoever has lost all neighbours on one side may know others further off.
    if (successor === undefined || predecessor === undefined) this.#context.hear(table.all, false);
    if (successor !== undefined) {
      const neighbours = { successors: table.successors.all, predecessors: table.predecessors.all };
      this.#context.ask(successor, { type: 'stabilise', ...neighbours }, (outcome) => {
        if (outcome.kind === 'answer') this.#context.hear([...outcome.answer.successors ?? [], ...outcome.answer.predecessors ?? []], true);
      });
    }
    if (predecessor !== undefined && predecessor.key !== successor?.key) this.#context.check([predecessor]);
    const others = [...table.successors.all, ...table.predecessors.all].filter(({ key }) => key !== successor?.key && key !== predecessor?.key);
    if (others.length === 0) return;
    this.#turn = (this.#turn + 1) % others.length;
    this.#context.check([others[this.#turn]]);
  }

  /** Intervals differ a little, or peers that began together would ask together for ever. */
  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    const { clock, random, settings } = this.#context;
    this.#timer = clock.after(settings.stabiliseIntervalMs * (0.9 + 0.2 * random.fraction()), () => this.round());
  }
}
