/** `shoal dht`: the Mainline DHT, asked by hand. Its commands, one file each. */
import type { Command } from 'commander';
import * as find from './dht/find.ts';
import * as get from './dht/get.ts';
import * as node from './dht/node.ts';
import * as peers from './dht/peers.ts';
import * as ping from './dht/ping.ts';
import * as put from './dht/put.ts';
import * as sample from './dht/sample.ts';
import * as status from './dht/status.ts';
import { addExamples } from './help.ts';
import { defineParts } from './parts.ts';

const PARTS = [node, ping, find, peers, put, get, sample, status];

export function define(command: Command): void {
  defineParts(command, PARTS);
  addExamples(command, [
    ['dht peers holiday.torrent', 'who has it'],
    ['dht put "hello" --key my.key', 'store something under a key of one\'s own'],
    ['dht node --port 6881', 'a network of one\'s own, which others join with --bootstrap THIS-HOST:6881'],
  ]);
}
