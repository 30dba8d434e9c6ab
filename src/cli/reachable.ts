/** Under which addresses others reach what listens here: what is printed for them to type. */
import { addressScope } from '../bytes/address-scope.ts';
import { addressFamily, formatEndpoint, type Endpoint } from '../bytes/endpoint.ts';
import type { Network } from '../runtime/network.ts';
import type { Tracker } from '../tracker/tracker.ts';

/** A machine may have dozens, of containers and the like; a link must stay short enough to be sent. */
const MOST_HOSTS = 4;
const LOOPBACK = '127.0.0.1';

/**
 * Hosts for what listens at `endpoint`: itself, or, where it stands for all addresses, this machine's: those that the whole
 * world can reach first, IPv4 before IPv6. A machine on no network is reached by itself only.
 */
export function reachableHosts({ host }: Endpoint, network: Pick<Network, 'localAddresses'>): string[] {
  const hosts = hostsOf(host, network);
  return hosts.length === 0 ? [LOOPBACK] : hosts;
}

/** None where it stands for all addresses of a family of which this machine has none. */
function hostsOf(host: string, network: Pick<Network, 'localAddresses'>): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host];
  const place = (address: string): number => (addressFamily(address) === 4 ? 0 : 2) + (addressScope(address) === 'global' ? 0 : 1);
  const own = network.localAddresses().filter((address) => host === '::' || addressFamily(address) === 4);
  return own.toSorted((a, b) => place(a) - place(b)).slice(0, MOST_HOSTS);
}

/** `http://192.168.1.5:6969` and the like, with nothing behind the port. */
export function httpAddresses(tracker: Tracker, network: Pick<Network, 'localAddresses'>): string[] {
  const { http } = tracker;
  return http === undefined ? [] : reachableHosts(http, network).map((host) => `http://${formatEndpoint({ host, port: http.port })}`);
}

/** Where peers announce to a tracker, over HTTP and over UDP. */
export function announceUrls(tracker: Tracker, network: Pick<Network, 'localAddresses'>): string[] {
  const udpAddresses = reachableEndpoints(tracker.udp, network).map((endpoint) => `udp://${endpoint}`);
  return [...httpAddresses(tracker, network), ...udpAddresses].map((address) => `${address}/announce`);
}

/**
 * The same, a tier for each address family (BEP 12): whoever announces to every tier is known in both, and so to those who have
 * one of them only.
 */
export function announceTiers(tracker: Tracker, network: Pick<Network, 'localAddresses'>): string[][] {
  const { ipv4 = [], ipv6 = [] } = Object.groupBy(announceUrls(tracker, network), (url) => (url.includes('://[') ? 'ipv6' : 'ipv4'));
  return [ipv4, ipv6].filter((tier) => tier.length > 0);
}

/** `192.168.1.5:6969` and the like, for UDP sockets of either family. A machine on no network is reached by itself only. */
export function reachableEndpoints(endpoints: readonly Endpoint[], network: Pick<Network, 'localAddresses'>): string[] {
  const reached = endpoints.flatMap(({ host, port }) => hostsOf(host, network).map((own) => formatEndpoint({ host: own, port })));
  return reached.length > 0 ? [...new Set(reached)] : [...new Set(endpoints.map(({ port }) => formatEndpoint({ host: LOOPBACK, port })))];
}
