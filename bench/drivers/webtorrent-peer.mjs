// WebTorrent on loopback, TCP only, without WebRTC (its native part is not installed): leeches, and ends when it has everything.
//   webtorrent-peer.mjs WEBTORRENT_FOLDER TORRENT FOLDER PEER_PORT
import { registerHooks } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , webtorrent, torrentFile, folder, peerPort] = process.argv;
const names = ['RTCPeerConnection', 'RTCSessionDescription', 'RTCIceCandidate', 'RTCDataChannel', 'RTCDataChannelEvent',
  'RTCPeerConnectionIceEvent', 'MediaStream', 'MediaStreamTrack', 'RTCIceTransport', 'RTCSctpTransport', 'RTCDtlsTransport', 'RTCCertificate'];
const nothing = `${names.map((name) => `export const ${name} = class {};`).join('')}export const initLogger = () => {}; export const cleanup = () => {}; export default {};`;
registerHooks({
  resolve: (specifier, context, next) => (/^(node-datachannel|webrtc-polyfill)/.test(specifier)
    ? { url: `data:text/javascript,${encodeURIComponent(nothing)}`, shortCircuit: true }
    : next(specifier, context)),
});
const { default: WebTorrent } = await import(pathToFileURL(path.join(webtorrent, 'index.js')).href);
const client = new WebTorrent({ dht: false, lsd: false, utp: false, natUpnp: false, natPmp: false, tracker: false });
const torrent = client.add(readFileSync(torrentFile), { path: folder });
torrent.on('infoHash', () => torrent.addPeer(`127.0.0.1:${peerPort}`));
torrent.on('done', () => process.exit(0));
