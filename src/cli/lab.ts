/** `shoal lab`: how long will it take, and why? The laboratory's commands, one file each. */
import type { Command } from 'commander';
import { addExamples } from './help.ts';
import * as compare from './lab/compare.ts';
import * as kademlia from './lab/kademlia.ts';
import * as live from './lab/live.ts';
import * as model from './lab/model.ts';
import * as ring from './lab/ring.ts';
import * as schema from './lab/schema.ts';
import * as swarm from './lab/swarm.ts';
import * as sweep from './lab/sweep.ts';
import { defineParts } from './parts.ts';

const PARTS = [model, swarm, compare, sweep, live, ring, kademlia, schema];

export function define(command: Command): void {
  defineParts(command, PARTS);
  addExamples(command, [
    ['lab model --file-size 15Gbit --server-up 30Mbps --down 2Mbps --up 300kbps,700kbps,2Mbps --peers 10,100,1000', 'what the textbook says'],
    ['lab swarm flash-crowd --out results', 'a swarm in virtual time, with a report'],
    ['lab compare free-riders --vary peers.choking=textbook,random --runs 5', 'policies side by side'],
    ['lab sweep bharambe-2006 --vary peers.count=100,300,1000 --out sweep', 'a range of parameters over all cores'],
  ]);
}
