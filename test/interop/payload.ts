/** What is sent around: files of bytes that no client can guess, and their digests, by which every copy is judged. */
import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Client, RunningClient } from './client.ts';

const MIB = 1024 * 1024;

/** By path below the folder that it is all in: bytes. */
type Shape = Readonly<Record<string, number>>;

/** Files that share pieces, one of them empty, one deeper down with a name beyond ASCII, none of a round length. */
export const FOLDER: Shape = {
  'holiday/film.bin': 9 * MIB + 777,
  'holiday/nothing': 0,
  'holiday/photos/été.jpg': 3 * MIB + 1,
  'holiday/readme.txt': 1234,
};

export function oneFile(mebibytes: number): Shape {
  return { 'film.bin': mebibytes * MIB - 4321 };
}

export interface Payload {
  /** The file, or the folder of the files. */
  readonly path: string;
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  /** By path below the folder that `path` is in: SHA-256 in hexadecimal. */
  readonly digests: ReadonlyMap<string, string>;
}

/** Makes the files in `directory`. */
export async function makePayload(directory: string, shape: Shape): Promise<Payload> {
  const digests = new Map<string, string>();
  let length = 0;
  for (const [name, bytes] of Object.entries(shape)) {
    const content = keyStream(name, bytes);
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    digests.set(name, createHash('sha256').update(content).digest('hex'));
    length += bytes;
  }
  const name = Object.keys(shape)[0].split('/')[0];
  return { path: path.join(directory, name), name, length, digests };
}

/** For a seed. */
export async function copyPayload(payload: Payload, directory: string): Promise<void> {
  await cp(payload.path, path.join(directory, payload.name), { recursive: true });
}

const NOTHING = createHash('sha256').digest('hex');

/** Throws where what a client has is not, byte for byte, what was sent. */
export async function assertWhole(payload: Payload, { directory }: Pick<RunningClient, 'directory'>, { omitsEmptyFiles }: Pick<Client, 'omitsEmptyFiles'> = {}): Promise<void> {
  for (const [name, digest] of payload.digests) {
    if (digest === NOTHING && omitsEmptyFiles) continue;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path.join(directory, name)), hash);
    assert.equal(hash.digest('hex'), digest, `${path.join(directory, name)} has the wrong bytes`);
  }
}

/** Bytes that look random, and are the same for the same name. */
function keyStream(name: string, bytes: number): Buffer {
  const key = createHash('sha256').update(name).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}
