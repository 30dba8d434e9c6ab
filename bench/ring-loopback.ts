/**
 * The ring on real sockets: 64 peers in 8 processes on loopback, 2,000 files published; two processes, 16 peers, are killed
 * without a word; 8 more leave politely while the others look up. `node bench/ring-loopback.ts [FILES]`.
 *
 * It ends with 1 where the circle is not right, a file is not found from every peer, or a lookup fails while peers leave.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Orders, PeerView } from './ring-peers.ts';

const PROCESSES = 8;
const PEERS_PER_PROCESS = 8;
const KILLED_PROCESSES = 2;
const LEAVING_PER_PROCESS = 4;
const files = Number(process.argv[2] ?? 2000);
/** Twenty times as fast as on the Internet; but 64 busy peers share a few cores, so nobody is taken for gone at once. */
const SETTINGS = {
  stabiliseIntervalMs: 500, fixFingerIntervalMs: 750, mergeIntervalMs: 3000, repairIntervalMs: 3000, silenceMs: 3000, shortestTimeoutMs: 500,
};

class PeerProcess {
  readonly #child: ChildProcess = fork(path.join(import.meta.dirname, 'ring-peers.ts'), { stdio: 'inherit' });
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #number = 0;

  constructor() {
    this.#child.on('message', ([number, result, error]: [number, unknown, string | undefined]) => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
  }

  order<Name extends keyof Orders>(name: Name, argument: Orders[Name]['argument']): Promise<Orders[Name]['result']> {
    const waiting = Promise.withResolvers<unknown>();
    this.#number += 1;
    this.#waiting.set(this.#number, waiting);
    this.#child.send([this.#number, name, argument]);
    return waiting.promise as Promise<Orders[Name]['result']>;
  }

  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

let processes = Array.from({ length: PROCESSES }, () => new PeerProcess());
process.once('exit', () => { for (const each of processes) void each.kill(); });
const names = Array.from({ length: files }, (_, index) => `title${index} series${index % 40}.mkv`);
let isRight = true;

await step(`${PROCESSES * PEERS_PER_PROCESS} peers in ${PROCESSES} processes join, the circle is right`, async () => {
  await Promise.all(processes.map((each) => each.order('open', { count: PEERS_PER_PROCESS, settings: SETTINGS })));
  await processes[0].order('join', null);
  const [first] = await processes[0].order('view', null);
  await Promise.all(processes.slice(1).map((each) => each.order('join', first.endpoint)));
  return untilCircle();
});
await step(`${files} files are published`, async () => {
  const share = Math.ceil(files / processes.length);
  const missing = await Promise.all(processes.map((each, index) => each.order('publish', names.slice(index * share, (index + 1) * share))));
  return report(sum(missing), 'keys not stored');
});
await pause(2000);
await step(`${KILLED_PROCESSES * PEERS_PER_PROCESS} peers are killed without a word, the circle is right again`, async () => {
  const killed = processes.slice(0, KILLED_PROCESSES);
  processes = processes.slice(KILLED_PROCESSES);
  await Promise.all(killed.map((each) => each.kill()));
  return untilCircle();
});
await step('every file is found from every peer', () => findAll(names));
await step(`${LEAVING_PER_PROCESS * 2} peers leave politely while the others look up`, async () => {
  const [one, other, ...staying] = processes;
  const goodbyes = new AbortController();
  const leaving = Promise.all([one, other].map((each) => each.order('leave', LEAVING_PER_PROCESS))).then(() => goodbyes.abort());
  let [lookups, failed] = [0, 0];
  while (!goodbyes.signal.aborted) {
    const some = names.slice(0, 100);
    failed += sum(await Promise.all(staying.map((each) => each.order('find', some))));
    lookups += staying.length * PEERS_PER_PROCESS * some.length;
  }
  await leaving;
  return report(failed, `of ${lookups.toLocaleString('en')} lookups meanwhile failed`);
});
await step('the circle is right again', untilCircle);
await step('every file is found from every peer', () => findAll(names));
process.exit(isRight ? 0 : 1);

async function step(what: string, act: () => Promise<string>): Promise<void> {
  const begunMs = performance.now();
  const result = await act();
  process.stdout.write(`${what}: ${result} (${((performance.now() - begunMs) / 1000).toFixed(1)} s)\n`);
}

async function findAll(all: readonly string[]): Promise<string> {
  const missing = await Promise.all(processes.map((each) => each.order('find', all)));
  const peers = (await views()).length;
  return report(sum(missing), `of ${(peers * all.length).toLocaleString('en')} not found`);
}

/** Waits until each peer has its true neighbours, a minute at most. */
async function untilCircle(): Promise<string> {
  let wrong = await wrongNeighbours();
  for (let attempt = 0; attempt < 120 && wrong > 0; attempt++) {
    await pause(500);
    wrong = await wrongNeighbours();
  }
  return report(wrong, `of ${(await views()).length} peers have wrong neighbours`);
}

async function wrongNeighbours(): Promise<number> {
  const peers = (await views()).sort((a, b) => (a.id < b.id ? -1 : 1));
  return peers.filter(({ successors, predecessors }, index) => {
    const around = [...peers.slice(index + 1), ...peers.slice(0, index)].map(({ key }) => key);
    return successors.join() !== around.slice(0, successors.length).join() || successors.length !== 8
      || predecessors.join() !== around.toReversed().slice(0, predecessors.length).join() || predecessors.length !== 9;
  }).length;
}

async function views(): Promise<PeerView[]> {
  return (await Promise.all(processes.map((each) => each.order('view', null)))).flat();
}

function report(bad: number, what: string): string {
  if (bad > 0) isRight = false;
  return `${bad} ${what}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
