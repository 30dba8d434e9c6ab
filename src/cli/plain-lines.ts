/** Off a terminal, for logs: a line now and then, each of which can be read by itself. */
import type { Display, DisplayEvent, View } from './display.ts';
import { Pace } from './pace.ts';

const INTERVAL_MS = 1000;

export class PlainLines implements Display {
  readonly intervalMs = INTERVAL_MS;
  readonly #write: (text: string) => void;
  readonly #pace: Pace;
  #lastLine = '';

  constructor(write: (text: string) => void, pace = new Pace()) {
    this.#write = write;
    this.#pace = pace;
  }

  /** Only if there is news. */
  show(view: View): void {
    if (!this.#pace.isDue(view.state, view.lineEveryMs, view.firstLineMs)) return;
    const line = view.line();
    if (line !== this.#lastLine) this.note(line);
    this.#lastLine = line;
  }

  tell(_event: DisplayEvent, text: string): void {
    this.note(text);
  }

  note(text: string): void {
    this.#write(`${text}\n`);
  }

  clear(): void {
    // What is printed stays.
  }

  close(): void {
    // Nothing was changed.
  }
}
