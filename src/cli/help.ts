/** What a command's `--help` says behind its options: how it is used. */
import type { Command } from 'commander';
import { programName } from './invocation.ts';
import { style } from './style.ts';

/** @param examples what follows the program's name, and what it does */
export function addExamples(command: Command, examples: readonly (readonly [words: string, meaning: string])[]): void {
  command.addHelpText('after', () => {
    const { bold, dim } = style(process.stdout);
    const lines = examples.map(([words, meaning]) => `  ${dim(`# ${meaning}`)}\n  ${programName()} ${words}`);
    return `\n${bold('Examples:')}\n${lines.join('\n')}`;
  });
}
