/**
 * Peers that have connected and not said yet which torrent they mean.
 *
 * Invariant: never more than `LIMITS.waitingHandshakes`, and of one subscriber no more than
 * `LIMITS.waitingHandshakesPerSubscriber` but on a local network. Where there are more, whoever waits longest goes: who comes
 * in earnest says so within a round trip, so those who only sit there keep nobody out.
 */
import { addressGroup, addressScope } from '../bytes/address-scope.ts';
import { ShoalError } from '../bytes/errors.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Channel } from '../runtime/channel.ts';
import type { Clock } from '../runtime/clock.ts';
import { expectHandshake } from '../swarm/neighbours.ts';
import type { Handshake, PeerMessage } from '../wire/messages.ts';

export class Lobby {
  readonly #clock: Clock;
  readonly #welcome: (channel: Channel<PeerMessage>, handshake: Handshake) => void;
  /** By whose they are; the longest waiting first. */
  readonly #waiting = new Map<Channel<PeerMessage>, string>();

  /** `welcome` must hand the channel on or close it before it returns. */
  constructor(clock: Clock, welcome: (channel: Channel<PeerMessage>, handshake: Handshake) => void) {
    this.#clock = clock;
    this.#welcome = welcome;
  }

  /** A peer has connected. */
  enter(channel: Channel<PeerMessage>): void {
    const { host } = channel.remote;
    const subscriber = addressGroup(host);
    const isCrowded = addressScope(host) === 'global' && this.#count(subscriber) >= LIMITS.waitingHandshakesPerSubscriber;
    if (isCrowded) this.#showOut((other) => other === subscriber);
    else if (this.#waiting.size >= LIMITS.waitingHandshakes) this.#showOut(() => true);
    this.#waiting.set(channel, subscriber);
    expectHandshake(channel, this.#clock, (result) => {
      this.#waiting.delete(channel);
      if (!(result instanceof Error)) this.#welcome(channel, result);
    });
  }

  #count(subscriber: string): number {
    let count = 0;
    for (const other of this.#waiting.values()) if (other === subscriber) count += 1;
    return count;
  }

  /** Lets go of the one that waits longest, of those subscribers that `matches`. */
  #showOut(matches: (subscriber: string) => boolean): void {
    for (const [channel, subscriber] of this.#waiting) {
      if (!matches(subscriber)) continue;
      this.#waiting.delete(channel);
      return channel.close(new ShoalError('BUSY', 'too many come at once'));
    }
  }
}
