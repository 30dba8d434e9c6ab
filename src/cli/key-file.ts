/**
 * Keys that sign what one publishes: a file with an Ed25519 seed, 32 bytes in hexadecimal.
 *
 * Invariant: a key that is made can be read by its owner alone; a file that is there is never written to.
 */
import { open, stat } from 'node:fs/promises';
import { ShoalError } from '../bytes/errors.ts';
import { fromHex, toHex } from '../bytes/hex.ts';
import { KEY_BYTES, keyPairFromSeed, type KeyPair } from '../bytes/signature.ts';
import { asDiskError } from '../runtime/node/disk.ts';
import type { Runtime } from '../runtime/runtime.ts';

const FILE_BYTES = 1024;
const OWNER_ALONE = 0o600;
const OTHERS = 0o077;

/**
 * The key in the file, which is made where it is not there. `note` is told of what the owner should know. Rejects with
 * `DiskError`, or `ShoalError` 'BAD_KEY'.
 */
export async function openKeyFile({ disk, random }: Pick<Runtime, 'disk' | 'random'>, path: string, note: (line: string) => void): Promise<KeyPair> {
  if ((await disk.status(path)) === undefined) {
    const seed = random.bytes(KEY_BYTES);
    await writeKey(path, seed);
    note(`${path} is a new key: whoever has it publishes in its name`);
    return keyPairFromSeed(seed);
  }
  const seed = fromHex(Buffer.from(await disk.readWhole(path, FILE_BYTES)).toString('latin1').trim());
  if (seed?.length !== KEY_BYTES) throw new ShoalError('BAD_KEY', `${path}: a key has ${KEY_BYTES} bytes in hexadecimal, and nothing else`);
  if (process.platform !== 'win32' && ((await stat(path)).mode & OTHERS) !== 0) note(`${path} can be read by others: chmod 600 keeps it to you`);
  return keyPairFromSeed(seed);
}

/** `Disk` knows nothing of who may read a file. */
async function writeKey(path: string, seed: Uint8Array): Promise<void> {
  try {
    const file = await open(path, 'wx', OWNER_ALONE);
    try {
      await file.writeFile(`${toHex(seed)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asDiskError(error, path);
  }
}
