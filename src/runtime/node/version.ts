/** Which Shoal this is: package.json says it, in the clone and in the installed package alike. */
import { readFileSync } from 'node:fs';

export function version(): string {
  const description: { version: string } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  return description.version;
}
