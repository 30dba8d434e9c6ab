/** Commands within a command, such as `lab model`: one file each. */
import type { Command } from 'commander';
import { UsageError } from './failure.ts';

export interface CommandPart {
  /** Adds itself to the command that it is a part of. */
  define(command: Command): void;
}

/** Adds the parts; a word that is none of them is answered with what there is. */
export function defineParts(command: Command, parts: readonly CommandPart[]): void {
  for (const part of parts) part.define(command);
  const names = command.commands.map((part) => part.name()).join(', ');
  command.argument('[command]').action((name: string | undefined) => {
    throw new UsageError(`${name === undefined ? 'a word more is needed' : `there is no '${name}' here`}: expected one of ${names}`);
  });
}
