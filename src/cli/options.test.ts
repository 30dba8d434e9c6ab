import assert from 'node:assert/strict';
import test from 'node:test';
import { Command, InvalidArgumentError } from 'commander';
import { isEndpointWord, isTrackerWord, ListOption, readEndpoint, readListenEndpoint, readPieceLength, readPort, readRate, readRatio, readTier, spreadValues } from './options.ts';

function parse(...words: string[]): { args: string[] } {
  const program = new Command().exitOverride();
  const get = program.command('get').argument('<source...>').option('--stay');
  get.addOption(new ListOption('--tracker <url…>', '', readTier, isTrackerWord));
  get.addOption(new ListOption('--peer <host:port…>', '', readEndpoint, isEndpointWord));
  get.addOption(new ListOption('--select <glob…>', '', (text) => text, (word) => word.includes('*')));
  get.action(() => undefined);
  program.parse(spreadValues(program, ['get', ...words]), { from: 'user' });
  return { ...get.opts(), args: get.args };
}

test('an option of several values: each behind an option of its own, or all behind one', () => {
  const trackers = [['http://a/announce'], ['udp://b:1', 'udp://c:1']];
  assert.deepEqual(parse('x', '--tracker', 'http://a/announce', '--tracker', 'udp://b:1,udp://c:1'), { args: ['x'], tracker: trackers });
  assert.deepEqual(parse('x', '--tracker', 'http://a/announce', 'udp://b:1,udp://c:1'), { args: ['x'], tracker: trackers });
});

test('what cannot be a value is an argument of the command', () => {
  assert.deepEqual(parse('--tracker', 'http://a/announce', 'udp://b:1,udp://c:1', 'x', 'y').args, ['x', 'y']);
  assert.deepEqual(parse('--peer', '192.0.2.1:1', '[2001:db8::1]:2', 'x', '--select', '*.mkv', 'y'), {
    args: ['x', 'y'], peer: [{ host: '192.0.2.1', port: 1 }, { host: '2001:db8::1', port: 2 }], select: ['*.mkv'],
  });
  assert.deepEqual(parse('--select', 'plain', '*.mkv', '--stay', '--', '*.srt'), { args: ['*.srt'], select: ['plain', '*.mkv'], stay: true });
});

test('values that make no sense are refused with what would', () => {
  const refused: [() => unknown, RegExp][] = [
    [() => readPort('-1'), /0 \(any free one\) to 65535/],
    [() => readPort('65536'), /65535/],
    [() => readRatio('0'), /above 0/],
    [() => readRatio('1e3'), /above 0/],
    [() => readEndpoint('host'), /HOST:PORT/],
    [() => readEndpoint('host:0'), /HOST:PORT/],
    [() => readListenEndpoint('host:x'), /ADDR:PORT/],
    [() => readListenEndpoint('host:80'), /in digits/],
    [() => readListenEndpoint('[::1]:70000'), /65535/],
    [() => readTier('ftp://a'), /a URL such as/],
    [() => readTier('http://a,'), /a URL such as/],
    [() => readTier('http://a:99999/announce'), /a URL such as/],
    [() => readPieceLength('8KiB'), /a power of two from 16 KiB to 256 MiB/],
    [() => readPieceLength('100kB'), /a power of two/],
    [() => readPieceLength('512MiB'), /a power of two/],
    [() => readRate('5'), /not a rate/],
  ];
  for (const [read, message] of refused) assert.throws(read, (error) => error instanceof InvalidArgumentError && message.test(error.message));
});

test('where to listen', () => {
  assert.deepEqual(readListenEndpoint('0.0.0.0:6969'), { host: '0.0.0.0', port: 6969 });
  assert.deepEqual(readListenEndpoint('[::1]:0'), { host: '::1', port: 0 });
  assert.deepEqual(readListenEndpoint(':80'), { port: 80 });
  assert.deepEqual(readListenEndpoint('80'), { port: 80 });
});
