/** Which display a command has: as it is told, and as its output is a terminal or not. */
import type { Display } from './display.ts';
import { isTerminal, style } from './style.ts';

/** Opens a display for as long as `use` takes. Rejects as that does. */
export async function withDisplay(options: Parameters<typeof openDisplay>[0], use: (display: Display) => Promise<void>): Promise<void> {
  const display = await openDisplay(options);
  try {
    await use(display);
  } finally {
    display.close();
  }
}

export async function openDisplay({ json }: { readonly json?: boolean | undefined }): Promise<Display> {
  if (json === true) return new (await import('./event-lines.ts')).EventLines((text) => process.stdout.write(text));
  if (isTerminal(process.stdout)) return new (await import('./live-display.ts')).LiveDisplay(process.stdout, style(process.stdout));
  return new (await import('./plain-lines.ts')).PlainLines((text) => process.stdout.write(text));
}
