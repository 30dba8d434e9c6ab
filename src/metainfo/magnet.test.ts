import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatEndpoint } from '../bytes/endpoint.ts';
import { fromHex, toHex } from '../bytes/hex.ts';
import { LIMITS } from '../bytes/limits.ts';
import { formatMagnet, isSelected, type Magnet, MagnetError, parseMagnet } from './magnet.ts';

const HASH = 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd';
const LINK = `magnet:?xt=urn:btih:${HASH}`;
const KEY = '8543d3e6115f0f98c944077a4493dcd543e49c739fd998550a1f614ab36ed63e';

const infoHash = (link: string): string | undefined => toHex(parseMagnet(link).infoHash ?? new Uint8Array());
const trackers = (link: string): string[] => parseMagnet(link).trackers.map((tier) => tier.join());
const peers = (link: string): string[] => parseMagnet(link).peers.map(formatEndpoint);
const selected = (link: string): number[] | undefined => {
  const magnet = parseMagnet(link);
  return magnet.selection && Array.from({ length: 20 }, (_, file) => file).filter((file) => isSelected(magnet, file));
};

test('info-hashes in hexadecimal and base32, v1, v2 and both, escaped or bare', () => {
  assert.equal(infoHash(LINK), HASH);
  assert.equal(infoHash(`MAGNET:?xt=urn%3Abtih%3A${HASH.toUpperCase()}`), HASH);
  assert.equal(infoHash(HASH), HASH);
  assert.equal(infoHash('magnet:?xt=urn:btih:MFRGCYTBMJQWEYLCMFRGCYTBMJQWEYLC'), '6162616261626162616261626162616261626162');
  assert.equal(infoHash('magnet:?xt=urn:btih:mfrgcytbmjqweylcmfrgcytbmjqweylc'), '6162616261626162616261626162616261626162');
  assert.equal(infoHash('2I2UAEFDZJFN4W3UE65QSOTCUOEZ744B'), 'd2354010a3ca4ade5b7427bb093a62a3899ff381');
  const hybrid = parseMagnet('magnet:?xt=urn:btih:631a31dd0a46257d5078c0dee4e66e26f73e42ac&xt=urn:btmh:1220d8dd32ac93357c368556af3ac1d95c9d76bd0dff6fa9833ecdac3d53134efabb&dn=hybrid');
  assert.equal(toHex(hybrid.infoHash ?? new Uint8Array()), '631a31dd0a46257d5078c0dee4e66e26f73e42ac');
  assert.equal(toHex(hybrid.infoHashV2 ?? new Uint8Array()), 'd8dd32ac93357c368556af3ac1d95c9d76bd0dff6fa9833ecdac3d53134efabb');
  assert.equal(parseMagnet(`magnet:?xt=urn:btmh:1220${KEY}`).infoHash, undefined);
});

test('links that name no torrent, or name one wrongly, are refused in one line', () => {
  const links = [
    '', 'http://example.com/', 'magnet:', 'magnet:?', 'magnet:?dn=x', 'magnet:?xt=urn%%3A', 'abababab',
    'magnet:?xt=urn:btih:abababab', 'magnet:?xt=urn:btih:===', `magnet:?xt=urn:btih:${'z'.repeat(40)}`, `magnet:?xt=urn:btih:${HASH}1`,
    `magnet:?xt=urn:btmh:1221${KEY}`, 'magnet:?xt=urn:btmh:===', 'magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C',
    `${LINK}&xt=urn:btih:${HASH.replaceAll('c', 'a')}`, 'magnet:?xs=urn:btpk:00', `magnet:?xs=urn:btpk:${KEY}&s=zz`, `magnet:?xs=urn:btpk:${KEY}&s=${'00'.repeat(65)}`,
    `${LINK}&dn=${'x'.repeat(LIMITS.magnetLength)}`,
  ];
  for (const link of links) {
    assert.throws(() => parseMagnet(link), (error) => error instanceof MagnetError && error.message.length < 250 && !error.message.includes('\n'), link);
  }
});

test('names, trackers and web seeds', () => {
  const link = 'magnet:?xt=urn:btih:2I2UAEFDZJFN4W3UE65QSOTCUOEZ744B&dn=Display%20Name&tr=http%3A%2F%2Ft.example%2Fannounce&ws=http%3A%2F%2Fw.example%2Fpath&tr=http%3A%2F%2Fu.example%2Fannounce&xl=10826029';
  const magnet = parseMagnet(link);
  assert.equal(magnet.name, 'Display Name');
  assert.deepEqual(magnet.trackers, [['http://t.example/announce'], ['http://u.example/announce']]);
  assert.deepEqual(magnet.webSeeds, ['http://w.example/path']);
  assert.equal(magnet.length, 10_826_029);
  assert.equal(parseMagnet(`${LINK}&dn=B+1.0%2B+%00%1b[31m`).name, 'B 1.0+ [31m');
  assert.deepEqual(trackers(`${LINK}&tr.0=udp://1&tr.1=http://2&tr=http://3&tr=http://3&amp;tr=http://4`), ['udp://1', 'http://2', 'http://3', 'http://4']);
  assert.deepEqual(trackers(`${LINK}&tr=https://www.a.org/announce&trhttp://b.com:80/announce&tr=http%3A%2F%2Fc.org/a%3Fuk%3D1%26`), ['https://www.a.org/announce', 'http://c.org/a?uk=1&']);
  assert.deepEqual(trackers(`${LINK}&tr=nothing&tr=http://a%20b&tr=%ff&tr=http://${'x'.repeat(LIMITS.urlLength)}`), []);
});

test('peers: those that make no sense left out, and each once', () => {
  assert.deepEqual(peers(`${LINK}&x.pe=127.0.0.1:43&x.pe=<invalid1>&x.pe=<invalid2>:100&x.pe=[::1]:45&x.pe=127.0.0.1:43`), ['127.0.0.1:43', '[::1]:45']);
  assert.deepEqual(peers(`${LINK}&x.pe=host.example:6881&x.pe=%5B2001%3ADB8%3A%3A2%5D%3A55013`), ['host.example:6881', '[2001:db8::2]:55013']);
});

test('which files are wanted (BEP 53)', () => {
  assert.equal(selected(LINK), undefined);
  assert.deepEqual(selected(`${LINK}&so=0,2,4,6-8`), [0, 2, 4, 6, 7, 8]);
  assert.deepEqual(selected(`${LINK}&so=7-4,100000000&so=10`), [10]);
  assert.deepEqual(selected(`${LINK}&so=3-&so=1`), [1]);
  assert.equal(selected(`${LINK}&so=&so=`), undefined);
  assert.deepEqual(selected(`${LINK}&so=0-99999999999999999999,5`), [5]);
  assert.ok(isSelected(parseMagnet(LINK), 12_345));
});

test('the newest torrent of a publisher (BEP 46)', () => {
  const { infoHash: none, publisher } = parseMagnet(`magnet:?xs=urn:btpk:${KEY}&s=6e`);
  assert.equal(none, undefined);
  assert.deepEqual(publisher, { publicKey: fromHex(KEY), salt: Uint8Array.of(0x6e) });
  assert.equal(parseMagnet(`magnet:?xs=urn:btpk:${KEY}`).publisher?.salt.length, 0);
  assert.equal(parseMagnet(`${LINK}&xs=http://example.com/x.torrent`).publisher, undefined);
});

test('lists in a link are bounded', () => {
  const many = (part: (number: number) => string): string => `${LINK}${Array.from({ length: 1500 }, (_, number) => part(number)).join('')}`;
  assert.equal(peers(many((number) => `&x.pe=1.2.3.4:${number + 1}`)).length, LIMITS.magnetPeers);
  assert.equal(trackers(many((number) => `&tr=http://${number}`)).length, LIMITS.trackers);
  assert.equal(parseMagnet(many((number) => `&ws=http://${number}`)).webSeeds.length, LIMITS.webSeeds);
  assert.equal(parseMagnet(many((number) => `&so=${number}`)).selection?.length, LIMITS.magnetSelections);
});

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const anyUrl = fc.webUrl({ withQueryParameters: true, withFragments: true });
const anyRuns = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)).map(([first, more]) => ({ first, last: first + more })), { minLength: 1, maxLength: 5 });
const anyMagnet: fc.Arbitrary<Magnet> = fc.record({
  infoHash: fc.option(bytesOf(20), { nil: undefined }),
  infoHashV2: bytesOf(32),
  publisher: fc.option(fc.record({ publicKey: bytesOf(32), salt: fc.uint8Array({ maxLength: 64 }) }, { noNullPrototype: true }), { nil: undefined }),
  name: fc.option(fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => text.replace(/[\s\p{Cc}]+/gu, ' ').trim()).filter((text) => text !== ''), { nil: undefined }),
  length: fc.option(fc.maxSafeNat(), { nil: undefined }),
  trackers: fc.uniqueArray(anyUrl, { maxLength: 3 }).map((urls) => urls.map((url) => [url])),
  webSeeds: fc.uniqueArray(anyUrl, { maxLength: 3 }),
  peers: fc.uniqueArray(fc.record({ host: fc.oneof(fc.ipV4(), fc.constantFrom('::1', '2001:db8::2', 'host.example', 'bücher.example')), port: fc.integer({ min: 1, max: 65535 }) }, { noNullPrototype: true }), { maxLength: 3, selector: formatEndpoint }),
  selection: fc.option(anyRuns, { nil: undefined }),
}, { noNullPrototype: true });

test('a magnet goes through its link and comes back', () => {
  fc.assert(fc.property(anyMagnet, (magnet) => {
    const link = formatMagnet(magnet);
    assert.match(link, /^magnet:\?[\x21-\x7e]+$/);
    assert.deepEqual(parseMagnet(link), magnet);
  }));
});

test('any text is a magnet whose link reads back as the same, or is refused', () => {
  const part = fc.oneof(
    fc.tuple(fc.constantFrom('xt', 'dn', 'tr', 'ws', 'x.pe', 'so', 'xl', 'xs', 's', 'amp;tr', 'xt.1'), fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('%', '%ff', '%00', '1-2', `urn:btih:${HASH}`, 'urn:btpk:1', 'http://a', '1.2.3.4:5'))).map((pair) => pair.join('=')),
    fc.string(),
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 8 }), fc.boolean(), (parts, named) => {
    const text = `magnet:?${(named ? [`xt=urn:btih:${HASH}`, ...parts] : parts).join('&')}`;
    let magnet: Magnet;
    try {
      magnet = parseMagnet(text);
    } catch (error) {
      assert.ok(error instanceof MagnetError);
      return;
    }
    assert.deepEqual(parseMagnet(formatMagnet(magnet)), magnet);
  }), { numRuns: 1000 });
});
