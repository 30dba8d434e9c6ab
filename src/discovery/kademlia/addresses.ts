/** What can be told of a node from its address alone (4 or 16 bytes): whose it is, and whether it can be a node's at all. */

/** How many bytes of an address of so many bytes name one machine: all of IPv4, or an IPv6 /64, within which a machine picks its address at will. */
export function machineBytes(addressBytes: number): number {
  return addressBytes === 4 ? 4 : 8;
}

/** How many name a block of addresses, which mostly has one owner: an IPv4 /24, an IPv6 /48. */
export function blockBytes(addressBytes: number): number {
  return addressBytes === 4 ? 3 : 6;
}

/** One machine's key. */
export function machineKey(address: Uint8Array): string {
  return text(address, machineBytes(address.length));
}

/** One block's key; never the same as a machine's. */
export function blockKey(address: Uint8Array): string {
  return text(address, blockBytes(address.length));
}

/** Loopback, private and link-local addresses: they mean something only near by. */
export function isLocalAddress(address: Uint8Array): boolean {
  const [first, second] = address;
  if (address.length === 4) {
    return first === 10 || first === 127 || (first === 172 && second >= 16 && second < 32)
      || (first === 192 && second === 168) || (first === 169 && second === 254);
  }
  const isLoopback = address[15] === 1 && isZero(address, 15);
  return isLoopback || (first & 0xfe) === 0xfc || (first === 0xfe && (second & 0xc0) === 0x80);
}

/** Whether it can be one host's address in its family: not "this network", a group, or IPv4 dressed up as IPv6. */
export function isHostAddress(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] !== 0 && address[0] < 224;
  return address[0] !== 0xff && (!isZero(address, 10) || (isZero(address, 15) && address[15] === 1));
}

function isZero(address: Uint8Array, length: number): boolean {
  for (let index = 0; index < length; index++) if (address[index] !== 0) return false;
  return true;
}

function text(bytes: Uint8Array, length: number): string {
  let result = '';
  for (let index = 0; index < length; index++) result += String.fromCharCode(bytes[index]);
  return result;
}
