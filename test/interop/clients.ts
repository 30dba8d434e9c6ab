/** The clients of other makers, all of which every case of both directions is run with. */
import { aria2 } from './aria2.ts';
import type { Client } from './client.ts';
import { libtorrent } from './libtorrent.ts';
import { transmission } from './transmission.ts';

export const OTHERS: readonly Client[] = [libtorrent, transmission, aria2];
