/** What the parts of one peer of the ring share. */
import type { AddressFamily, Endpoint } from '../../bytes/endpoint.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Query } from './messages.ts';
import type { Queries, QueryOutcome } from './queries.ts';
import type { RecordStore } from './records.ts';
import type { Contact } from './ring-id.ts';
import type { RoutingTable } from './routing-table.ts';
import type { RingSettings } from './settings.ts';

export interface RingContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: RingSettings;
  readonly family: AddressFamily;
  /** Another one after the own address, and with it the own id, has changed. */
  readonly table: RoutingTable;
  readonly queries: Queries;
  readonly records: RecordStore;
  /** Whether this peer stands on the circle: has joined or begun a ring, and has not left. */
  readonly isMember: boolean;
  /** Asks a peer with all patience; if even then it is silent, or says that it leaves, it is let go from the table. */
  ask(contact: Contact, query: Query, done: (outcome: QueryOutcome) => void): void;
  /** Whoever is at an endpoint is asked. */
  askAt(endpoint: Endpoint, query: Query, done: (outcome: QueryOutcome) => void): void;
  /**
   * Follows hearsay of peers: asks those that would be neighbours whether they are there.
   * @param fromNeighbour whether a neighbour has named them as its neighbours
   */
  hear(contacts: Iterable<Contact>, fromNeighbour: boolean): void;
  /** Asks peers of the table whether they are there still, with all patience. */
  check(contacts: Iterable<Contact>): void;
  /** The same of one that was silent when it was asked something; until it answers, queries go another way. */
  doubt(contact: Contact): void;
}
