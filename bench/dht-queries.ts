/**
 * DHT queries that one core answers, Shoal's node beside bittorrent-dht (npm ci --prefix bench/rivals), over real sockets
 * on loopback, in one run: `node bench/dht-queries.ts [SECONDS]`.
 *
 * Each node is a process of its own. It joins a small DHT that this process plays, is told of some peers, and is then asked
 * as fast as it answers. Counted is what it answers for each second of processor time that it uses, so that it matters
 * little what else the machine does meanwhile.
 */
import { fork, type ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { field } from '../src/bytes/bencode.ts';
import { Contact, formatContacts } from '../src/discovery/kademlia/contact.ts';
import { decodeMessage, encodeAnswer, encodeQuery } from '../src/discovery/kademlia/krpc.ts';
import { sample } from '../src/runtime/random.ts';
import { nodeRandom } from '../src/runtime/node/random.ts';
import { importRival } from './rivals.ts';

const HOST = '127.0.0.1';
const NEIGHBOURS = 64;
const TORRENTS = 500;
const PEERS_PER_TORRENT = 8;
/** Different datagrams of each kind that are sent in turn. */
const VARIETY = 4096;
/** Queries under way at a time. */
const WINDOW = 128;
const KINDS = ['ping', 'find_node', 'get_peers', 'announce_peer', 'mixed'] as const;
/** What a node in the wild is asked, roughly. */
const MIX: readonly Exclude<Kind, 'mixed'>[] = ['ping', 'find_node', 'find_node', 'find_node', 'get_peers', 'get_peers', 'get_peers', 'get_peers', 'get_peers', 'announce_peer'];

type Kind = (typeof KINDS)[number];

const seconds = Number(process.argv[2] ?? 3);
const servers = ['shoal', ...(await importRival('bittorrent-dht', 'index.js') === undefined ? [] : ['bittorrent-dht'])];
const torrents = Array.from({ length: TORRENTS }, () => nodeRandom.bytes(20));

const rates = new Map<string, Map<Kind, { perSecond: number; perCpuSecond: number }>>();
for (const server of servers) rates.set(server, await measure(server));
print();
process.exit();

async function measure(server: string): Promise<Map<Kind, { perSecond: number; perCpuSecond: number }>> {
  const neighbours = await playNetwork();
  const child = fork(path.join(import.meta.dirname, 'dht-server.ts'), [server, String(neighbours[0].address().port)], { stdio: 'inherit' });
  child.once('exit', (code) => { if (code !== null) throw new Error(`the ${server} node ended by itself, with ${code}`); });
  const [{ port }] = await once(child, 'message') as [{ port: number }];
  const socket = await bind();
  await pause(3000);
  const token = await tokenFrom(socket, port);
  for (const infoHash of torrents) {
    for (let peer = 0; peer < PEERS_PER_TORRENT; peer++) socket.send(queryOf('announce_peer', infoHash, token), port, HOST);
    await pause(1);
  }
  const measured = new Map<Kind, { perSecond: number; perCpuSecond: number }>();
  for (const kind of KINDS) measured.set(kind, await load(child, socket, port, kind, token));
  child.kill();
  for (const each of [...neighbours, socket]) each.close();
  return measured;
}

async function load(child: ChildProcess, socket: dgram.Socket, port: number, kind: Kind, token: Uint8Array): Promise<{ perSecond: number; perCpuSecond: number }> {
  const datagrams = Array.from({ length: VARIETY }, (_, index) => queryOf(kind === 'mixed' ? MIX[index % MIX.length] : kind, infoHashOf(index), token));
  let sent = 0;
  let answered = 0;
  const sendNext = (): void => { socket.send(datagrams[sent++ % VARIETY], port, HOST); };
  socket.removeAllListeners('message');
  socket.on('message', () => {
    answered += 1;
    sendNext();
  });
  // A datagram that was lost would leave a gap in the window for good.
  let answeredBefore = -1;
  const refill = setInterval(() => {
    if (answered === answeredBefore) for (let count = 0; count < WINDOW; count++) sendNext();
    answeredBefore = answered;
  }, 100);
  for (let count = 0; count < WINDOW; count++) sendNext();
  await pause(500);
  const [cpuBefore, answeredAtStart, startMs] = [await cpuSeconds(child), answered, performance.now()];
  await pause(seconds * 1000);
  const [cpuAfter, answeredAtEnd, endMs] = [await cpuSeconds(child), answered, performance.now()];
  clearInterval(refill);
  socket.removeAllListeners('message');
  await pause(200);
  const count = answeredAtEnd - answeredAtStart;
  return { perSecond: count / ((endMs - startMs) / 1000), perCpuSecond: count / (cpuAfter - cpuBefore) };
}

async function cpuSeconds(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [message] = await once(child, 'message') as [{ cpuSeconds: number }];
  return message.cpuSeconds;
}

/** Half of what is asked for is something that the node has peers of. */
function infoHashOf(index: number): Uint8Array {
  return index % 2 === 0 ? torrents[index % TORRENTS] : nodeRandom.bytes(20);
}

function queryOf(kind: Exclude<Kind, 'mixed'>, infoHash: Uint8Array, token: Uint8Array): Uint8Array {
  const id = nodeRandom.bytes(20);
  const args = {
    ping: { id },
    find_node: { id, target: infoHash },
    get_peers: { id, info_hash: infoHash },
    announce_peer: { id, info_hash: infoHash, port: 1024 + Math.floor(nodeRandom.fraction() * 60_000), token },
  }[kind];
  // Read-only (BEP 43), so that the node does not ask back.
  return encodeQuery(nodeRandom.bytes(2), kind, args, true);
}

async function tokenFrom(socket: dgram.Socket, port: number): Promise<Uint8Array> {
  socket.send(queryOf('get_peers', torrents[0], new Uint8Array(0)), port, HOST);
  const [bytes] = await once(socket, 'message') as [Uint8Array];
  const answer = decodeMessage(bytes);
  const token = answer?.kind === 'answer' ? field.bytes(answer.results, 'token') : undefined;
  if (token === undefined) throw new Error('the node gives no token');
  return token;
}

/** Nodes that know one another and answer every query with themselves and eight others. */
async function playNetwork(): Promise<dgram.Socket[]> {
  const sockets = await Promise.all(Array.from({ length: NEIGHBOURS }, bind));
  const contacts = sockets.map((socket) => Contact.of(nodeRandom.bytes(20), { host: HOST, port: socket.address().port }) as Contact);
  for (const [index, socket] of sockets.entries()) {
    socket.on('message', (bytes, { address, port }) => {
      const query = decodeMessage(bytes);
      if (query?.kind !== 'query') return;
      const results = { id: contacts[index].id, nodes: formatContacts(sample(nodeRandom, contacts, 8), 4), token: 'token' };
      const asker = Contact.of(nodeRandom.bytes(20), { host: address, port }) as Contact;
      socket.send(encodeAnswer(query.transaction, results, asker.compact.subarray(20)), port, address);
    });
  }
  return sockets;
}

async function bind(): Promise<dgram.Socket> {
  const socket = dgram.createSocket({ type: 'udp4', lookup: (address, _options, callback) => callback(null, address, 4) });
  await new Promise<void>((resolve) => { socket.bind(0, HOST, resolve); });
  return socket;
}

function print(): void {
  const cell = (value: string): string => value.padStart(16);
  console.log(`DHT queries answered for each second of processor time (and for each second that passed), ${seconds} s each`);
  console.log(['query'.padEnd(16), ...servers.map(cell), ...(servers.length > 1 ? [cell('ratio')] : [])].join(''));
  for (const kind of KINDS) {
    const rateOf = (server: string): { perSecond: number; perCpuSecond: number } => rates.get(server)?.get(kind) ?? { perSecond: 0, perCpuSecond: 0 };
    const cells = servers.map((server) => {
      const { perCpuSecond, perSecond } = rateOf(server);
      return cell(`${Math.round(perCpuSecond)} (${Math.round(perSecond)})`);
    });
    if (servers.length > 1) cells.push(cell((rateOf(servers[0]).perCpuSecond / rateOf(servers[1]).perCpuSecond).toFixed(1)));
    console.log([kind.padEnd(16), ...cells].join(''));
  }
  if (servers.length === 1) console.log('bittorrent-dht is not installed: npm ci --prefix bench/rivals');
}
