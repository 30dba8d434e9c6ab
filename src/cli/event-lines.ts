/** For programs: one JSON object a line, each with the `event` that it tells of. */
import type { Display, DisplayEvent, View } from './display.ts';
import { Pace } from './pace.ts';

const INTERVAL_MS = 1000;
/** A little less, or who comes every second would be too early every other time. */
const SHOWN_EVERY_MS = 900;

export class EventLines implements Display {
  readonly intervalMs = INTERVAL_MS;
  readonly #write: (text: string) => void;
  readonly #pace: Pace;

  constructor(write: (text: string) => void, pace = new Pace()) {
    this.#write = write;
    this.#pace = pace;
  }

  show(view: View): void {
    if (this.#pace.isDue(view.state, SHOWN_EVERY_MS)) this.tell(view.event());
  }

  tell(event: DisplayEvent): void {
    this.#write(`${JSON.stringify(event)}\n`);
  }

  note(): void {
    // For people only.
  }

  clear(): void {
    // What is printed stays.
  }

  close(): void {
    // Nothing was changed.
  }
}
