/** What can be told of a node from its address alone (4 or 16 bytes): whose it is, and whether it can be a node's at all. */

/** One machine's key: an IPv4 address, or an IPv6 /64, within which a machine picks its address at will. */
export function machineKey(address: Uint8Array): string {
  return address.length === 4 ? text(address, 4) : text(address, 8);
}

/** The key of a block of addresses that mostly has one owner: an IPv4 /24, an IPv6 /48. Never the same as a machine's of its family. */
export function blockKey(address: Uint8Array): string {
  return address.length === 4 ? text(address, 3) : text(address, 6);
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
