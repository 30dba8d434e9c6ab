/** The local network alone: real processes that hear each other on a port that they share, on the loopback interface. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import test from 'node:test';
import { Workplace } from './support/cli.ts';

test('without tracker and DHT, on one local network a bare magnet link is enough', async () => {
  await using work = await Workplace.create();
  const bytes = randomBytes(1_000_000);
  await writeFile(work.path('film.mkv'), bytes);
  const local = ['--discovery', 'local', '--listen', '127.0.0.1', '--port', '0'];
  const share = work.start(['share', 'film.mkv', '--no-embedded-tracker', ...local, '--json'], { home: 'share' });
  const { magnet } = await share.event('ready');
  const get = await work.run(['get', String(magnet), '--dir', 'out', ...local], { home: 'get' });
  assert.equal(get.exitCode, 0, get.stderr);
  assert.deepEqual(await readFile(work.path('out/film.mkv')), bytes);
  const forPeople = work.start(['share', 'film.mkv', '--no-embedded-tracker', ...local], { home: 'share-2' });
  assert.match(await forPeople.printed(/must be told/), /others beyond the local network must be told where it is/);
});
