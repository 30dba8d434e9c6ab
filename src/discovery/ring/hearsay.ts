/**
 * Peers that one has heard of but not from: those who would be neighbours are asked whether they are there. Who answers, is
 * taken into the table like anybody who answers.
 *
 * Invariant: at most `LIMITS.ringProbes` are being asked at a time, each once; what is heard beyond that is passed over, for
 * what is true will be heard again.
 */
import { LIMITS } from '../../bytes/limits.ts';
import type { RingContext } from './context.ts';
import type { Contact } from './ring-id.ts';

export class Hearsay {
  readonly #context: RingContext;
  readonly #asking = new Set<string>();

  constructor(context: RingContext) {
    this.#context = context;
  }

  hear(contacts: Iterable<Contact>): void {
    for (const contact of contacts) if (this.#context.table.wants(contact)) this.#ask(contact);
  }

  /** Asks peers in the table whether they are there still. Others are asked nothing. */
  check(contacts: Iterable<Contact>): void {
    for (const contact of contacts) if (this.#context.table.has(contact)) this.#ask(contact);
  }

  #ask(contact: Contact): void {
    if (this.#asking.has(contact.key) || this.#asking.size >= LIMITS.ringProbes) return;
    this.#asking.add(contact.key);
    this.#context.ask(contact, { type: 'ping' }, () => this.#asking.delete(contact.key));
  }
}
