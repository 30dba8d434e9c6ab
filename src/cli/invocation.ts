/** How the program was called: from which folder, under which name, and where it keeps what it must remember. */
import os from 'node:os';
import path from 'node:path';

/** `npm start` runs in the clone's folder and tells in INIT_CWD in which one the person is. */
const isNpmStart = process.env['npm_lifecycle_event'] === 'start';

/** The absolute path of what a person named, with `/` between the components. */
export function resolvePath(name: string): string {
  const from = isNpmStart ? process.env['INIT_CWD'] : undefined;
  return path.resolve(from ?? process.cwd(), name).replaceAll(path.sep, '/');
}

/** What others type to run a command: as this person did, so that it can be handed on with the clone. */
export function commandLine(...words: readonly string[]): string {
  return [programName(), ...words.map(quote)].join(' ');
}

export function programName(): string {
  if (isNpmStart) return 'npm start --';
  // A clone is entered by its source; what npm has installed is on the PATH.
  return import.meta.url.endsWith('.ts') ? './bin/shoal' : 'shoal';
}

function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** For resume records and the like: $SHOAL_HOME, or the place that the XDG base directories have for state. */
export function stateDirectory(): string {
  const { SHOAL_HOME: own, XDG_STATE_HOME: state } = process.env;
  if (own !== undefined && own !== '') return resolvePath(own);
  // The specification has relative paths ignored.
  const base = state !== undefined && path.isAbsolute(state) ? state : path.join(os.homedir(), '.local', 'state');
  return path.join(base, 'shoal').replaceAll(path.sep, '/');
}
