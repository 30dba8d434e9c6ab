/**
 * From the words on the command line to a command's action, and from its end to the exit code.
 *
 * Invariant: `run` ends the process, whatever is still open, with everything that was printed handed over.
 */
import { Command, CommanderError } from 'commander';
import { version } from '../runtime/node/version.ts';
import { COMMANDS } from './commands.ts';
import { complaint } from './complaint.ts';
import { FAILED, failureEvent, Interrupted, reportFailure, UsageError } from './failure.ts';
import { interrupt } from './interruption.ts';
import { spreadValues } from './options.ts';
import { style } from './style.ts';

/** Runs the command that the words name, then ends the process. */
export async function run(words: readonly string[]): Promise<never> {
  // `help get` is `get --help`.
  const asked = words[0] === 'help' && words.length > 1 ? [...words.slice(1), '--help'] : words;
  const program = await readProgram(asked[0]);
  const fail = (error: unknown): void => {
    process.exitCode = reportFailure(error, commandName(program, asked));
    if (words.includes('--json') && !(error instanceof Interrupted)) process.stdout.write(`${JSON.stringify(failureEvent(error))}\n`);
  };
  // A reader that has seen enough, such as `head`, ends us as it ends other programs.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? interrupt('SIGPIPE') : process.exit(FAILED)));
  process.on('uncaughtException', (error) => {
    fail(error);
    process.exit();
  });
  try {
    await execute(program, asked);
  } catch (error) {
    fail(error);
  }
  await new Promise<void>((resolve) => { process.stdout.write('', () => resolve()); });
  return process.exit();
}

/** The program with its table of commands, of which the chosen one is loaded. */
async function readProgram(chosen: string | undefined): Promise<Command> {
  const program = new Command('shoal')
    .description('Peer-to-peer file distribution.')
    .version(version())
    .exitOverride()
    .helpCommand('help [command]', 'tell more of a command')
    .configureOutput({ outputError: () => undefined, getOutHasColors: () => style(process.stdout).hasColours })
    .configureHelp({ styleTitle: (title) => style(process.stdout).bold(title) });
  for (const entry of COMMANDS) {
    const command = program.command(entry.name).usage(entry.usage).summary(entry.summary).description(sentence(entry.summary));
    if (entry.name === chosen) (await entry.load()).define(command);
  }
  return program;
}

async function execute(program: Command, words: readonly string[]): Promise<void> {
  // What is no command has no help either.
  const isKnown = words.length === 0 || words[0].startsWith('-') || words[0] === 'help' || commandName(program, words) !== program.name();
  try {
    await program.parseAsync(isKnown ? spreadValues(program, words) : [words[0]], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new UsageError(error.code === 'commander.help' ? 'no command was given' : complaint(error));
  }
}

/** `shoal dht ping`: as far as the words name commands. */
function commandName(command: Command, [word, ...others]: readonly string[]): string {
  const part = command.commands.find((each) => each.name() === word);
  return part === undefined ? command.name() : `${command.name()} ${commandName(part, others)}`;
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith('?') ? '' : '.'}`;
}
