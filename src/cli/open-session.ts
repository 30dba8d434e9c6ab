/** A session as the options of a command have it. */
import type { DiscoveryName } from '../discovery/discovery.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { DISCOVERY_NAMES } from '../session/discoveries.ts';
import { Session } from '../session/session.ts';
import { stateDirectory } from './invocation.ts';
import type { SwarmOptions } from './transfer-options.ts';
import { version } from '../runtime/node/version.ts';

/** Rejects with `ShoalError` 'LISTEN_FAILED'. */
export function openSession(runtime: Runtime, options: SwarmOptions): Promise<Session> {
  const { port, listen, down, up, choking, bootstrap, ring } = options;
  return Session.open(runtime, {
    ...(port === undefined ? {} : { port }),
    ...(listen === undefined ? {} : { listenHost: listen }),
    ...(down === undefined ? {} : { downBytesPerSecond: down }),
    ...(up === undefined ? {} : { upBytesPerSecond: up }),
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(ring === undefined ? {} : { ring }),
    choking,
    discovery: chosenDiscoveries(options),
    stateDirectory: stateDirectory(),
    version: version(),
  });
}

/** The ways of finding peers that were asked for, without those that were forbidden. */
export function chosenDiscoveries({ discovery = DISCOVERY_NAMES, dht, lsd, pex }: SwarmOptions): DiscoveryName[] {
  const isAllowed: Partial<Record<DiscoveryName, boolean>> = { kademlia: dht, local: lsd, exchange: pex };
  return discovery.filter((name) => isAllowed[name] !== false);
}
