/**
 * On a terminal: what goes on stands at the bottom and is written over; what is told stays above it.
 *
 * Invariant: nobody else writes to the terminal while something stands there.
 */
import { createLogUpdate } from 'log-update';
import type { Display, DisplayEvent, Screen, View } from './display.ts';
import { Pace } from './pace.ts';
import type { Style } from './style.ts';

const INTERVAL_MS = 500;
/** Work on this machine, which may tell of itself more often than anybody can see. */
const SHOWN_EVERY_MS = 100;
const USUAL_SCREEN: Screen = { columns: 80, rows: 24 };

export class LiveDisplay implements Display {
  readonly intervalMs = INTERVAL_MS;
  readonly #stream: NodeJS.WriteStream;
  readonly #style: Style;
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #pace = new Pace();
  readonly #resized = (): void => this.#draw();
  #view: View | undefined;
  /** Of what stands there. */
  #lineCount = 0;

  constructor(stream: NodeJS.WriteStream, style: Style) {
    this.#stream = stream;
    this.#style = style;
    this.#update = createLogUpdate(stream);
    stream.on('resize', this.#resized);
  }

  show(view: View): void {
    this.#view = view;
    if (this.#pace.isDue(view.state, SHOWN_EVERY_MS)) this.#draw();
  }

  tell(_event: DisplayEvent, text: string): void {
    this.note(text);
  }

  /** Written as it is: a link that were broken to fit could not be copied in one piece. */
  note(text: string): void {
    this.#erase();
    this.#stream.write(`${text}\n`);
    this.#draw();
  }

  clear(): void {
    this.#view = undefined;
    this.#erase();
  }

  close(): void {
    this.clear();
    this.#stream.off('resize', this.#resized);
    this.#update.done();
  }

  #draw(): void {
    if (this.#view === undefined) return;
    // A terminal of no size is one that does not tell.
    const columns = this.#stream.columns || USUAL_SCREEN.columns;
    const rows = this.#stream.rows || USUAL_SCREEN.rows;
    const lines = this.#view.lines({ columns, rows }, this.#style);
    // log-update writes over the lines that differ, where they stand; it does not move those below when there are more or fewer.
    if (lines.length !== this.#lineCount) this.#erase();
    this.#lineCount = lines.length;
    this.#update(lines.join('\n'));
  }

  #erase(): void {
    this.#update.clear();
    this.#lineCount = 0;
  }
}
