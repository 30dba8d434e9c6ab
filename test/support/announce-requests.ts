/** Any announce that a client may make of a tracker. */
import * as fc from 'fast-check';
import type { AnnounceEvent, AnnounceRequest } from '../../src/discovery/tracker/announcement.ts';

const bytes20 = fc.uint8Array({ minLength: 20, maxLength: 20 });

/** @param own what the protocol in question says in its own way */
export function announceRequests(own: {
  readonly address: fc.Arbitrary<string>;
  readonly compact: fc.Arbitrary<boolean>;
  readonly trackerId?: fc.Arbitrary<Uint8Array>;
  readonly url: fc.Arbitrary<string>;
}): fc.Arbitrary<AnnounceRequest> {
  return fc.record({
    infoHash: bytes20,
    peerId: bytes20,
    port: fc.integer({ min: 0, max: 65535 }),
    uploaded: fc.maxSafeNat(),
    downloaded: fc.maxSafeNat(),
    left: fc.maxSafeNat(),
    event: fc.constantFrom<AnnounceEvent>('started', 'completed', 'stopped', 'paused'),
    key: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    wanted: fc.nat(),
    ...own,
  }, { requiredKeys: ['infoHash', 'peerId', 'port', 'uploaded', 'downloaded', 'left', 'key', 'compact', 'url'] });
}
