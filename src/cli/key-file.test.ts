import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { toHex } from '../bytes/hex.ts';
import { keyPairFromSeed } from '../bytes/signature.ts';
import { nodeRuntime } from '../runtime/node/runtime.ts';
import { openKeyFile } from './key-file.ts';

test('a key is made once, for its owner alone, and read from then on', async (t) => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'shoal-key-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = path.join(directory, 'my.key');
  const notes: string[] = [];
  const openKey = (name = file): ReturnType<typeof openKeyFile> => openKeyFile(nodeRuntime(), name, (line) => notes.push(line));
  const made = await openKey();
  assert.equal(await readFile(file, 'utf8'), `${toHex(made.seed)}\n`);
  assert.match(notes.splice(0).join(), /is a new key/);
  assert.deepEqual(await openKey(), made);
  assert.deepEqual(notes, []);
  if (process.platform !== 'win32') {
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await chmod(file, 0o644);
    assert.deepEqual(await openKey(), made);
    assert.match(notes.join(), /chmod 600/);
  }
  await assert.rejects(openKey(path.join(directory, 'nowhere/my.key')), { code: 'NOT_FOUND', message: /nowhere\/my\.key: there is no such file or folder/ });
});

test('a person may have written the key; what is no key is refused and left alone', async (t) => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'shoal-key-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = path.join(directory, 'my.key');
  const openKey = (): ReturnType<typeof openKeyFile> => openKeyFile(nodeRuntime(), file, () => undefined);
  await writeFile(file, ` ${'AB'.repeat(32)}\r\n`);
  assert.deepEqual(await openKey(), keyPairFromSeed(new Uint8Array(32).fill(0xab)));
  for (const text of ['', 'ab'.repeat(31), `${'ab'.repeat(32)} ab`, '-----BEGIN PRIVATE KEY-----']) {
    await writeFile(file, text);
    await assert.rejects(openKey(), { code: 'BAD_KEY', message: /my\.key: a key has 32 bytes in hexadecimal/ });
    assert.equal(await readFile(file, 'utf8'), text);
  }
});
