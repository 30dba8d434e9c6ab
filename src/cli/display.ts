/**
 * Where a command shows what goes on: live on a terminal, as plain lines off it, as one JSON object a line for programs.
 * What there is to see is a `View`, in all three forms; which of them is wanted is the display's to know.
 */
import type { Style } from './style.ts';

/** How something stands at a moment. */
export interface View {
  /** What it is about. Another state is shown at once, the same one only now and then. */
  readonly state: string;
  /** Off a terminal: how often it is worth a line, and how long it must have lasted to be worth the first. */
  readonly lineEveryMs: number;
  readonly firstLineMs: number;
  /** For programs. */
  event(): DisplayEvent;
  /** For logs. */
  line(): string;
  /** For a terminal; none wider than the screen. */
  lines(screen: Screen, style: Style): readonly string[];
}

export interface DisplayEvent {
  readonly event: 'ready' | 'resolved' | 'progress' | 'done' | 'stopped' | 'error';
  readonly [field: string]: unknown;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

export interface Display {
  /** How often there is a use in `show`, which may be called more often. */
  readonly intervalMs: number;
  show(view: View): void;
  /** Something that stays to be read: `text` by people, `event` by programs. */
  tell(event: DisplayEvent, text: string): void;
  /** Words for people that stay. */
  note(text: string): void;
  /** Takes away what `show` has shown; what was told stays. */
  clear(): void;
  /** The last call: clears, and gives the terminal back as it was. */
  close(): void;
}
