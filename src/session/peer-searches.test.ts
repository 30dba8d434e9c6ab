import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Discovery, SwarmIdentity } from '../discovery/discovery.ts';
import { Simulation } from '../runtime/simulated/simulation.ts';
import { PeerSearches } from './peer-searches.ts';

const HASHES = [new Uint8Array(20).fill(1), new Uint8Array(20).fill(2)];

/** Ways of finding peers that only tell what happens; a goodbye takes a second. */
class Watched {
  readonly simulation = new Simulation({ seed: 1 });
  readonly log: string[] = [];
  known: { infoHashes: Uint8Array[]; isPrivate: boolean } = { infoHashes: [HASHES[0]], isPrivate: false };
  wantsMore = false;
  readonly searches = new PeerSearches({
    clock: this.simulation,
    discoveries: [this.#discovery('tracker'), this.#discovery('kademlia')],
    identity: () => ({
      ...this.known, peerId: new Uint8Array(20), port: 1, trackers: () => [], isPartialSeed: () => false,
      totals: () => ({ uploaded: 0, downloaded: 0, left: 0 }), description: () => ({ name: 'n', length: 1, infoHash: HASHES[0] }),
    }),
    reports: () => ({ found: () => undefined, status: () => undefined }),
    wantsMore: () => this.wantsMore,
  });

  #discovery(name: Discovery['name']): Discovery {
    return {
      name,
      search: ({ infoHashes, description }: SwarmIdentity) => {
        const which = `${name} ${infoHashes.map(([first]) => first).join('+')}${description?.() === undefined ? ' unnamed' : ''}`;
        this.log.push(`+ ${which}`);
        return {
          wantMore: () => this.log.push(`more ${which}`),
          completed: () => this.log.push(`completed ${which}`),
          stop: () => new Promise((resolve) => {
            this.simulation.after(1000, () => { this.log.push(`- ${which}`); resolve(); });
          }),
        };
      },
    };
  }

  async past(ms: number): Promise<string[]> {
    await this.simulation.run(ms);
    return this.log.splice(0);
  }
}

test('an info-hash that becomes known is looked for too, by nobody twice', async () => {
  const watched = new Watched();
  watched.searches.start();
  assert.deepEqual(await watched.past(0), ['+ tracker 1', '+ kademlia 1']);
  watched.known.infoHashes = HASHES;
  watched.searches.update();
  watched.searches.update();
  assert.deepEqual(await watched.past(0), ['+ tracker 2 unnamed', '+ kademlia 2 unnamed']);
  watched.searches.completed();
  assert.deepEqual(await watched.past(0), ['completed tracker 1', 'completed kademlia 1', 'completed tracker 2 unnamed', 'completed kademlia 2 unnamed']);
});

test('what turns out to be private is looked for at its trackers alone from then on (BEP 27)', async () => {
  const watched = new Watched();
  watched.searches.start();
  await watched.past(0);
  watched.known = { infoHashes: HASHES, isPrivate: true };
  watched.searches.update();
  assert.deepEqual(await watched.past(2000), ['+ tracker 2 unnamed', '- kademlia 1']);
});

test('more is asked for as long as more is wanted; after a stop nothing goes on', async () => {
  const watched = new Watched();
  watched.searches.start();
  await watched.past(0);
  assert.deepEqual(await watched.past(12_000), []);
  watched.wantsMore = true;
  assert.deepEqual(await watched.past(5000), ['more tracker 1', 'more kademlia 1']);
  await watched.simulation.complete(watched.searches.stop(), 2000);
  assert.deepEqual(await watched.past(60_000), ['- tracker 1', '- kademlia 1']);
});

test('nobody is greeted anew before goodbye has been said; who changes his mind meanwhile is heard', async () => {
  const watched = new Watched();
  watched.searches.start();
  await watched.past(0);
  void watched.searches.stop();
  watched.searches.start();
  void watched.searches.stop();
  watched.searches.start();
  watched.searches.start();
  assert.deepEqual(await watched.past(2000), ['- tracker 1', '- kademlia 1', '+ tracker 1', '+ kademlia 1']);
  void watched.searches.stop();
  watched.searches.start();
  void watched.searches.stop();
  assert.deepEqual(await watched.past(60_000), ['- tracker 1', '- kademlia 1']);
});
