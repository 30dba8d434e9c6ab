import assert from 'node:assert/strict';
import test from 'node:test';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { complaint } from './complaint.ts';

function readNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected digits');
  return Number(text);
}

function refuse(text: string): never {
  throw new InvalidArgumentError(`"${text}" is not a rate: expected one such as 1MB/s`);
}

function complaintOf(...words: string[]): string {
  const program = new Command('shoal').exitOverride().configureOutput({ writeErr: () => undefined });
  program.command('get').argument('<source>', '', readNumber).action(() => undefined)
    .requiredOption('-o, --output <file>')
    .option('--port <n>', '', readNumber)
    .option('--down <rate>', '', refuse)
    .addOption(new Option('--stay').conflicts('seedTime'))
    .option('--seed-time <duration>')
    .addOption(new Option('--format <format>').choices(['v1', 'v2']));
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return complaint(error);
    throw error;
  }
  return '';
}

test('what is wrong with a command line is said in one sentence, which names it once', () => {
  const cases: [words: string, complaint: string][] = [
    ['gett', "unknown command 'gett': did you mean get?"],
    ['bogus', "unknown command 'bogus'"],
    ['get 1 -o x --stya', "unknown option '--stya': did you mean --stay?"],
    ['get 1 -o x --port no', "--port 'no': expected digits"],
    ['get 1 -o x --port', '--port needs a value'],
    ['get 1 -o x --down 5', '--down: "5" is not a rate: expected one such as 1MB/s'],
    ['get 1 -o x --format v9', "--format 'v9': expected one of v1, v2"],
    ['get 1 -o x --stay --seed-time 5', '--stay cannot be used with --seed-time'],
    ['get 1', '--output <file> is needed'],
    ['get x -o x', "'x': expected digits"],
    ['get -o x', 'a word more is needed: source'],
    ['get 1 2 3 -o x', 'too many words: it takes 1, and there are 3'],
  ];
  for (const [words, expected] of cases) assert.equal(complaintOf(...words.split(' ')), expected);
});
