/** Which display a command has: as it is told, and as its output is a terminal or not. */
import type { Display } from './display.ts';
import { isTerminal, style } from './style.ts';

export async function openDisplay({ json }: { readonly json?: boolean | undefined }): Promise<Display> {
  if (json === true) return new (await import('./event-lines.ts')).EventLines((text) => process.stdout.write(text));
  if (isTerminal(process.stdout)) return new (await import('./live-display.ts')).LiveDisplay(process.stdout, style(process.stdout));
  return new (await import('./plain-lines.ts')).PlainLines((text) => process.stdout.write(text));
}
