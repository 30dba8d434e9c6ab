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
  /** By contact: whether a neighbour has named it. */
  readonly #asking = new Map<string, boolean>();

  constructor(context: RingContext) {
    this.#context = context;
  }

  /** @param fromNeighbour whether a neighbour has named them as its neighbours */
  hear(contacts: Iterable<Contact>, fromNeighbour: boolean): void {
    for (const contact of contacts) if (this.#context.table.wants(contact, fromNeighbour)) this.#ask(contact, fromNeighbour);
  }

  /** Asks peers in the table whether they are there still. Others are asked nothing. */
  check(contacts: Iterable<Contact>): void {
    for (const contact of contacts) if (this.#context.table.has(contact)) this.#ask(contact, false);
  }

  /** The same of one that was silent when it was asked something; until it answers, queries go another way. */
  doubt(contact: Contact): void {
    this.#context.table.doubt(contact);
    this.check([contact]);
  }

  #ask(contact: Contact, fromNeighbour: boolean): void {
    const isAsked = this.#asking.has(contact.key);
    if (!isAsked && this.#asking.size >= LIMITS.ringProbes) return;
    this.#asking.set(contact.key, fromNeighbour || this.#asking.get(contact.key) === true);
    if (isAsked) return;
    this.#context.ask(contact, { type: 'ping' }, (outcome) => {
      const isNamed = this.#asking.get(contact.key) === true;
      this.#asking.delete(contact.key);
      if (outcome.kind === 'answer') this.#context.table.answered(contact, isNamed);
    });
  }
}
