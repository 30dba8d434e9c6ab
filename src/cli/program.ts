/**
 * From the words on the command line to a command's action, and from its end to the exit code.
 *
 * Invariant: `run` ends the process, whatever is still open, with everything that was printed handed over.
 */
import { Command, CommanderError } from 'commander';
import { version } from '../runtime/node/version.ts';
import { COMMANDS } from './commands.ts';
import { FAILED, failureEvent, Interrupted, reportFailure, UsageError } from './failure.ts';
import { interrupt } from './interruption.ts';
import { spreadValues } from './options.ts';
import { style } from './style.ts';

/** Runs the command that the words name, then ends the process. */
export async function run(words: readonly string[]): Promise<never> {
  const chosen = words[0] === 'help' ? words[1] : words[0];
  const commandName = COMMANDS.some(({ name }) => name === chosen) ? `shoal ${chosen}` : 'shoal';
  const fail = (error: unknown): void => {
    process.exitCode = reportFailure(error, commandName);
    if (words.includes('--json') && !(error instanceof Interrupted)) process.stdout.write(`${JSON.stringify(failureEvent(error))}\n`);
  };
  // A reader that has seen enough, such as `head`, ends us as it ends other programs.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? interrupt('SIGPIPE') : process.exit(FAILED)));
  process.on('uncaughtException', (error) => {
    fail(error);
    process.exit();
  });
  try {
    await execute(words, chosen);
  } catch (error) {
    fail(error);
  }
  await new Promise<void>((resolve) => { process.stdout.write('', () => resolve()); });
  return process.exit();
}

async function execute(words: readonly string[], chosen: string | undefined): Promise<void> {
  const program = new Command('shoal')
    .description('Peer-to-peer file distribution.')
    .version(version())
    .exitOverride()
    .helpCommand('help [command]', 'tell more of a command')
    .configureOutput({ outputError: () => undefined, getOutHasColors: () => style(process.stdout).hasColours })
    .configureHelp({ styleTitle: (title) => style(process.stdout).bold(title) });
  for (const entry of COMMANDS) {
    const command = program.command(entry.name).usage(entry.usage).summary(entry.summary).description(capitalized(entry.summary));
    if (entry.name === chosen) (await entry.load()).define(command);
  }
  try {
    await program.parseAsync(spreadValues(program, words), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new UsageError(error.code === 'commander.help' ? helpless(words) : error.message.replace(/^error: /, ''));
  }
}

/** Why the help was shown unasked. */
function helpless(words: readonly string[]): string {
  return words.length === 0 ? 'no command was given' : `there is no command '${words.at(-1)}'`;
}

function capitalized(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
