/** What a person wants done as soon as a file is whole (`--on-done`): a command for the shell. */
import { spawn } from 'node:child_process';
import { ShoalError } from '../bytes/errors.ts';

export interface DoneCommand {
  readonly command: string;
  readonly name: string;
  /** Where the file or folder is. */
  readonly path: string;
  /** In hexadecimal. */
  readonly infoHash: string;
  /** Its output goes to standard error, for programs read the other. */
  readonly json: boolean;
}

/** Resolves when the command has ended well; rejects with `ShoalError` 'COMMAND_FAILED' where it has not. */
export function runDoneCommand({ command, name, path, infoHash, json }: DoneCommand): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => reject(new ShoalError('COMMAND_FAILED', `the command of --on-done ${what}`));
    // The cache is for Shoal's own code; `bin/shoal` names it.
    const { NODE_COMPILE_CACHE: _, ...env } = process.env;
    const child = spawn(command, {
      shell: true,
      stdio: ['ignore', json ? 2 : 1, 2],
      env: { ...env, SHOAL_NAME: name, SHOAL_PATH: path, SHOAL_INFO_HASH: infoHash },
    });
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else fail(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
    });
  });
}
