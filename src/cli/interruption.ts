/**
 * Ctrl-C and its like: the first asks to stop cleanly, the second stops at once.
 *
 * Invariant: while no command listens, a signal ends the program as it would any other.
 */
import os from 'node:os';
import { Interrupted } from './failure.ts';

/** One Ctrl-C reaches us twice where npm, which hears it too, hands it on; nobody presses it twice so soon. */
const ECHO_MS = 500;

let interruptedMs = 0;
let controller: AbortController | undefined;

/** From now on signals end the program only by way of this: it aborts with an `Interrupted` at the first of them. */
export function interruption(): AbortSignal {
  if (controller === undefined) {
    controller = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupt(name));
  }
  return controller.signal;
}

/** As if the signal had come. */
export function interrupt(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE'): void {
  const exitCode = 128 + os.constants.signals[name];
  if (controller === undefined) process.exit(exitCode);
  if (!controller.signal.aborted) {
    interruptedMs = performance.now();
    controller.abort(new Interrupted(exitCode));
  } else if (performance.now() - interruptedMs > ECHO_MS) {
    process.exit(exitCode);
  }
}
