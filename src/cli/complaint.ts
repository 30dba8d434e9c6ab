/** What is wrong with a command line, in Shoal's words rather than in those of the library that reads it. */
import type { CommanderError } from 'commander';

const REWORDED: readonly (readonly [said: RegExp, better: string])[] = [
  [/^error: /, ''],
  [/\n\(Did you mean (.*)\?\)$/, ': did you mean $1?'],
  // A reader of values mostly repeats what it was given; then it need not stand there twice.
  [/^option '(?:-\w, )?(--[\w-]+).*?' argument '.*?' is invalid\. (?=")/s, '$1: '],
  [/^option '(?:-\w, )?(--[\w-]+).*?' argument '(.*?)' is invalid\. /s, "$1 '$2': "],
  [/^command-argument value '(.*?)' is invalid for argument '.*?'\. /s, "'$1': "],
  [/Allowed choices are (.*)\.$/, 'expected one of $1'],
  [/^option '(?:-\w, )?(--[\w-]+).*?' argument missing$/, '$1 needs a value'],
  [/^required option '(?:-\w, )?(--[\w-]+.*)' not specified$/, '$1 is needed'],
  [/(?<!unknown )option '(?:-\w, )?(--[\w-]+)[^']*'/g, '$1'],
  [/^missing required argument '(.*)'$/, 'a word more is needed: $1'],
  [/^too many arguments.* Expected (\d+) arguments? but got (\d+)\.$/, 'too many words: it takes $1, and there are $2'],
];

export function complaint({ message }: CommanderError): string {
  return REWORDED.reduce((text, [said, better]) => text.replace(said, better), message);
}
