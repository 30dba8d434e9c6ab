/**
 * From what people call a file to the keys under which the ring keeps it: its whole name, and each of its words.
 *
 * Invariant: two spellings that differ only in case, accents, punctuation or the width of their letters have the same keys.
 */
import { sha1 } from '../../bytes/digest.ts';
import { toHex } from '../../bytes/hex.ts';
import { LIMITS } from '../../bytes/limits.ts';

/** Lower case, accents off, words apart by single spaces: `Big.Buck_Bunny (4K).mkv` is `big buck bunny 4k mkv`. */
export function normaliseName(name: string): string {
  const words = splitWords(name);
  // A name without a letter or digit still is a name.
  return words.length > 0 ? words.join(' ') : fold(name).trim();
}

/** The different words of a name or of a query, in order, at most `LIMITS.ringWords`. */
export function wordsOf(text: string): string[] {
  return [...new Set(splitWords(text))].slice(0, LIMITS.ringWords);
}

/** Whether a name has all of `words`, which are normalised already. */
export function hasWords(name: string, words: readonly string[]): boolean {
  const all = new Set(splitWords(name));
  return words.every((word) => all.has(word));
}

/** The key of a name or a word: 20 bytes, the SHA-1 of its normal form in UTF-8. */
export function nameKey(name: string): Uint8Array {
  return sha1(Buffer.from(normaliseName(name), 'utf8'));
}

/**
 * All keys under which a file is published: its whole name, its words, and its info-hash (20 bytes, or 32 cut to 20). Single
 * letters of the Latin alphabet and digits are no keys, nor is a file's ending: one peer would hold everything that has it.
 * With an empty name the info-hash stands alone.
 */
export function keysOf(name: string, infoHash: Uint8Array): Uint8Array[] {
  const keys = [infoHash.subarray(0, 20)];
  if (name !== '') {
    keys.push(nameKey(name));
    const words = wordsOf(name.replace(/\.(?=[0-9]*[a-z])[a-z0-9]{1,4}$/i, '')).filter((word) => !/^[a-z0-9]$/.test(word));
    for (const word of words) keys.push(nameKey(word));
  }
  return [...new Map(keys.map((key) => [toHex(key), key])).values()];
}

/** A file's name as records may have it: without control characters, and no longer than they allow. */
export function publishableName(name: string): string {
  let text = name.replace(/\p{Cc}/gu, ' ');
  while (Buffer.byteLength(text) > LIMITS.ringNameBytes) text = text.replace(/.$/su, '');
  return text;
}

function splitWords(text: string): string[] {
  return fold(text).match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
}

/** Compatible forms made one, case and the accents of Latin, Greek and Cyrillic taken off. */
function fold(text: string): string {
  return text.normalize('NFKD').toLowerCase().normalize('NFKD').replace(/[\u0300-\u036f]/g, '').normalize('NFC');
}
