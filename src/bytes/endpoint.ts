/**
 * Where a peer, tracker or node is: an address (or a host's name) and a port; as text, and as the compact bytes of BEP 5,
 * 7, 11, 23 and 32 (4 or 16 bytes of address, 2 of port, big-endian).
 *
 * Invariant: an IPv6 address is kept in one spelling (RFC 5952), and an IPv4-mapped one as IPv4, so that endpoints that
 * are the same compare the same as text.
 */
export interface Endpoint {
  /** An IPv4 or IPv6 address without brackets, or a name still to be looked up. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number;
}

export type AddressFamily = 4 | 6;

/** `1.2.3.4:80`, `[::1]:80` or `name:80`. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Reads `host:port` or `[v6]:port`; undefined where the text is neither or the port is not 1 to 65535. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:]+)):(\d{1,5})$/i.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  const host = match[1] === undefined ? (canonicalAddress(match[2]) ?? hostName(match[2])) : canonicalAddress(match[1]);
  return host !== undefined && port >= 1 && port <= 65535 ? { host, port } : undefined;
}

/** A host's name in lower case; undefined where it cannot be one. What ends in a number would be an address, and is not. */
function hostName(text: string): string | undefined {
  const looksLikeName = text.length <= 253 && /^[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)*\.?$/u.test(text);
  return looksLikeName && !/(?:^|\.)\d+\.?$/.test(text) ? text.toLowerCase() : undefined;
}

/** 4 or 6 where `host` is an address in digits, undefined where it is a name. */
export function addressFamily(host: string): AddressFamily | undefined {
  if (host.includes(':')) return parseIPv6(host) === undefined ? undefined : 6;
  return parseIPv4(host) === undefined ? undefined : 4;
}

/** The one spelling of an address that Shoal keeps; undefined where the text is no address. */
export function canonicalAddress(text: string): string | undefined {
  const bytes = addressToBytes(text);
  return bytes === undefined ? undefined : bytesToAddress(bytes);
}

/** 4 or 16 bytes; undefined where the text is no address. */
export function addressToBytes(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIPv6(text) : parseIPv4(text);
}

/** The text of an address of 4 or 16 bytes. An IPv4-mapped one (::ffff:0:0/96) comes out as IPv4. */
export function bytesToAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (isMappedIPv4(bytes)) return bytesToAddress(bytes.subarray(12));
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push((bytes[index] << 8) | bytes[index + 1]);
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return groups.map((group) => group.toString(16)).join(':');
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** 6 or 18 bytes; undefined where the host is a name. */
export function endpointToCompact({ host, port }: Endpoint): Uint8Array | undefined {
  const address = addressToBytes(host);
  if (address === undefined) return undefined;
  const compact = new Uint8Array(address.length + 2);
  compact.set(address);
  compact[address.length] = port >>> 8;
  compact[address.length + 1] = port & 0xff;
  return compact;
}

/** Endpoints one after the other, all of one family. Entries with port 0 and a cut-off rest are passed over; at most `limit` are read. */
export function parseCompactEndpoints(bytes: Uint8Array, family: AddressFamily, limit: number): Endpoint[] {
  const size = family === 4 ? 6 : 18;
  const endpoints: Endpoint[] = [];
  for (let offset = 0; offset + size <= bytes.length && endpoints.length < limit; offset += size) {
    const port = (bytes[offset + size - 2] << 8) | bytes[offset + size - 1];
    if (port !== 0) endpoints.push({ host: bytesToAddress(bytes.subarray(offset, offset + size - 2)), port });
  }
  return endpoints;
}

/** The endpoints of `family` one after the other; names and the other family are left out. */
export function formatCompactEndpoints(endpoints: Iterable<Endpoint>, family: AddressFamily): Uint8Array {
  const size = family === 4 ? 6 : 18;
  const parts: Uint8Array[] = [];
  for (const endpoint of endpoints) {
    const compact = endpointToCompact(endpoint);
    if (compact?.length === size) parts.push(compact);
  }
  return Buffer.concat(parts);
}

/** Without a regular expression: every datagram's sender passes here. */
function parseIPv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let part = 0;
  let value = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit >= 0 && digit <= 9) {
      // A leading zero is octal to some readers, so it is no address here.
      if (digits > 0 && value === 0) return undefined;
      value = value * 10 + digit;
      digits += 1;
      if (value > 255) return undefined;
    } else {
      if (text[index] !== '.' || digits === 0 || part === 3) return undefined;
      bytes[part++] = value;
      value = 0;
      digits = 0;
    }
  }
  if (part !== 3 || digits === 0) return undefined;
  bytes[3] = value;
  return bytes;
}

function parseIPv6(text: string): Uint8Array | undefined {
  const halves = text.replace(/%.*$/, '').split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1], true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const bytes = new Uint8Array(16);
  for (const [index, group] of [...head, ...Array.from({ length: missing }, () => 0), ...tail].entries()) {
    bytes[index * 2] = group >>> 8;
    bytes[index * 2 + 1] = group & 0xff;
  }
  return bytes;
}

/** The groups on one side of `::`; the last two may stand as IPv4 where the address ends there. */
function parseGroups(text: string, mayEndInIPv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = mayEndInIPv4 && index === parts.length - 1 ? parseIPv4(part) : undefined;
    if (ipv4 !== undefined) groups.push((ipv4[0] << 8) | ipv4[1], (ipv4[2] << 8) | ipv4[3]);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups.length <= 8 ? groups : undefined;
}

function isMappedIPv4(bytes: Uint8Array): boolean {
  return bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (start + length < groups.length && groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}
