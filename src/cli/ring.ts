/** `shoal ring`: the circular DHT that finds files by name. Its commands, one file each. */
import type { Command } from 'commander';
import { addExamples } from './help.ts';
import { defineParts } from './parts.ts';
import * as find from './ring/find.ts';
import * as lookup from './ring/lookup.ts';
import * as map from './ring/map.ts';
import * as node from './ring/node.ts';
import * as publish from './ring/publish.ts';
import * as status from './ring/status.ts';

const PARTS = [node, publish, find, lookup, status, map];

export function define(command: Command): void {
  defineParts(command, PARTS);
  addExamples(command, [
    ['ring node --port 6882', 'a ring of one\'s own, which others join with --join THIS-HOST:6882'],
    ['ring find buck bunny --join 192.168.1.5:6882', 'who has it, by any words of its name'],
    ['ring map --svg ring.svg', 'a picture of the ring that was used last'],
  ]);
}
