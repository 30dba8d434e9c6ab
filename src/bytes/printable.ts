/** Text from strangers, made fit for a person's terminal: no control characters, so no escape sequences, and not endless. */
export function printable(text: string, maxLength: number): string {
  const line = text.replace(/\s+/g, ' ').replace(/\p{C}/gu, '').trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}
