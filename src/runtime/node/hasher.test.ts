import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { sha1, sha256Blocks } from '../../bytes/digest.ts';
import { SeededRandom } from '../simulated/simulation.ts';
import { nodeHasher } from './hasher.ts';

const KIB = 1024;
/** From nothing to several pieces' worth, on both sides of every limit. */
const LENGTHS = [0, 1, 16 * KIB, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 256 * KIB, 1024 * KIB + 5, 5000 * KIB];

for (const cores of [1, 2]) {
  test(`hashes are right for any length and any number at once, on ${cores} core${cores > 1 ? 's' : ''}`, async () => {
    const hasher = nodeHasher(cores);
    const bytes = new SeededRandom(1).bytes(5000 * KIB);
    const plain = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
    await Promise.all([...LENGTHS, ...LENGTHS.toReversed()].map(async (length, index) => {
      // Views that begin somewhere inside their buffer, as pieces may.
      const piece = bytes.subarray(index, length);
      for (const way of [hasher, hasher.thrifty]) {
        assert.equal(plain(await way.sha1(piece)), plain(sha1(piece)));
        assert.equal(plain(await way.sha256Blocks(piece)), plain(sha256Blocks(piece)));
      }
    }));
  });
}

test('a hasher that has worked does not keep the process alive, and one at work does', () => {
  const script = `
    import { nodeHasher } from ${JSON.stringify(new URL('./hasher.ts', import.meta.url).href)};
    const hasher = nodeHasher(2);
    const first = await hasher.sha256Blocks(new Uint8Array(200_000));
    const second = await hasher.sha256Blocks(new Uint8Array(100_000));
    const third = await hasher.sha1(new Uint8Array(200_000));
    process.stdout.write([first, second, third].map((hash) => hash.length).join());
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(output, '416,224,20');
});
