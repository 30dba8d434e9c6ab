/**
 * Where others see us: behind an address translator one cannot tell oneself, and the own id depends on it. Every datagram
 * tells its receiver where it was sent to; here the reports are counted (as BEP 24 and BEP 42 have it).
 *
 * Invariant: once anything is settled it takes the word of `VOICES` strangers at different addresses, and of most of the last
 * `WINDOW` that have spoken, to change it.
 */
import { formatEndpoint, type Endpoint } from '../../bytes/endpoint.ts';
import { contactAt, strangerAt } from './ring-id.ts';

const WINDOW = 9;
const VOICES = 3;

export class OwnAddress {
  #endpoint: Endpoint;
  #isSettled = false;
  /** By who spoke: what it said; the oldest first. */
  readonly #reports = new Map<string, Endpoint>();

  /** @param guess what the own socket says, or the first address of this machine */
  constructor(guess: Endpoint) {
    this.#endpoint = guess;
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  /** From now on one voice does not suffice. */
  settle(): void {
    this.#isSettled = true;
  }

  /** Takes a report; true where it has changed what is believed. */
  reported(endpoint: Endpoint, by: Endpoint): boolean {
    if (contactAt(endpoint, 0) === undefined) return false;
    const voice = strangerAt(by);
    this.#reports.delete(voice);
    this.#reports.set(voice, endpoint);
    if (this.#reports.size > WINDOW) {
      const [oldest] = this.#reports.keys();
      this.#reports.delete(oldest);
    }
    const name = formatEndpoint(endpoint);
    if (name === formatEndpoint(this.#endpoint)) return false;
    const agreeing = [...this.#reports.values()].filter((report) => formatEndpoint(report) === name).length;
    const needed = this.#isSettled ? Math.max(VOICES, Math.floor(this.#reports.size / 2) + 1) : 1;
    if (agreeing < needed) return false;
    this.#endpoint = endpoint;
    return true;
  }
}
