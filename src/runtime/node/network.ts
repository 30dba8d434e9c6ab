/** The network of a real machine, put together from its parts. */
import type { Network } from '../network.ts';
import { connectTcp, listenTcp } from './channel.ts';
import { bindDatagrams, localAddresses, lookup } from './datagrams.ts';
import { fetchHttp, fetchHttpStream, serveHttp } from './http.ts';

export const nodeNetwork: Network = {
  connect: connectTcp,
  listen: listenTcp,
  bindDatagrams,
  lookup,
  fetch: fetchHttp,
  fetchStream: fetchHttpStream,
  serveHttp,
  localAddresses,
};
