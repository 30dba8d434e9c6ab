/** The table of commands. A command is one file, loaded only when it is called for. */
import type { Command } from 'commander';

export interface CommandEntry {
  readonly name: string;
  /** What follows the name in a usage line, such as `SOURCE [options]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

export interface CommandModule {
  /** Gives a command its arguments, options, action and examples; it has its name, usage and summary already. */
  define(command: Command): void;
}

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'share', usage: 'PATH… [options]', summary: 'share files or folders, and print how others get them', load: () => import('./share.ts') },
  { name: 'get', usage: 'SOURCE [options]', summary: 'download from everyone who has it: a magnet link, URL, torrent file or info-hash', load: () => import('./get.ts') },
  { name: 'seed', usage: 'FILE.torrent --dir DIR [options]', summary: 'check what is in a folder, then give it to others', load: () => import('./seed.ts') },
  { name: 'create', usage: 'PATH… -o OUT.torrent [options]', summary: 'make a torrent file', load: () => import('./create.ts') },
  { name: 'inspect', usage: 'SOURCE… [options]', summary: 'tell what is in torrent files or magnet links', load: () => import('./inspect.ts') },
  { name: 'check', usage: 'FILE.torrent --dir DIR [options]', summary: 'compare files with the torrent that describes them', load: () => import('./check.ts') },
  { name: 'magnet', usage: 'FILE.torrent', summary: 'print the magnet link of a torrent file', load: () => import('./magnet.ts') },
  { name: 'tracker', usage: '[options]', summary: 'run a tracker, over HTTP and UDP', load: () => import('./tracker.ts') },
  { name: 'publish', usage: 'FILE.torrent --key KEYFILE [options]', summary: 'point to a torrent as your newest, for all who follow your link', load: () => import('./publish.ts') },
  { name: 'dht', usage: 'COMMAND [options]', summary: 'the DHT: run a node, ask for nodes, peers and items', load: () => import('./dht.ts') },
  { name: 'ring', usage: 'COMMAND [options]', summary: 'the ring: run a peer, publish and find files by name', load: () => import('./ring.ts') },
  { name: 'plan', usage: '--size SIZE --hosts N --up RATE --source-up RATE [options]', summary: 'how long will a rollout to a fleet take, and what would help?', load: () => import('./plan.ts') },
  { name: 'lab', usage: 'COMMAND [options]', summary: 'the laboratory: models and simulations of distribution', load: () => import('./lab.ts') },
];
