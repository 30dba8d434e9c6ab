/** Options' values: how each kind is read, and those options that may be given several times. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addressFamily, parseEndpoint, type Endpoint } from '../bytes/endpoint.ts';
import { ShoalError } from '../bytes/errors.ts';
import { LIMITS } from '../bytes/limits.ts';
import { formatBytes, parseDuration, parseRate, parseSize } from '../bytes/units.ts';

/** A reader of an option's value: what it refuses is told together with the option's name. */
export function reader<Value>(read: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw error instanceof ShoalError ? new InvalidArgumentError(error.message) : error;
    }
  };
}

const readSize = reader(parseSize);
/** Bytes per second; 0 is no limit. */
export const readRate = reader((text) => parseRate(text));
/** Milliseconds. */
export const readDuration = reader(parseDuration);

/** A power of two. */
export function readPieceLength(text: string): number {
  const bytes = readSize(text);
  if (bytes >= LIMITS.blockBytes && bytes <= LIMITS.pieceBytes && Number.isInteger(Math.log2(bytes))) return bytes;
  throw new InvalidArgumentError(`expected a power of two from ${formatBytes(LIMITS.blockBytes, 'binary')} to ${formatBytes(LIMITS.pieceBytes, 'binary')}`);
}

/** 0 to 65535; 0 is any free one. */
export function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new InvalidArgumentError('a port is a number from 0 (any free one) to 65535');
  return port;
}

export function readRatio(text: string): number {
  const ratio = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(ratio > 0)) throw new InvalidArgumentError('a ratio is a number above 0, such as 1.5');
  return ratio;
}

export function readEndpoint(text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint === undefined) throw new InvalidArgumentError('expected HOST:PORT, such as 192.168.1.5:6881 or [2001:db8::5]:6881');
  return endpoint;
}

/** Where to listen: `ADDR:PORT`, or `:PORT` or `PORT` for every address. Port 0 is any free one. */
export function readListenEndpoint(text: string): { host?: string; port: number } {
  const match = /^(?:(?:\[([0-9a-f:.]+)\]|([^:]*)):)?(\d{1,5})$/i.exec(text);
  if (match === null) throw new InvalidArgumentError('expected ADDR:PORT, such as 0.0.0.0:6969 or [::1]:6969, or a port alone');
  const host = match[1] ?? match[2] ?? '';
  return { ...(host === '' ? {} : { host: readAddress(host) }), port: readPort(match[3]) };
}

function readAddress(text: string): string {
  if (addressFamily(text) === undefined) throw new InvalidArgumentError('expected an address of this machine in digits, such as 192.168.1.5 or ::1');
  return text;
}

export function listenOption(): Option {
  return new Option('--listen <addr>', 'the local address to use; by default all of them').argParser(readAddress);
}

/** A tier of trackers (BEP 12): one URL, or several with commas between them. */
export function readTier(text: string): readonly string[] {
  const urls = text.split(',');
  for (const url of urls) {
    if (!/^(https?|udp):\/\/[^\s/]/i.test(url) || !URL.canParse(url)) throw new InvalidArgumentError('expected a URL such as http://tracker.example:6969/announce or udp://…');
  }
  return urls;
}

/** Where an HTTP server has the files (BEP 19). */
export function readWebSeed(text: string): string {
  if (!isWebSeedWord(text) || !URL.canParse(text)) throw new InvalidArgumentError('expected a URL such as https://example.org/files/');
  return text;
}

/**
 * An option that may be given several times, or once with several values behind it: `--tracker A --tracker B` and
 * `--tracker A B` are the same. Its value is an array.
 */
export class ListOption extends Option {
  /** Whether a word that follows a value of the option is one more, and not an argument of the command. */
  readonly takes: (word: string) => boolean;

  constructor(flags: string, description: string, read: (text: string) => unknown, takes: (word: string) => boolean) {
    super(flags, description);
    this.takes = takes;
    this.argParser<unknown[]>((text, previous = []) => [...previous, read(text)]);
  }
}

export const isTrackerWord = (word: string): boolean => /^(https?|udp):\/\//i.test(word);
export const isWebSeedWord = (word: string): boolean => /^https?:\/\//i.test(word);
export const isEndpointWord = (word: string): boolean => parseEndpoint(word) !== undefined;

export function bootstrapOption(description: string): ListOption {
  return new ListOption('--bootstrap <host:port…>', description, readEndpoint, isEndpointWord);
}

/** The same words with each value of a `ListOption` behind an option of its own. */
export function spreadValues(program: Command, words: readonly string[]): string[] {
  const lists = listOptions(program);
  const spread: string[] = [];
  let list: ListOption | undefined;
  let isFirstValue = false;
  for (const [index, word] of words.entries()) {
    if (word === '--') return [...spread, ...words.slice(index)];
    if (list !== undefined && !word.startsWith('-') && (isFirstValue || list.takes(word))) {
      if (!isFirstValue) spread.push(list.long!);
      isFirstValue = false;
    } else {
      list = lists.find((option) => option.long === word);
      isFirstValue = list !== undefined;
    }
    spread.push(word);
  }
  return spread;
}

function listOptions(command: Command): ListOption[] {
  return [...command.options.filter((option) => option instanceof ListOption), ...command.commands.flatMap(listOptions)];
}
