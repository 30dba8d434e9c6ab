import assert from 'node:assert/strict';
import test from 'node:test';
import { parseMagnet } from '../metainfo/magnet.ts';
import type { Metainfo } from '../metainfo/metainfo.ts';
import { peerHint } from './peer-hint.ts';
import type { SwarmOptions } from './transfer-options.ts';

const LINK = `magnet:?xt=urn:btih:${'ab'.repeat(20)}`;
const TRACKED = parseMagnet(`${LINK}&tr=http://tracker.example/announce`);
const ALL: SwarmOptions = { choking: 'adaptive', dht: true, lsd: true, pex: true };
const NONE: SwarmOptions = { ...ALL, dht: false, lsd: false };
const NOBODY = { dht: undefined, ring: undefined };

test('who has nobody to ask for peers is told so, and why', () => {
  assert.match(peerHint(parseMagnet(LINK), NOBODY, NONE) ?? '', /it names no tracker.*--peer HOST:PORT/);
  assert.match(peerHint(TRACKED, NOBODY, { ...NONE, discovery: ['exchange'] }) ?? '', /its trackers are not to be asked/);
  const secret = { ...TRACKED, trackers: [], isPrivate: true, pieceLength: 16384 } as unknown as Metainfo;
  assert.match(peerHint(secret, { dht: {}, ring: {} }, ALL) ?? '', /it names no tracker/);
});

test('whoever there is to ask, nothing is said', () => {
  assert.equal(peerHint(TRACKED, NOBODY, NONE), undefined);
  assert.equal(peerHint(parseMagnet(LINK), { dht: {}, ring: undefined }, NONE), undefined);
  assert.equal(peerHint(parseMagnet(LINK), { dht: undefined, ring: {} }, NONE), undefined);
  assert.equal(peerHint(parseMagnet(LINK), NOBODY, ALL), undefined);
  assert.equal(peerHint(parseMagnet(`${LINK}&x.pe=192.0.2.1:6881`), NOBODY, NONE), undefined);
  assert.equal(peerHint(parseMagnet(`${LINK}&ws=http://192.0.2.1/file`), NOBODY, NONE), undefined);
});
