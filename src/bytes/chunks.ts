/** Bytes in several chunks, one after the other, as `writev` takes them: measured and cut without copying. */

export function chunksLength(chunks: readonly Uint8Array[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  return length;
}

/** The chunks up to `length` bytes, and those behind; empty ones may be left out. `length` is no more than there is. */
export function splitChunks(chunks: readonly Uint8Array[], length: number): [head: readonly Uint8Array[], tail: readonly Uint8Array[]] {
  let index = 0;
  let rest = length;
  while (index < chunks.length && chunks[index].length <= rest) rest -= chunks[index++].length;
  if (rest === 0) return [chunks.slice(0, index), chunks.slice(index)];
  const cut = chunks[index];
  return [[...chunks.slice(0, index), cut.subarray(0, rest)], [cut.subarray(rest), ...chunks.slice(index + 1)]];
}
