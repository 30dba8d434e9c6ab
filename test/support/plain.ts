/** The same value with byte strings as plain lists and objects as plain ones: what decodes from the wire are Buffers, and that is no difference. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array || value instanceof Uint32Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
