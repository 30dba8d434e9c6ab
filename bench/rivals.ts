/**
 * Where the programs are that the benches run beside Shoal: in the folder that SHOAL_RIVALS names, or in bench/rivals/ once
 * `npm ci --prefix bench/rivals` has put them there.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const FOLDERS = [process.env.SHOAL_RIVALS, path.join(import.meta.dirname, 'rivals')].filter((folder) => folder !== undefined);

/** A rival's package folder; undefined where it is not installed. */
export function rivalFolder(name: string): string | undefined {
  return FOLDERS.map((folder) => path.join(folder, 'node_modules', name)).find((folder) => existsSync(folder));
}

/** A rival's module by the path inside its package; undefined where it is not installed. */
export async function importRival(name: string, file: string): Promise<unknown> {
  const folder = rivalFolder(name);
  return folder === undefined ? undefined : import(pathToFileURL(path.join(folder, file)).href);
}
